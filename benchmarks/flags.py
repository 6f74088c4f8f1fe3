"""What iqcurate and CleanVision flag in the same folders, and among defects that were put there.

    python -m benchmarks.flags FOLDER ... [--planted FOLDER] [--cleanvision PYTHON]

Prints the tables of docs/checks.md. The environment of CleanVision is that of `make bench`.
"""

from __future__ import annotations

import argparse
import io
import json
import subprocess
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from PIL import Image, ImageFilter

import iqcurate
from benchmarks.peers.client import ROOT
from iqcurate.analysis.flags import NAMES, find_flags

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    Picture = Image.Image

_EVERY = 20
"""One photo of so many gets the defect."""
_QUALITY = 90
_SHOWN = 4
_EXPOSURE = 0.15


@dataclass(frozen=True)
class Found:
    """What a tool flags.

    Parameters
    ----------
    flags
        Names of files by flag.
    remark
        What else there is to say.
    """

    flags: dict[str, set[str]]
    remark: str = ""


def ours(folder: Path) -> tuple[Found, list[Path]]:
    """Flags of iqcurate, by data-driven limits, and the files that it can read."""
    with tempfile.TemporaryDirectory() as scratch:
        frame = iqcurate.score(folder, Path(scratch) / "scores", metrics=["checks"]).frame
    found = find_flags(frame)
    flags = {f.name: set(frame["id"].iloc[f.rows]) for f in found.flags}
    for doubles in found.doubles:
        flags[doubles.name] = {frame["id"].iloc[row] for group in doubles.groups for row in group}
    failed = int((frame["status"] != "ok").sum())
    readable = [folder / name for name in sorted(frame["id"][frame["status"] == "ok"])]
    return Found(flags, f"{failed} not readable, said so" if failed else ""), readable


def theirs(folder: Path, readable: Sequence[Path], python: Path) -> Found:
    """Flags of CleanVision; where it gives up, those among the files that can be read."""
    images = [path for path in sorted(folder.rglob("*")) if _is_theirs(path)]
    answer, remark = _ask(images, python), ""
    if answer["error"]:
        remark = f"ends with {answer['error'].split(':')[0]}; without the unreadable files:"
        answer = _ask(readable, python)
    names = {
        name: {Path(path).relative_to(folder).as_posix() for path in paths}
        for name, paths in answer["flags"].items()
    }
    return Found(names, remark)


def _is_theirs(path: Path) -> bool:
    return path.suffix.lower() in (".jpg", ".jpeg", ".gif", ".jp2", ".png", ".tiff", ".webp")


def _ask(paths: Sequence[Path], python: Path) -> dict[str, Any]:
    command = [str(python), "-m", "benchmarks.peers.cleanvision_flags"]
    given = json.dumps([str(path) for path in paths])
    done = subprocess.run(
        command, cwd=ROOT, input=given, text=True, check=True,
        stdout=subprocess.PIPE, stderr=subprocess.DEVNULL,
    )  # fmt: skip
    answer: dict[str, Any] = json.loads(done.stdout)
    return answer


def compare(folder: Path, python: Path) -> None:
    """Print what each flags in a folder."""
    mine, readable = ours(folder)
    other = theirs(folder, readable, python)
    print(
        f"\n{folder.name}: {len(readable)} images. iqcurate: {mine.remark or 'no remark'}. ", end=""
    )
    print(f"CleanVision: {other.remark or 'no remark'}\n")
    print("| | both | only iqcurate | only CleanVision |\n|---|---|---|---|")
    for name in NAMES:
        a, b = mine.flags.get(name, set()), other.flags.get(name, set())
        print(f"| {name} | {len(a & b)} | {_some(a - b)} | {_some(b - a)} |", flush=True)


def _some(names: set[str]) -> str:
    shown = ", ".join(Path(name).stem for name in sorted(names)[:_SHOWN])
    more = ", ..." if len(names) > _SHOWN else ""
    return f"{len(names)}: {shown}{more}" if names else "0"


def _levels(change: Callable[[np.ndarray], np.ndarray]) -> Callable[[Picture], Picture]:
    return lambda p: Image.fromarray(np.round(change(np.asarray(p, float))).astype(np.uint8))


def _again(picture: Picture) -> Picture:
    stream = io.BytesIO()
    half = picture.resize((picture.width // 2, picture.height // 2), Image.Resampling.BICUBIC)
    half.save(stream, "JPEG", quality=60)
    return Image.open(stream)


def _strip(picture: Picture) -> Picture:
    return picture.crop((0, 2 * picture.height // 5, picture.width, 3 * picture.height // 5))


DEFECTS: dict[str, Callable[[Picture], Picture]] = {
    "dark": _levels(lambda x: x * _EXPOSURE),
    "light": _levels(lambda x: 255 - (255 - x) * _EXPOSURE),
    "low_information": _levels(lambda x: 128 + (x - 128) / 50),
    "blurry": lambda p: p.filter(ImageFilter.GaussianBlur(3)),
    "greyscale": lambda p: p.convert("L").convert("RGB"),
    "odd_size": lambda p: p.resize((p.width // 8, p.height // 8), Image.Resampling.BICUBIC),
    "odd_aspect_ratio": _strip,
    "near_duplicates": _again,
}
"""How a photo gets what the flag is to find."""


def planted(folder: Path, python: Path) -> None:
    """Print how many of the defects put into a folder each tool finds, and what else it flags."""
    photos = sorted(path for path in folder.rglob("*") if _is_theirs(path))
    print(f"\n{len(photos)} photos of {folder.name}, each defect in one of {_EVERY}\n")
    print(
        "| | in it | iqcurate found | of others flagged | CleanVision found | of others flagged |"
    )
    print("|---|---|---|---|---|---|")
    for name, change in DEFECTS.items():
        with tempfile.TemporaryDirectory() as scratch:
            bad = _plant(photos, Path(scratch), name, change)
            mine, readable = ours(Path(scratch))
            other = theirs(Path(scratch), readable, python)
        cells = [f"{len(f & bad)} | {len(f - bad)}" for f in (_of(mine, name), _of(other, name))]
        print(f"| {name} | {len(bad)} | {' | '.join(cells)} |", flush=True)


def _of(found: Found, name: str) -> set[str]:
    return found.flags.get(name, set())


def _plant(
    photos: Sequence[Path], folder: Path, name: str, change: Callable[[Picture], Picture]
) -> set[str]:
    """Fill a folder; return the names of those that are to be found."""
    bad = set()
    for number, photo in enumerate(photos):
        copy = folder / f"{number:04d}{photo.suffix}"
        chosen = number % _EVERY == 0
        if not chosen or name == "near_duplicates":
            copy.symlink_to(photo.resolve())
        if chosen:
            made = folder / f"{number:04d}_made.jpg"
            with Image.open(photo) as original:
                change(original.convert("RGB")).save(made, quality=_QUALITY)
            bad |= {made.name, copy.name} if name == "near_duplicates" else {made.name}
    return bad


def main() -> None:
    """Print the tables."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n")[0])
    parser.add_argument("folders", type=Path, nargs="*")
    parser.add_argument("--planted", type=Path, help="photos to put defects into")
    default = ROOT / "benchmarks" / ".venvs" / "cleanvision" / "bin" / "python"
    parser.add_argument("--cleanvision", type=Path, default=default, help="its interpreter")
    given = parser.parse_args()
    for folder in given.folders:
        compare(folder, given.cleanvision)
    if given.planted:
        planted(given.planted, given.cleanvision)


if __name__ == "__main__":
    main()
