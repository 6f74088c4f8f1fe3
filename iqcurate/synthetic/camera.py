"""The camera: where it stands, what it blurs, its sensor, and the file it writes."""

from __future__ import annotations

import io
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING

import numpy as np
from scipy import fft, ndimage

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Plane = NDArray[np.floating]
    Colours = NDArray[np.floating]
    """Red, green and blue: (3, side, side)."""

_BAYER = ((0, 0, 0), (1, 0, 1), (1, 1, 0), (2, 1, 1))  # channel, first row, first column
_LENS = 0.5  # sigma of the lens itself, in pixels
_READ = 0.1  # share of the noise's variance, in white, that is there without light
_SHARPEN = 0.5


@dataclass(frozen=True, slots=True)
class View:
    """Where the camera stands.

    Parameters
    ----------
    scale
        Pixels a millimetre, in the middle.
    angle
        Of the code in the photo, in radians.
    shift
        Of the middle of the photo from that of the code, in millimetres.
    tilt
        Perspective: relative change of scale a millimetre, along x and y.
    """

    scale: float
    angle: float
    shift: tuple[float, float]
    tilt: tuple[float, float]

    def ground(self, side: int) -> tuple[Plane, Plane]:
        """Place on the bottle, in millimetres, that each pixel of a square sees."""
        at = (np.arange(side, dtype=np.float32) - np.float32((side - 1) / 2)) / np.float32(
            self.scale
        )
        u, v = at[None, :], at[:, None]
        cos, sin = np.float32(np.cos(self.angle)), np.float32(np.sin(self.angle))
        depth = 1 + np.float32(self.tilt[0]) * u + np.float32(self.tilt[1]) * v
        x = (cos * u + sin * v) / depth + np.float32(self.shift[0])
        y = (cos * v - sin * u) / depth + np.float32(self.shift[1])
        return x, y

    def pixels(
        self, x: NDArray[np.float64], y: NDArray[np.float64], side: int
    ) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Pixel, not rounded, that sees a place on the bottle: `ground` turned round."""
        cos, sin = np.cos(self.angle), np.sin(self.angle)
        dx, dy = x - self.shift[0], y - self.shift[1]
        p, q = cos * dx - sin * dy, sin * dx + cos * dy
        depth = 1 - self.tilt[0] * p - self.tilt[1] * q
        middle = (side - 1) / 2
        return p / depth * self.scale + middle, q / depth * self.scale + middle


@dataclass(frozen=True, slots=True)
class Exposure:
    """What makes a photo good or bad.

    Parameters
    ----------
    defocus
        Radius of the disc that a point becomes, in pixels.
    motion
        Length of the line that a point becomes, in pixels.
    direction
        Of the motion, in radians.
    noise
        Standard deviation of a white pixel's noise, of 1; dark ones have less.
    jpeg
        Quality of the file, 1 to 100.
    """

    defocus: float
    motion: float
    direction: float
    noise: float
    jpeg: int


def blur(light: Colours, exposure: Exposure) -> Colours:
    """Lens, defocus and motion; what leaves at one edge enters at the other."""
    side = light.shape[-1]
    fx, fy = _frequencies(side)
    transfer = np.exp(np.float32(-2 * (np.pi * _LENS) ** 2) * (fx * fx + fy * fy))
    along = fx * np.float32(np.cos(exposure.direction)) + fy * np.float32(
        np.sin(exposure.direction)
    )
    transfer *= np.sinc(along * np.float32(exposure.motion))
    spectrum = fft.rfft2(light) * (transfer * fft.rfft2(_disc(exposure.defocus, side)))
    blurred: Colours = fft.irfft2(spectrum, s=(side, side))
    return blurred


@cache
def _frequencies(side: int) -> tuple[Plane, Plane]:
    across, down = fft.rfftfreq(side), fft.fftfreq(side)
    return across.astype(np.float32)[None, :], down.astype(np.float32)[:, None]


def _disc(radius: float, side: int) -> Plane:
    """A disc with soft edges around pixel (0, 0), of sum 1."""
    at = fft.fftfreq(side, 1 / side).astype(np.float32)
    disc = np.clip(np.float32(radius + 0.5) - np.hypot(at[None, :], at[:, None]), 0, 1)
    return np.asarray(disc / disc.sum(), np.float32)


def sense(light: Colours, exposure: Exposure, rng: np.random.Generator) -> Colours:
    """A Bayer sensor with shot and read noise, and bilinear demosaicking; linear light."""
    side = light.shape[-1]
    mosaic = np.empty((side, side), np.float32)
    for channel, row, column in _BAYER:
        mosaic[row::2, column::2] = light[channel, row::2, column::2]
    noise = rng.standard_normal((side, side), np.float32) * np.float32(exposure.noise)
    noise *= np.sqrt(np.clip(mosaic, 0, 1) * np.float32(1 - _READ) + np.float32(_READ))
    return _demosaic(np.clip(mosaic + noise, 0, 1))


def _demosaic(mosaic: Plane) -> Colours:
    planes = np.zeros((3, *mosaic.shape), np.float32)
    for channel, row, column in _BAYER:
        planes[channel, row::2, column::2] = mosaic[row::2, column::2]
    cross = np.array([[0, 1, 0], [1, 4, 1], [0, 1, 0]], np.float32) / 4
    square = np.array([[1, 2, 1], [2, 4, 2], [1, 2, 1]], np.float32) / 4
    for plane, kernel in zip(planes, (square, cross, square), strict=True):
        plane[:] = ndimage.convolve(plane, kernel, mode="mirror")
    return planes


def develop(light: Colours) -> NDArray[np.uint8]:
    """What a phone makes of linear light: its tone curve, and some sharpening; (side, side, 3)."""
    tone = np.clip(light, 0, 1) ** np.float32(1 / 2.2)
    soft = ndimage.gaussian_filter(tone, (0, 1.2, 1.2), truncate=2.5)
    tone += np.float32(_SHARPEN) * (tone - soft)
    pixels: NDArray[np.uint8] = np.rint(np.clip(tone, 0, 1) * 255).astype(np.uint8)
    return pixels.transpose(1, 2, 0)


def jpeg(pixels: NDArray[np.uint8], quality: int) -> bytes:
    """The file of an image, (height, width, 3)."""
    from PIL import Image

    file = io.BytesIO()
    Image.fromarray(np.ascontiguousarray(pixels)).save(file, "JPEG", quality=quality)
    return file.getvalue()
