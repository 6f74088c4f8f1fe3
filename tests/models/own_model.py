"""A classifier of a user's own."""

from __future__ import annotations

import numpy as np


def shades(images):
    """Dark or light."""
    light = np.array([image.mean() / 255 for image in images])
    return np.stack([1 - light, light], axis=1)
