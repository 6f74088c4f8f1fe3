"""Other models of pyiqa, from random files of their true architectures, as pyiqa scores them."""

from __future__ import annotations

from importlib import import_module
from pathlib import Path
from urllib.parse import unquote, urlparse

import numpy as np
import pytest
from conftest import needs
from deep.made import TRUE_CLIP, pictures, tensors

from iqcurate.metrics.deep import operator
from iqcurate.metrics.deep.offline import changed, import_pyiqa, lent
from iqcurate.metrics.deep.specs import module_of, pyiqa_spec
from iqcurate.operators import Setup
from iqcurate.testing import image_of
from iqcurate.weights import Located

SIZES = ((300, 260), (400, 300), (260, 312), (225, 240))
CLIPS = {
    "RN50.pt": TRUE_CLIP,
    "ViT-B-32.pt": (512, 224, 12, 768, 32, 77, 49408, 512, 8, 12),
}
"""Arguments of CLIP's constructor, by published file."""
NAMES = (
    "clipiqa+", "clipiqa+_rn50_512", "entropy", "liqe", "liqe_mix", "metaiqa", "nima",
    "nima-vgg16-ava", "paq2piq", "piqe", "qualiclip", "qualiclip+", "topiq_iaa", "topiq_nr",
    "tres", "unique", "uranker", "wadiqam_nr",
)  # fmt: skip
"""Not those on CLIP's ViT-L, of gigabytes, nor those that differ from one of these in figures."""

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def clip_file(tmp_path_factory):
    """Path of a random CLIP, by its published name."""
    needs("pyiqa")
    import torch

    folder = tmp_path_factory.mktemp("clip")

    def path_of(name):
        path = folder / name
        if not path.exists():
            from pyiqa.archs.clip_model import CLIP

            torch.manual_seed(1)
            torch.save(CLIP(*CLIPS[name]).half().state_dict(), path)
        return path

    return path_of


@pytest.mark.parametrize("name", NAMES)
def test_scores_are_those_of_pyiqa(name, clip_file, tmp_path, monkeypatch):
    import torch

    net, files = made(name, clip_file, tmp_path)
    images = pictures(SIZES)[: 2 if name == "tres" else None]  # it takes 100 crops of each
    with torch.inference_mode():
        theirs = np.array([float(net.eval()(image)) for image in tensors(images)])
    # A file of CLIP is only taken with its published hash, which a random one cannot have.
    located = tuple(files[record.file] for record in pyiqa_spec(name).weights)
    monkeypatch.setattr(operator, "locate_weights", lambda _spec, _setup: located)
    ours = operator.make(Setup(threads=4), f"pyiqa:{name}")
    records = ours.run([ours.prepare(image_of(pixels)) for pixels in images])
    scores = [record[f"pyiqa:{name}"] for record in records]
    assert np.ptp(theirs) > 0
    np.testing.assert_allclose(scores, theirs, atol=0.05 * np.ptp(theirs), rtol=0)


def made(name, clip_file, folder):
    """Let pyiqa build the network, and keep its random parameters where it would load some."""
    import_pyiqa(name)
    import torch
    from pyiqa.default_model_configs import DEFAULT_CONFIGS
    from pyiqa.utils.registry import ARCH_REGISTRY

    files = {
        record.file: Located(
            clip_file(record.file) if record.file in CLIPS else folder / record.file, "", False
        )
        for record in pyiqa_spec(name).weights
    }

    def keep(net, url, strict=True, weight_keys=None):
        state = net.state_dict()
        kept = {weight_keys: state} if weight_keys else state
        torch.save(kept, folder / unquote(Path(urlparse(url).path).name))

    torch.manual_seed(2)
    write_others(name, folder, clip_file)
    module = import_module(f"pyiqa.archs.{module_of(name)}")
    options = dict(DEFAULT_CONFIGS[name]["metric_opts"])
    network = ARCH_REGISTRY.get(options.pop("type"))
    with lent(files), changed(module, "load_pretrained_network", keep):
        torch.manual_seed(3)
        return network(**options), files


def write_others(name, folder, clip_file):
    """Files that pyiqa reads with code of the model's own."""
    import torch

    path = folder / next((r.file for r in pyiqa_spec(name).weights if r.file not in CLIPS), "")
    if name == "clipiqa+":
        torch.save(torch.randn(16, 512) / 50, path)  # 16 words of 512 numbers
    elif name == "metaiqa":
        from pyiqa.archs.metaiqa_arch import MetaIQA

        torch.save(MetaIQA(pretrained=False).state_dict(), path)
    elif name.startswith("qualiclip"):
        clip = torch.load(clip_file("RN50.pt"))
        state = {f"clip_model.{key}": value for key, value in clip.items()}
        prompts = torch.nn.functional.normalize(torch.randn(12, 1024), dim=-1)
        torch.save(state | {"prompts_features": prompts}, folder / "QualiCLIP.pth")
