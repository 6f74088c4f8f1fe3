"""What every metric must keep, for the tests of whoever writes one.

    import pytest
    from iqcurate.testing import CHECKS

    @pytest.mark.parametrize("check", CHECKS)
    def test_my_metric(check):
        check(MY_SPEC)

Each check raises `iqcurate.errors.MetricError` where the metric of a spec breaks its word. A
second argument, an `iqcurate.operators.Setup`, says how the metric is made where that matters, as
with weights that lie somewhere else.
"""

from __future__ import annotations

import math
from concurrent.futures import ThreadPoolExecutor
from functools import cache
from importlib.resources import files
from typing import TYPE_CHECKING

import numpy as np

from iqcurate.decode import decode
from iqcurate.errors import MetricError
from iqcurate.metrics.loading import score_with
from iqcurate.metrics.registry import load_operators
from iqcurate.operators import BatchOperator, Undefined
from iqcurate.spec import Direction, Response, Stage
from iqcurate.types import Header, Image

if TYPE_CHECKING:
    from collections.abc import Callable

    import numpy.typing as npt

    from iqcurate.operators import Setup, Value
    from iqcurate.spec import MetricSpec

    Pixels = npt.NDArray[np.uint8]
    Scorer = Callable[[Image], Value]

_PHOTOS = (
    ("sklearn.datasets.images", "china.jpg"),
    ("sklearn.datasets.images", "flower.jpg"),
    ("skimage.data", "astronaut.png"),
    ("skimage.data", "chelsea.png"),
    ("skimage.data", "coffee.png"),
    ("skimage.data", "rocket.jpg"),
)
_BUGS = ("failed", "not_finite", "out_of_range")
_BATCH_TOLERANCE = 1e-4


def image_of(pixels: Pixels, file_format: str = "PNG") -> Image:
    """Wrap uint8 pixels, (H, W) or (H, W, 3), as an image that was read from a file."""
    mode, bits = ("L", 8) if pixels.ndim == 2 else ("RGB", 24)
    header = Header(pixels.shape[1], pixels.shape[0], mode, file_format, bits)
    return Image(header, pixels.view())


def _made(spec: MetricSpec, pixels: Pixels) -> Image:
    """Wrap pixels as an image of a format that the metric takes."""
    return image_of(pixels, *spec.formats[:1])


@cache
def sample_photos() -> tuple[Image, ...]:
    """Return six real photographs that ship inside scikit-learn and scikit-image."""
    return tuple(_read(package, name) for package, name in _PHOTOS)


def _photos(spec: MetricSpec) -> tuple[Image, ...]:
    """Return what a metric is tried on: all of them, for networks two small pieces."""
    if spec.stage is Stage.IMAGE:
        return sample_photos()
    return tuple(image_of(photo.pixels[100:300, 100:320]) for photo in sample_photos()[::3])


def _read(package: str, name: str) -> Image:
    found = decode((files(package) / name).read_bytes()).image
    if found is None:
        raise MetricError(f"{name}, which ships with {package}, cannot be decoded")
    return found


def blurred(pixels: Pixels, sigma: float) -> Pixels:
    """Blur each channel with a Gaussian of `sigma` pixels, rounded to 8 bits again."""
    from scipy.ndimage import gaussian_filter

    sigmas = (sigma, sigma, 0)[: pixels.ndim]
    smooth = gaussian_filter(pixels.astype(np.float64), sigmas)
    return np.floor(smooth + 0.5).astype(np.uint8)


DISTORTIONS: dict[str, Callable[[Pixels], list[Pixels]]] = {
    "blur": lambda pixels: [blurred(pixels, 2), blurred(pixels, 4)],
    "flip": lambda pixels: [pixels[:, ::-1], pixels[::-1]],
}
"""What a spec may declare a response to."""


def check_spec(spec: MetricSpec, setup: Setup | None = None) -> None:  # noqa: ARG001 - all are alike
    """Check that the spec says what people need to know, without contradiction."""
    _require(spec, bool(spec.title), "has no title")
    _require(spec, spec.range.low < spec.range.high, "has an empty range")
    _require(spec, list(spec.ordinary or ()) == sorted(spec.ordinary or ()), "ordinary falls")
    unknown = [name for name, _ in spec.responses if name not in DISTORTIONS]
    _require(spec, not unknown, f"responds to unknown {unknown}; known are {list(DISTORTIONS)}")
    _require(
        spec,
        spec.direction is not Direction.NONE or all(r is Response.SAME for _, r in spec.responses),
        "has no direction, so nothing makes it worse or better",
    )


def check_defined(spec: MetricSpec, setup: Setup | None = None) -> None:
    """Check that ordinary photographs of its formats get a score, within a hard range."""
    scorer = _scorer(spec, setup)
    for photo in _photos(spec):
        if spec.formats and photo.header.format not in spec.formats:
            continue
        value = scorer(photo)
        _require(spec, not isinstance(value, Undefined), f"gives {value!r} on a photograph")


def check_input_unchanged(spec: MetricSpec, setup: Setup | None = None) -> None:
    """Check that pixels are read, never written."""
    scorer = _scorer(spec, setup)
    for photo in _photos(spec):
        image = Image(photo.header, photo.pixels.copy())
        for array in (image.pixels, image.grey):
            array.setflags(write=True)  # nothing but the metric itself protects them now
        scorer(image)
        same = np.array_equal(image.pixels, photo.pixels) and np.array_equal(image.grey, photo.grey)
        _require(spec, same, "changes the image that it scores")


def check_repeatable(spec: MetricSpec, setup: Setup | None = None) -> None:
    """Check for the same score again, from a new operator, and in another memory layout."""
    first, second = _scorer(spec, setup), _scorer(spec, setup)
    for photo in _photos(spec) if spec.deterministic else ():
        turned = Image(photo.header, np.asfortranarray(photo.pixels))
        values = (first(photo), first(photo), second(photo), first(turned))
        _require(spec, len(set(values)) == 1, f"gives {values} for one image")


def check_threads(spec: MetricSpec, setup: Setup | None = None) -> None:
    """Check for the same scores on 1, 2 and 8 threads; networks run on one thread only."""
    if spec.stage is Stage.BATCH:
        return
    scorer, photos = _scorer(spec, setup), sample_photos()
    expected = [scorer(photo) for photo in photos]
    for threads in (1, 2, 8) if spec.deterministic else ():
        with ThreadPoolExecutor(threads) as pool:
            found = list(pool.map(scorer, photos * 2))
        _require(spec, found == expected * 2, f"differs on {threads} threads")


def check_batch(spec: MetricSpec, setup: Setup | None = None) -> None:
    """Check for the same score alone and in a batch, but for rounding on a device."""
    if spec.stage is not Stage.BATCH:
        return
    (operator,) = load_operators({spec.name: spec}, setup)
    photos = _photos(spec)
    if not isinstance(operator, BatchOperator):
        raise MetricError(f"metric {spec.name!r} breaks the contract: it does not run in batches")
    arrays = [operator.prepare(photo) for photo in photos]
    records = operator.run([array for array in arrays if not isinstance(array, Undefined)])
    for photo, record in zip(photos, records, strict=True):
        alone, among = score_with(operator, photo)[spec.name], record[spec.name]
        _require(spec, _close(alone, among), f"gives {alone!r} alone, {among!r} in a batch")


def _close(a: Value, b: Value) -> bool:
    if isinstance(a, float) and isinstance(b, float):
        return math.isclose(a, b, rel_tol=_BATCH_TOLERANCE, abs_tol=_BATCH_TOLERANCE)
    return a == b


def check_odd_images(spec: MetricSpec, setup: Setup | None = None) -> None:
    """Check that flat, tiny and thin images give a value that can be stored, or a reason."""
    scorer = _scorer(spec, setup)
    for name, pixels in odd_images().items():
        _require_settled(spec, scorer(_made(spec, pixels)), f"{name} image")


@cache
def odd_images() -> dict[str, Pixels]:
    """Return images that metrics trip over, by name."""
    ramp = np.tile(np.arange(200, dtype=np.uint8), (200, 1))
    noise = np.random.default_rng(0).integers(0, 256, (200, 200, 3), dtype=np.uint8)
    photo = sample_photos()[0].pixels
    return {
        "black": np.zeros((200, 200, 3), np.uint8),
        "constant": np.full((200, 200, 3), 77, np.uint8),
        "ramp": ramp,
        "two-level": np.where(ramp < 100, 0, 255).astype(np.uint8),
        "checkerboard": ((np.indices((200, 200)).sum(axis=0) % 2) * 255).astype(np.uint8),
        "single-dot": np.pad(np.full((1, 1), 255, np.uint8), 100),
        "noise": noise,
        "grey": photo[:, :, 1],
        "1x1": noise[:1, :1],
        "1-pixel-wide": np.resize(photo, (5000, 1, 3)),
        "1-pixel-high": np.resize(photo, (1, 5000, 3)),
        "95x95": photo[:95, :95],
        "96x96": photo[:96, :96],
        "7x7": photo[:7, :7],
    }


def check_min_size(spec: MetricSpec, setup: Setup | None = None) -> None:
    """Check that one pixel less than the least size is too small, and the least size is not."""
    height, width = spec.min_size
    scorer, photo = _scorer(spec, setup), sample_photos()[0].pixels
    for less in (photo[: height - 1, :width], photo[:height, : width - 1]):
        value = scorer(_made(spec, less)) if less.size else Undefined("too_small", "")
        small = isinstance(value, Undefined) and value.code == "too_small"
        _require(spec, small, f"gives {value!r} below its least size")
    if height <= photo.shape[0] and width <= photo.shape[1]:
        value = scorer(_made(spec, photo[:height, :width]))
        _require_settled(spec, value, "image of the least size")
        small = isinstance(value, Undefined) and value.code == "too_small"
        _require(spec, not small, "calls its least size too small")


def check_huge(spec: MetricSpec, setup: Setup | None = None) -> None:
    """Check that 12 megapixels give a value that can be stored, or a reason."""
    photo = sample_photos()[0].pixels
    tiled = np.tile(photo, (8, 7, 1))[:3000, :4000]
    _require_settled(spec, _scorer(spec, setup)(_made(spec, tiled)), "12 megapixel image")


def check_responses(spec: MetricSpec, setup: Setup | None = None) -> None:
    """Check that distortions do to the score what the spec declares, on every photograph."""
    scorer = _scorer(spec, setup)
    for name, response in spec.responses:
        for photo in sample_photos():
            clean = scorer(photo)
            for pixels in DISTORTIONS[name](photo.pixels):
                value = scorer(Image(photo.header, np.ascontiguousarray(pixels)))
                holds = _responds(spec, response, clean, value)
                _require(spec, holds, f"{name}: {clean!r} -> {value!r} is not {response}")


def _responds(spec: MetricSpec, response: Response, clean: Value, value: Value) -> bool:
    if not isinstance(clean, int | float) or not isinstance(value, int | float):
        return False
    if response is Response.SAME:
        return math.isclose(clean, value, rel_tol=1e-9)
    better = value > clean if spec.direction is Direction.HIGHER else value < clean
    return value != clean and better == (response is Response.BETTER)


CHECKS: tuple[Callable[..., None], ...] = (
    check_spec,
    check_defined,
    check_input_unchanged,
    check_repeatable,
    check_threads,
    check_batch,
    check_odd_images,
    check_min_size,
    check_huge,
    check_responses,
)
"""Every check, each a function of a spec and, if need be, a setup."""


def _scorer(spec: MetricSpec, setup: Setup | None) -> Scorer:
    (operator,) = load_operators({spec.name: spec}, setup)
    return lambda image: score_with(operator, image)[spec.name]


def _require_settled(spec: MetricSpec, value: Value, where: str) -> None:
    bug = isinstance(value, Undefined) and (value.code in _BUGS or not value.text)
    _require(spec, not bug, f"gives {value!r} on a {where}")


def _require(spec: MetricSpec, holds: bool, what: str) -> None:
    if not holds:
        raise MetricError(f"metric {spec.name!r} breaks the contract: it {what}")
