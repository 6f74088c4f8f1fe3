"""How far the perceptual hashes of copies are from their originals, and those of other photos.

``python -m benchmarks.copies FOLDER ...`` prints the table of docs/checks.md that the distance of
near duplicates comes from.
"""

from __future__ import annotations

import argparse
import io
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from PIL import Image, ImageEnhance, ImageFilter
from scipy.stats import norm

from iqcurate.analysis.duplicates import COPIES
from iqcurate.metrics.checks import Picture, phash

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    import numpy.typing as npt

    Pillow = Image.Image

_LARGEST = 1000
_CLOSE = 13


def _jpeg(picture: Pillow) -> Pillow:
    stream = io.BytesIO()
    picture.save(stream, "JPEG", quality=30)
    return Image.open(stream).convert("RGB")


def _cropped(share: float) -> Callable[[Pillow], Pillow]:
    def crop(picture: Pillow) -> Pillow:
        dx, dy = round(picture.width * share), round(picture.height * share)
        return picture.crop((dx, dy, picture.width - dx, picture.height - dy))

    return crop


def _half(picture: Pillow) -> Pillow:
    return picture.resize((picture.width // 2, picture.height // 2), Image.Resampling.BICUBIC)


COPY: dict[str, Callable[[Pillow], Pillow]] = {
    "JPEG of quality 30": _jpeg,
    "half as wide and high": _half,
    "blurred, sigma 2": lambda p: p.filter(ImageFilter.GaussianBlur(2)),
    "20% brighter": lambda p: ImageEnhance.Brightness(p).enhance(1.2),
    "30% less contrast": lambda p: ImageEnhance.Contrast(p).enhance(0.7),
    "2% cropped on each side": _cropped(0.02),
    "5% cropped on each side": _cropped(0.05),
}
"""What is done to a photo."""


def hash_of(picture: Pillow) -> int:
    """The hash as a number."""
    return int.from_bytes(phash(Picture(np.asarray(picture))))


def _photos(folder: Path) -> list[Pillow]:
    photos = []
    for path in sorted(folder.rglob("*")):
        if path.suffix.lower() in (".jpg", ".jpeg", ".png"):
            with Image.open(path) as opened:
                photo = opened.convert("RGB")
            photos.append(photo.reduce(max(1, max(photo.size) // _LARGEST)))
    return photos


def _distances(a: Sequence[int], b: Sequence[int]) -> npt.NDArray[np.int64]:
    return np.array([(x ^ y).bit_count() for x, y in zip(a, b, strict=True)])


def compare(folder: Path) -> None:
    """Print the distances of copies, and of pairs, in a folder."""
    photos = _photos(folder)
    hashes = [hash_of(photo) for photo in photos]
    print(f"\n{len(photos)} photos of {folder.name}\n")
    print(f"| copy | median | 90% | 99% | within {COPIES} bits |\n|---|---:|---:|---:|---:|")
    for name, change in COPY.items():
        found = _distances(hashes, [hash_of(change(photo)) for photo in photos])
        cells = [f"{np.quantile(found, q):.0f}" for q in (0.5, 0.9, 0.99)]
        print(f"| {name} | {' | '.join(cells)} | {(found <= COPIES).mean():.1%} |", flush=True)
    first, second = np.triu_indices(len(hashes), 1)
    numbers = np.array(hashes, np.uint64)
    pairs = np.bitwise_count(numbers[first] ^ numbers[second]).astype(float)
    upper = pairs[pairs >= np.median(pairs)] - np.median(pairs)
    spread = np.sqrt(np.square(upper).mean())
    expected = len(pairs) * norm.cdf((_CLOSE + 0.5 - np.median(pairs)) / spread)
    print(f"\nPairs: median {np.median(pairs):.0f}, spread {spread:.2f}; ", end="")
    print(f"{(pairs <= _CLOSE).sum()} of {len(pairs)} within {_CLOSE} bits, ", end="")
    print(f"a normal distribution expects {expected:.2f}")


def main() -> None:
    """Print the tables."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n")[0])
    parser.add_argument("folders", type=Path, nargs="+")
    for folder in parser.parse_args().folders:
        compare(folder)


if __name__ == "__main__":
    main()
