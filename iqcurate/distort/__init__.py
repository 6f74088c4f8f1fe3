"""Other versions of an image: cropped, turned, blurred, noisy, compressed, made smaller ...

Each gives uint8 pixels, as a camera or an editor would: rounding is part of what is measured.
A grey image stays grey. All are functions of the pixels, the level and, for noise, a seed.
"""

from iqcurate.distort.codecs import jpeg, jpeg2000
from iqcurate.distort.geometry import SHIFT, crop, square, tile, turn
from iqcurate.distort.optics import blur, defocus, motion
from iqcurate.distort.tones import contrast, noise, resolution

__all__ = [
    "SHIFT",
    "blur",
    "contrast",
    "crop",
    "defocus",
    "jpeg",
    "jpeg2000",
    "motion",
    "noise",
    "resolution",
    "square",
    "tile",
    "turn",
]
