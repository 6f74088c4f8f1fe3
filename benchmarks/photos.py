"""The files that everything is timed on."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from PIL import Image, ImageOps, UnidentifiedImageError

if TYPE_CHECKING:
    from collections.abc import Iterable

SMALL = (1152, 864)
LARGE = (4000, 3000)
FULL_SIZE = 15_000_000
ONE_MP, TWELVE_MP, AS_THEY_ARE = "1 MP", "12 MP", "15 MP and more"
"""Names of the sets."""

QUALITY = 90
_SHIPPED = {
    "sklearn/datasets/images": ("china.jpg", "flower.jpg"),
    "skimage/data": ("astronaut.png", "coffee.png", "motorcycle_left.png", "rocket.jpg"),
}


@dataclass(frozen=True)
class Photo:
    """A JPEG file to time.

    Parameters
    ----------
    name
        Unique in its set.
    path
        Of the file.
    width, height
        In pixels.
    nbytes
        Size of the file.
    made
        How it came from the photo of that name.
    """

    name: str
    path: Path
    width: int
    height: int
    nbytes: int
    made: str

    @property
    def pixels(self) -> int:
        """Number of pixels."""
        return self.width * self.height


def find_originals(given: Path | None) -> list[Path]:
    """List photos, the largest first.

    They are those of the folder `given`, else of ``photos_hires`` in the test data that the
    environment variable ``IQCURATE_TEST_DATA`` names, else some that ship with scikit-learn and
    scikit-image.
    """
    data = os.environ.get("IQCURATE_TEST_DATA")
    folder = given or (Path(data) / "photos_hires" if data else None)
    found = _shipped() if folder is None else sorted(p for p in folder.iterdir() if p.is_file())
    sizes = {path: size for path in found if (size := _rgb_size(path))}
    return sorted(sizes, key=lambda path: -sizes[path])


def make_sets(originals: list[Path], target: Path, large: int) -> dict[str, list[Photo]]:
    """Write the sets of photos that are timed into the folder `target`.

    Of about 1 MP the six largest originals, of 12 MP the `large` largest, and as many of the
    original files of 15 MP and more, where there are any.
    """
    whole = [_described(path, "as it is") for path in originals if _is_jpeg(path)]
    full_size = [photo for photo in whole if photo.pixels >= FULL_SIZE]
    sets = {
        ONE_MP: [make_photo(path, SMALL, target / "1mp") for path in originals[:6]],
        TWELVE_MP: [make_photo(path, LARGE, target / "12mp") for path in originals[:large]],
        AS_THEY_ARE: full_size[:large],
    }
    return {name: photos for name, photos in sets.items() if photos}


def make_photo(original: Path, size: tuple[int, int], folder: Path) -> Photo:
    """Write a JPEG of that width and height: the photo cut and reduced, or else mirrored.

    Nothing is ever enlarged: an enlarged photo is blurred, and its JPEG decodes too fast.
    """
    folder.mkdir(parents=True, exist_ok=True)
    with Image.open(original) as opened:
        picture = opened.convert("RGB")
    if picture.width >= size[0] and picture.height >= size[1]:
        made, how = ImageOps.fit(picture, size, Image.Resampling.LANCZOS), "reduced"
    else:
        made, how = _mirrored(picture, size), "continued by its mirror image"
    path = folder / (original.name if original.suffix == ".jpg" else f"{original.name}.jpg")
    made.save(path, quality=QUALITY)
    return _described(path, f"{how}, quality {QUALITY}")


def _mirrored(picture: Image.Image, size: tuple[int, int]) -> Image.Image:
    width, height = size
    pixels = np.asarray(picture)
    missing = [(0, max(0, height - pixels.shape[0])), (0, max(0, width - pixels.shape[1])), (0, 0)]
    return Image.fromarray(np.pad(pixels, missing, "symmetric")[:height, :width])


def _described(path: Path, made: str) -> Photo:
    with Image.open(path) as opened:
        return Photo(path.name, path, *opened.size, path.stat().st_size, made)


def _shipped() -> Iterable[Path]:
    import skimage

    site = Path(skimage.__file__).parents[1]
    return [site / folder / name for folder, names in _SHIPPED.items() for name in names]


def _rgb_size(path: Path) -> int:
    """Return the number of pixels of an RGB photo, 0 for any other file."""
    try:
        with Image.open(path) as opened:
            return opened.width * opened.height if opened.mode == "RGB" else 0
    except (UnidentifiedImageError, OSError):
        return 0


def _is_jpeg(path: Path) -> bool:
    with Image.open(path) as opened:
        return opened.format == "JPEG"
