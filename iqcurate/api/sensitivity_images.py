"""Versions of an image for the study of sensitivity, and what they are made of."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import partial
from typing import TYPE_CHECKING

import numpy as np
from PIL import Image as Pillow

from iqcurate import distort
from iqcurate.analysis.sensitivity.protocol import CLEAN, keys_of
from iqcurate.api.robustness_images import chance
from iqcurate.api.variant_run import Versions
from iqcurate.errors import UsageError
from iqcurate.models.inputs import InputSpec
from iqcurate.models.model import TRIAL_SIZES
from iqcurate.tasks import Variant
from iqcurate.types import Image

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from iqcurate.analysis.sensitivity.protocol import Key, Plan
    from iqcurate.models.model import Model
    from iqcurate.types import ImageRef

AT_INPUT, AT_IMAGE = "input", "image"
_BLUR_REACH = 2.0
_SEEDS = 2**63


@dataclass(frozen=True, slots=True)
class Canvas:
    """The part of an image that a network sees, at the size at which it sees it."""

    spec: InputSpec

    def __call__(self, image: Image) -> Image:
        """Resize and crop; a grey image stays grey."""
        picture = self.spec.cropped(Pillow.fromarray(image.pixels))
        header = replace(image.header, width=picture.width, height=picture.height)
        return Image(header, np.ascontiguousarray(picture))

    @property
    def words(self) -> str:
        """How it is made."""
        height, width = self.spec.size
        if not self.spec.resize:
            return f"resized to {width}x{height} px ({self.spec.interpolation})"
        return (
            f"shorter side resized to {self.spec.resize} px ({self.spec.interpolation}), centre "
            f"{width}x{height} px"
        )


def trial_sizes(at: str) -> Sequence[tuple[int, int]]:
    """Sizes of the pictures that models are tried on: of the square they will see, if known."""
    return [(int(at),) * 2] * 2 if _is_side(at) else TRIAL_SIZES


def _is_side(at: str) -> bool:
    return at.isdecimal() and int(at) > 0


def choose_canvas(at: str, models: Sequence[Model]) -> Canvas | None:
    """What is distorted: None for the whole image.

    Parameters
    ----------
    at
        ``input`` (of the models the largest input; others get it resized), ``image``, or a number
        of pixels: shorter side and width of the square in the centre.
    models
        Those that will see it.

    Raises
    ------
    UsageError
        Where it is none of these, or no model says what its input is.
    """
    if at == AT_IMAGE:
        return None
    if at == AT_INPUT:
        known = [m.input for m in models if m.input is not None]
        if not known:
            raise UsageError(
                "none of the models says how large its input is: --at 224 distorts a square of "
                "224 pixels, --at image the whole image"
            )
        return Canvas(max(known, key=lambda spec: min(spec.size)))
    if not _is_side(at):
        raise UsageError(f"--at {at}: it is input, image, or a number of pixels")
    return Canvas(InputSpec((int(at),) * 2, int(at), "bicubic"))


def versions(
    sample: Sequence[ImageRef], plan: Plan, canvas: Canvas | None, seed: int
) -> list[Versions]:
    """All versions of each image."""
    keys = keys_of(plan)
    return [
        Versions(ref, tuple(_variant(key, ref.id, seed) for key in keys), canvas) for ref in sample
    ]


def _variant(key: Key, image_id: str, seed: int) -> Variant:
    return Variant(*key, change(key, image_id, seed))


def change(key: Key, image_id: str, seed: int) -> Callable[[Image], Image] | None:
    """Function, to be pickled, that makes a version of an image."""
    name, level = key
    if key == CLEAN:
        return None
    if name == "blur":
        return partial(distort.blur, sigma=level, reach=_BLUR_REACH)
    if name == "noise":
        own = int(chance(f"noise:{seed}:{image_id}") * _SEEDS)
        return partial(distort.noise, sd=level, seed=own)
    if name == "motion":
        degrees = 180 * chance(f"motion:{seed}:{image_id}")
        return partial(distort.motion, length=level, degrees=degrees)
    if name == "jpeg":
        return partial(distort.jpeg, quality=round(level))
    if name == "resolution":
        return partial(distort.resolution, side=round(level))
    if name == "contrast":
        return partial(distort.contrast, factor=level)
    if name == "jpeg2000":
        return partial(distort.jpeg2000, psnr=level)
    return partial(distort.defocus, radius=level)
