"""Scores equal those of pyiqa itself, one image at a time, with the same weights."""

from __future__ import annotations

import numpy as np
import pytest
from conftest import needs
from deep.made import pictures
from PIL import Image

from iqcurate.metrics.deep.operator import make
from iqcurate.metrics.deep.specs import DEEP
from iqcurate.testing import image_of

TOLERANCE = 1e-4
"""Of the range."""
FEW = ((224, 224), (300, 225), (110, 90))
MANY = (
    *FEW, (225, 400), (512, 384), (384, 512), (640, 480), (224, 500), (1000, 240), (48, 64),
)  # fmt: skip
slow = pytest.mark.slow


@pytest.fixture
def pyiqa_scores(monkeypatch, checkpoint, tmp_path):
    """What pyiqa gives for PNG files, its weights in its own cache."""
    needs("pyiqa")
    import pyiqa
    import timm
    import torch
    import torchvision
    from pyiqa.archs import clip_model, clipiqa_arch, dbcnn_arch
    from pyiqa.utils import download_util

    create, vgg16 = timm.create_model, torchvision.models.vgg16
    monkeypatch.setattr(timm, "create_model", lambda name, pretrained=False, **k: create(name, **k))
    monkeypatch.setattr(torchvision.models, "vgg16", lambda weights=None: vgg16())
    scnn = dbcnn_arch.SCNN()
    torch.save(scnn.state_dict(), tmp_path / "DBCNN_scnn-7ea73d75.pth")

    def score(metric, images):
        path = checkpoint(metric)
        (tmp_path / path.name).symlink_to(path)
        monkeypatch.setattr(download_util, "DEFAULT_CACHE_DIR", str(tmp_path))
        # pyiqa's own loader of CLIP takes the published TorchScript only.
        clip = lambda *_: clip_model.build_model(torch.load(path)).float()  # noqa: E731
        monkeypatch.setattr(clipiqa_arch, "load", clip)
        net = pyiqa.create_metric(metric, device="cpu")
        if metric == "hyperiqa" and {pixels.shape[:2] for pixels in images} == {(224, 224)}:
            net.net.num_crop = 1  # all crops of so small an image are the same
        scores = []
        for i, pixels in enumerate(images):
            Image.fromarray(pixels).save(tmp_path / f"{i}.png")
            scores.append(float(net(str(tmp_path / f"{i}.png"))))
        return np.array(scores)

    return score


def our_scores(metric, setup, images):
    operator = make(setup, metric)
    arrays = [operator.prepare(image_of(pixels)) for pixels in images]
    return np.array([record[metric] for record in operator.run(arrays)])


@pytest.mark.parametrize(
    ("metric", "sizes"),
    [
        ("cnniqa", MANY),
        ("clipiqa", FEW),
        ("musiq", FEW[::2]),
        ("hyperiqa", FEW[:1]),
        pytest.param("clipiqa", MANY, marks=slow),
        pytest.param("musiq", MANY, marks=slow),
        pytest.param("musiq-ava", MANY, marks=slow),
        pytest.param("hyperiqa", MANY, marks=slow),
        pytest.param("dbcnn", MANY, marks=slow),
        pytest.param("maniqa", FEW, marks=slow),
        pytest.param("maniqa-pipal", FEW[:1], marks=slow),
    ],
)
def test_equal_to_pyiqa(metric, sizes, setup_of, pyiqa_scores):
    images = pictures(sizes)
    limit = TOLERANCE * (DEEP[metric].range.high - DEEP[metric].range.low)
    theirs = pyiqa_scores(metric, images)
    setup = setup_of(metric)
    np.testing.assert_allclose(our_scores(metric, setup, images), theirs, atol=limit, rtol=0)
    if len(images) == 1:
        return
    assert np.ptp(theirs) > 100 * limit, "the test could not see a difference"
    for wrong in (swapped, dimmer):
        others = our_scores(metric, setup, [wrong(pixels) for pixels in images])
        assert np.abs(others - theirs).max() > limit, f"{wrong.__name__} goes unnoticed"


def swapped(pixels):
    """As if it were BGR."""
    return pixels[:, :, ::-1]


def dimmer(pixels):
    """As a wrong mean would do: 0.01 less in each channel."""
    return np.maximum(pixels.astype(int) - 3, 0).astype(np.uint8)
