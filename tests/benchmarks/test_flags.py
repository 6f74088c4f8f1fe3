"""Defects are put where the table says, and are what it says they are."""

from __future__ import annotations

import numpy as np
import pytest
from PIL import Image
from skimage.data import astronaut

from benchmarks.flags import DEFECTS, _plant, _some, ours


@pytest.fixture(scope="module")
def photos(tmp_path_factory):
    folder = tmp_path_factory.mktemp("photos")
    pixels, paths = astronaut(), []
    for number in range(24):
        paths.append(folder / f"{number}.png")
        shift = 12 * number
        Image.fromarray(pixels[shift : shift + 200, shift : shift + 210]).save(paths[-1])
    return paths


@pytest.mark.parametrize("name", DEFECTS)
def test_planted_defects_are_found(photos, tmp_path, name):
    bad = _plant(photos, tmp_path, name, DEFECTS[name])
    assert len(bad) == (4 if name == "near_duplicates" else 2)
    found, readable = ours(tmp_path)
    assert bad <= found.flags[name]
    assert len(readable) == (26 if name == "near_duplicates" else 24)
    with Image.open(tmp_path / sorted(bad)[-1]) as made:
        assert np.asarray(made).ndim == 3


def test_few_names_are_shown():
    assert _some(set()) == "0"
    assert _some({f"a/{n}.jpg" for n in "edcba"}) == "5: a, b, c, d, ..."
