"""A browser, and tables of scores that a page is made of."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from browsing import Browser


@pytest.fixture(scope="session")
def browser(tmp_path_factory):
    made = Browser(tmp_path_factory.mktemp("downloads"))
    yield made
    made.close()


@pytest.fixture(scope="session")
def scores() -> pd.DataFrame:
    """400 images: ties, images without some or all scores, and images that could not be read."""
    rng = np.random.default_rng(1)
    n = 400
    quality = rng.normal(size=n)
    frame = pd.DataFrame({
        "id": [f"{'abcd'[i % 4]}/{i:03d}.jpg" for i in range(n)],
        "label": [None if i % 50 == 0 else "abcd"[i % 4] for i in range(n)],
        "split": np.where(np.arange(n) % 5 == 0, "val", "train"),
        "status": np.where(np.arange(n) % 40 == 7, "truncated", "ok"),
        "width": rng.integers(200, 900, n),
        "height": 300,
        "lapm": np.round(np.exp(3 + 0.5 * quality + 0.3 * rng.normal(size=n)), 1),
        "brisque": 20 - 9 * quality + 6 * rng.normal(size=n),
        "niqe": np.where(rng.random(n) < 0.2, np.nan, np.exp(1.4 + 0.3 * rng.normal(size=n))),
    })  # fmt: skip
    frame["error"] = np.where(frame["status"] == "ok", None, "pixels_cut: the file is cut")
    frame.loc[frame.index % 90 == 3, ["lapm", "brisque", "niqe"]] = np.nan
    return frame
