"""Sets of photos of printed codes, with a table of what was done to each.

The sets are made after D1, D2 and D3 of Smith, Zuo, Stonehouse and Obara (VISAPP 2024), who
photographed codes of two printers; these photos are drawn.
"""

from __future__ import annotations

import csv
import math
import os
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass, fields
from typing import TYPE_CHECKING, Any

import numpy as np

from iqcurate.errors import UsageError
from iqcurate.synthetic.bottle import material_of
from iqcurate.synthetic.light import make_light
from iqcurate.synthetic.printers import PRINTERS
from iqcurate.synthetic.scene import make_item, photograph
from iqcurate.synthetic.shots import draw_exposure, draw_view, focus_steps

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence
    from pathlib import Path

    from iqcurate.synthetic.camera import Exposure, View
    from iqcurate.synthetic.light import Light

    _Rows = list[dict[str, Any]]

SETS = ("D1", "D2", "D3")

TABLE = "images.csv"
"""Name of each set's table; it is written when all images are there."""

STEPS = 10
"""Steps of focus of each code of D1."""

SHOTS = 4
"""Photos of each bottle of D2 and D3."""

_SIDE = 320
_UNFINISHED = f".{TABLE}.part"


@dataclass(frozen=True, slots=True)
class Row:
    """A line of a set's table: an image and what was done to it.

    Parameters
    ----------
    path
        Of the image, from the folder of the set.
    label
        The printer.
    group
        The bottle.
    step
        Of the focus, in D1, from 0 (clear); else None.
    defocus, motion
        Radius of the disc and length of the line that a point becomes, in pixels.
    direction
        Of the motion, in degrees.
    noise
        Standard deviation of white, of 1.
    jpeg
        Quality of the file.
    angle, scale
        Degrees that the code is turned, and pixels a millimetre.
    material
        Of the bottle.
    """

    path: str
    label: str
    group: str
    step: int | None
    defocus: float
    motion: float
    direction: float
    noise: float
    jpeg: int
    angle: float
    scale: float
    material: str


def make_images(
    folder: Path,
    images: int = 400,
    samples: int = 14,
    seed: int = 0,
    workers: int | None = None,
    progress: Callable[[int, int], None] | None = None,
) -> dict[str, Path]:
    """Make the sets D1, D2 and D3 in `folder`; the same seed gives the same bytes.

    D1 is `samples` codes at `STEPS` steps of focus. D2 and D3 are photos of varying quality,
    `SHOTS` of each bottle, half of the bottles from each printer.

    Parameters
    ----------
    folder
        Is made where it is not there. What an earlier call, with the same options, left there
        is kept, and only the rest is made.
    images
        Of D2, at least ``2 * SHOTS``; D3 has half as many again.
    samples
        Of D1.
    seed
        Another one gives other bottles and other photos, of the same kind.
    workers
        Threads; by default one a core. The images do not depend on it.
    progress
        Called with the images made and their number in all.

    Returns
    -------
    dict
        Table of each set, a CSV file with a column for each field of `Row`.

    Raises
    ------
    UsageError
        With too few images.
    """
    if images < 2 * SHOTS:
        raise UsageError(f"{images} images are too few: at least {2 * SHOTS}, two bottles")
    sizes = {"D1": samples * STEPS, "D2": images, "D3": images + images // 2}
    bottles = {name: [*_bottles(name, sizes[name], folder, seed)] for name in SETS}
    there = {name: _made_before(folder / name, bottles[name]) for name in SETS}
    total, done = sum(sizes.values()), sum(len(r) for t in there.values() for r in t.values())

    def told(made: int = 0) -> None:
        nonlocal done
        done += made
        if progress:
            progress(done, total)

    told()
    pool = ThreadPoolExecutor(workers or os.cpu_count())
    try:
        for name in SETS:
            _make_set(folder / name, bottles[name], there[name], pool, told)
    finally:
        pool.shutdown(cancel_futures=True)
    return {name: folder / name / TABLE for name in SETS}


@dataclass(frozen=True, slots=True)
class _Bottle:
    """What to photograph, how often, and where the photos go."""

    set: str
    number: int
    shots: int
    folder: Path
    seed: int

    @property
    def group(self) -> str:
        return f"{'s' if self.set == 'D1' else 'b'}{self.number:03d}"


def _bottles(name: str, images: int, folder: Path, seed: int) -> Iterator[_Bottle]:
    shots = STEPS if name == "D1" else SHOTS
    for number, first in enumerate(range(0, images, shots)):
        yield _Bottle(name, number, min(shots, images - first), folder / name, seed)


def _photograph(bottle: _Bottle) -> list[Row]:
    """Make a bottle and its photos."""
    rng = np.random.default_rng([bottle.seed, SETS.index(bottle.set) + 1, bottle.number])
    printer = PRINTERS[bottle.number % len(PRINTERS)]
    item = make_item(printer, material_of(bottle.number), rng)
    (bottle.folder / printer.name).mkdir(parents=True, exist_ok=True)
    rows = []
    for shot, (view, light, exposure) in enumerate(_shots(bottle, rng)):
        path = f"{printer.name}/{bottle.group}_{shot}.jpg"
        (bottle.folder / path).write_bytes(photograph(item, view, light, exposure, _SIDE, rng))
        rows.append(
            Row(
                path,
                label=printer.name,
                group=bottle.group,
                step=shot if bottle.set == "D1" else None,
                defocus=round(exposure.defocus, 2),
                motion=round(exposure.motion, 2),
                direction=round(math.degrees(exposure.direction), 1),
                noise=round(exposure.noise, 4),
                jpeg=exposure.jpeg,
                angle=round(math.degrees(view.angle), 1),
                scale=round(view.scale, 2),
                material=item.bottle.material.name,
            )
        )
    return rows


def _shots(bottle: _Bottle, rng: np.random.Generator) -> Iterator[tuple[View, Light, Exposure]]:
    """In D1 only the focus changes from shot to shot, in the others everything does."""
    if bottle.set == "D1":
        view, light = draw_view(rng), make_light(rng)
        for exposure in focus_steps(bottle.shots):
            yield view, light, exposure
    else:
        for _ in range(bottle.shots):
            yield draw_view(rng), make_light(rng), draw_exposure(rng)


def _made_before(folder: Path, bottles: Sequence[_Bottle]) -> dict[str, _Rows]:
    """Rows, by bottle, of those whose photos are all there."""
    rows: dict[str, _Rows] = {}
    for path in (folder / TABLE, folder / _UNFINISHED):
        if path.is_file():
            lines = path.read_text("utf-8").splitlines(keepends=True)
            for row in csv.DictReader(line for line in lines if line.endswith("\n")):
                rows.setdefault(row["group"], []).append(row)
            break
    there = {n: r for n, r in rows.items() if all((folder / row["path"]).is_file() for row in r)}
    return {b.group: there[b.group] for b in bottles if len(there.get(b.group, ())) == b.shots}


def _make_set(
    folder: Path,
    bottles: Sequence[_Bottle],
    there: Mapping[str, _Rows],
    pool: ThreadPoolExecutor,
    told: Callable[[int], None],
) -> None:
    """Make the photos that are not there; the table grows with them, and is named when whole."""
    folder.mkdir(parents=True, exist_ok=True)
    lacking = (bottle for bottle in bottles if bottle.group not in there)
    made = pool.map(_photograph, lacking)
    unfinished = folder / _UNFINISHED
    with unfinished.open("w", newline="", encoding="utf-8") as file:
        out = csv.DictWriter(file, [field.name for field in fields(Row)], lineterminator="\n")
        out.writeheader()
        for bottle in bottles:
            rows = there.get(bottle.group)
            if rows is None:
                rows = [asdict(row) for row in next(made)]
                told(len(rows))
            out.writerows(rows)
            file.flush()
    unfinished.replace(folder / TABLE)
