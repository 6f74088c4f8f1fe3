"""From an image to the array that a network takes."""

from __future__ import annotations

from dataclasses import asdict, dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np
from PIL import Image as Pillow

from iqcurate.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Mapping

    import numpy.typing as npt

    from iqcurate.types import Image

_GRAMMAR = (
    "it is key=value by commas: size=224 (or HEIGHTxWIDTH), resize=256 (shorter side before the "
    "central crop) or resize=squash, interpolation=nearest|bilinear|bicubic|lanczos, "
    "mean=.485:.456:.406, sd=.229:.224:.225, white=1 (or 255: the value of white before mean and "
    "sd), layout=nchw|nhwc, channels=rgb|bgr; the word imagenet stands for that mean and sd"
)
_INTERPOLATION = {
    "nearest": Pillow.Resampling.NEAREST,
    "bilinear": Pillow.Resampling.BILINEAR,
    "bicubic": Pillow.Resampling.BICUBIC,
    "lanczos": Pillow.Resampling.LANCZOS,
}
_CHOICES = {
    "interpolation": tuple(_INTERPOLATION),
    "layout": ("nchw", "nhwc"),
    "channels": ("rgb", "bgr"),
}
_IMAGENET = {"mean": (0.485, 0.456, 0.406), "sd": (0.229, 0.224, 0.225), "white": 1.0}
SCALING = ("mean", "sd", "white")


@dataclass(frozen=True, slots=True)
class InputSpec:
    """What a network takes.

    Parameters
    ----------
    size
        Height and width in pixels.
    resize
        Shorter side in pixels of the resized image, of which the centre is cropped to `size`
        (for a `size` that is not square: its shorter side before the crop); 0 resizes height
        and width straight to `size`.
    interpolation
        Of Pillow, antialiased: ``nearest``, ``bilinear``, ``bicubic`` or ``lanczos``.
    mean, sd
        Of red, green, blue: subtracted and divided by, on a scale where white is `white`.
    white
        See `mean`.
    layout
        ``nchw`` or ``nhwc``.
    channels
        ``rgb`` or ``bgr``.
    """

    size: tuple[int, int]
    resize: int = 0
    interpolation: str = "bilinear"
    mean: tuple[float, ...] = (0.0, 0.0, 0.0)
    sd: tuple[float, ...] = (1.0, 1.0, 1.0)
    white: float = 1.0
    layout: str = "nchw"
    channels: str = "rgb"

    def prepare(self, image: Image) -> npt.NDArray[np.float32]:
        """Resize, crop and scale; float32 (3, H, W), or (H, W, 3) for ``nhwc``."""
        picture = self.cropped(Pillow.fromarray(np.ascontiguousarray(image.rgb)))
        scale = np.float32(self.white / 255)
        mean, sd = (np.array(numbers, np.float32) for numbers in (self.mean, self.sd))
        array: npt.NDArray[np.float32] = (np.asarray(picture, np.float32) * scale - mean) / sd
        array = array[:, :, ::-1] if self.channels == "bgr" else array
        return np.ascontiguousarray(array if self.layout == "nhwc" else array.transpose(2, 0, 1))

    def cropped(self, picture: Pillow.Image) -> Pillow.Image:
        """What the network sees of a picture, at its `size`."""
        how = _INTERPOLATION[self.interpolation]
        height, width = self.size
        if not self.resize:
            return picture.resize((width, height), how)
        new_width, new_height = self._covering(picture.width, picture.height)
        left = round((new_width - width) / 2)
        top = round((new_height - height) / 2)
        whole = picture.resize((new_width, new_height), how)
        return whole.crop((left, top, left + width, top + height))

    def _covering(self, width: int, height: int) -> tuple[int, int]:
        """Least size with the image's aspect ratio that covers the enlarged `size`."""
        least = min(self.size)
        high, wide = (side * self.resize // least for side in self.size)
        if width * high >= height * wide:
            return high * width // height, high
        return wide, wide * height // width

    def record(self) -> dict[str, Any]:
        """All of it, as JSON has it."""
        return asdict(self)


def parse_input(text: str | None, known: Mapping[str, Any]) -> InputSpec:
    """Put together what the user says of an input, and what the model says.

    Parameters
    ----------
    text
        Of ``--input``; wins.
    known
        Fields of `InputSpec` that the model carries.

    Raises
    ------
    UsageError
        Where the text cannot be read, or the size or scaling is still not known.
    """
    said: dict[str, Any] = {}
    for part in (text or "").split(","):
        said |= _part(part.strip()) if part.strip() else {}
    given = {**known, **said}
    lacking = [name for name in ("size", "mean", "sd") if name not in given]
    if lacking:
        names = " and ".join(lacking)
        raise UsageError(
            f"the model does not say the {names} of its input: say --input; {_GRAMMAR}"
        )
    spec = InputSpec(**given)
    if "size" in said and "resize" not in said and "size" in known and spec.resize:
        spec = replace(spec, resize=spec.resize * min(spec.size) // min(known["size"]))
    return replace(spec, resize=max(spec.resize, min(spec.size))) if spec.resize else spec


def _part(part: str) -> dict[str, Any]:
    if part == "imagenet":
        return dict(_IMAGENET)
    key, _, value = part.partition("=")
    try:
        return {key: _value(key, value)}
    except (ValueError, KeyError):
        raise UsageError(f"--input {part!r}: {_GRAMMAR}") from None


def _value(key: str, value: str) -> Any:
    if key in _CHOICES:
        if value not in _CHOICES[key]:
            raise ValueError(value)
        return value
    if key == "size":
        sides = tuple(_positive(side) for side in value.split("x"))
        return (sides * 2)[:2] if len(sides) <= 2 else _refuse(value)
    if key == "resize":
        return 0 if value == "squash" else _positive(value)
    if key == "white":
        return float(value) if float(value) > 0 else _refuse(value)
    if key in ("mean", "sd"):
        numbers = tuple(map(float, value.split(":")))
        numbers = numbers * 3 if len(numbers) == 1 else numbers
        ok = len(numbers) == 3 and (key == "mean" or all(n > 0 for n in numbers))
        return numbers if ok else _refuse(value)
    raise KeyError(key)


def _positive(text: str) -> int:
    number = int(text)
    return number if number > 0 else _refuse(text)


def _refuse(value: str) -> Any:
    raise ValueError(value)
