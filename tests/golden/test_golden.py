"""The values of the authors' own programs, on five images of TID2013."""

from __future__ import annotations

import numpy as np
import pytest
from PIL import Image

from iqcurate.kernels import runnable
from iqcurate.metrics.brisque import brisque
from iqcurate.metrics.classical import Classical
from iqcurate.metrics.focus import lapm, lapv
from iqcurate.metrics.niqe import niqe
from iqcurate.metrics.wavelet import wavs
from iqcurate.testing import image_of
from iqcurate.types import rgb_to_grey

IMAGES = ("I03", "I04", "I06", "I08", "I19")
METRICS = {"lapv": lapv, "lapm": lapm, "wavs": wavs, "brisque": brisque, "niqe": niqe}
GOLDEN = {
    "lapv": ("1.3121", "259.3888", "1941.7614", "3147.9344", "1306.2006"),
    "lapm": ("1.0143", "12.5108", "34.7980", "42.3374", "18.6579"),
    "wavs": ("0.3512", "4.0097", "11.3385", "14.1368", "6.1671"),
    "brisque": ("94.641", "-0.1072", "0.991", "5.904", "74.430"),
    "niqe": ("15.7460", "3.6549", "3.2343", "3.2020", "8.6655"),
}
OFFICIAL = {
    "brisque": (94.6421, -0.1076, 0.9929, 5.3583, 72.2617),
    "niqe": (15.7536, 3.6549, 3.2355, 3.1840, 8.6352),
}
PYIQA = {
    "brisque": (94.645, -0.108, 1.077, 5.142, 66.839),
    "niqe": (15.653, 3.6549, 3.2342, 3.1922, 9.073),
}


@pytest.fixture(scope="module")
def pictures(data):
    pictures = []
    for name in IMAGES:
        with Image.open(data / "tid2013_five" / f"{name}.png") as image:
            pictures.append(np.array(image.convert("RGB")))
    return pictures


@pytest.fixture(scope="module")
def scores(pictures):
    greys = [rgb_to_grey(picture) for picture in pictures]
    return {name: [metric(grey) for grey in greys] for name, metric in METRICS.items()}


@pytest.mark.parametrize("metric", GOLDEN)
def test_every_digit_but_the_last(scores, metric):
    for image, score, text in zip(IMAGES, scores[metric], GOLDEN[metric], strict=True):
        last_digit = 10.0 ** -len(text.partition(".")[2])
        assert abs(score - float(text)) < last_digit, (image, score, text)


@pytest.mark.parametrize("metric", OFFICIAL)
def test_image_without_flat_windows_agrees_with_the_authors(scores, metric):
    i04 = IMAGES.index("I04")
    assert scores[metric][i04] == pytest.approx(OFFICIAL[metric][i04], abs=1e-3)


@pytest.mark.parametrize("metric", OFFICIAL)
def test_at_least_as_close_to_the_authors_as_pyiqa(scores, metric):
    official = np.array(OFFICIAL[metric])
    ours = np.abs(np.array(scores[metric]) - official).mean()
    theirs = np.abs(np.array(PYIQA[metric]) - official).mean()
    assert ours <= theirs


@pytest.mark.parametrize("build", runnable())
def test_kernels_keep_their_bounds(pictures, build):
    found = [Classical(build)(image_of(picture), frozenset(METRICS)) for picture in pictures]
    for metric, texts in GOLDEN.items():
        for scores, text in zip(found, texts, strict=True):
            last_digit = 10.0 ** -len(text.partition(".")[2])
            bound = {"brisque": 0.02, "niqe": 0.005}.get(metric, 1e-4 * float(text))
            assert abs(scores[metric] - float(text)) < bound + last_digit
