"""Which images a check of robustness looks at, and which versions of them."""

from __future__ import annotations

import math
import os
from dataclasses import dataclass, replace
from functools import partial
from hashlib import blake2b
from heapq import nsmallest
from typing import TYPE_CHECKING

from iqcurate import distort
from iqcurate.analysis.robustness import protocol
from iqcurate.api.chosen import listing_options
from iqcurate.api.run import RunReport, listed
from iqcurate.api.variant_run import Versions
from iqcurate.errors import UsageError
from iqcurate.sources import open_source
from iqcurate.sources.base import Skip
from iqcurate.sources.table import open_table
from iqcurate.tasks import Variant

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from iqcurate.analysis.robustness.protocol import Key, Protocol
    from iqcurate.api.options import ScoreOptions
    from iqcurate.types import Image, ImageRef

_SEQUENCE_COLUMNS, _LEVEL_COLUMNS = ("sequence", "group"), ("level", "step")


@dataclass(frozen=True, slots=True)
class Step:
    """One image of a real sequence.

    Parameters
    ----------
    ref
        The image.
    sequence
        It belongs to.
    level
        How far it is from the best of it.
    """

    ref: ImageRef
    sequence: str
    level: float


def draw_sample(
    sources: Sequence[str], count: int, seed: int, options: ScoreOptions, report: RunReport
) -> list[ImageRef]:
    """Some images of a source, by chance, sorted by id.

    Who is drawn depends on the seed and the ids alone: of a source that grows, most stay.
    """
    source = open_source(sources, listing_options({}, options.source))

    def readable() -> Iterator[ImageRef]:
        for item in listed(source, options, "", {}, report):
            if isinstance(item, Skip):
                report.skip(item)
            elif item.failure is not None:
                report.skip(Skip(item.id, item.failure.text))
            else:
                yield item

    drawn = nsmallest(count, readable(), key=lambda ref: chance(f"{seed}:{ref.id}"))
    return sorted(drawn, key=lambda ref: ref.id)


def read_sequences(path: str, report: RunReport) -> list[Step]:
    """Images of real sequences: a table with an id or path, sequence (or group), level (or step).

    Raises
    ------
    UsageError
        Where it lacks a column, or a level is no distance.
    """
    columns = open_table(os.fsencode(path)).columns
    lower = {name.lower(): name for name in columns}

    def find(names: Sequence[str]) -> str:
        for name in names:
            if name in lower:
                return lower[name]
        raise UsageError(f"{path}: no column {' or '.join(names)}; it has {', '.join(columns)}")

    given = {
        "group_from": f"column:{find(_SEQUENCE_COLUMNS)}",
        "label_from": f"column:{find(_LEVEL_COLUMNS)}",
    }
    steps = []
    for item in open_source([path], listing_options({}, given)):
        if isinstance(item, Skip):
            report.skip(item)
        elif item.failure is not None:
            report.skip(Skip(item.id, item.failure.text))
        elif item.group is None:
            report.skip(Skip(item.id, "in no sequence"))
        else:
            steps.append(Step(replace(item, label=None), item.group, _level(item, path)))
    if not steps:
        raise UsageError(f"{path}: none of its images is there")
    return steps


def _level(ref: ImageRef, path: str) -> float:
    try:
        level = float(ref.label or "")
    except ValueError:
        level = math.nan
    if not 0 <= level < math.inf:
        raise UsageError(
            f"{path}: the level of {ref.id} is {ref.label!r}: it is a number, 0 for the best image "
            "of a sequence, larger the farther an image is from it"
        )
    return level


def versions(sample: Sequence[ImageRef], steps: Sequence[Step], which: Protocol) -> list[Versions]:
    """What is to be scored: versions of each image of the sample, and the real steps."""
    keys = protocol.keys_of(which)
    made = [Versions(ref, tuple(_variant(key, ref.id) for key in keys)) for ref in sample]
    made += [Versions(step.ref, (Variant(protocol.SEQUENCE, step.level),)) for step in steps]
    return made


def _variant(key: Key, image_id: str) -> Variant:
    name, level = key
    return Variant(name, level, _change(name, level, image_id))


def _change(name: str, level: float, image_id: str) -> Callable[[Image], Image] | None:
    """Function, to be pickled, that makes a version of an image."""
    if name == "clean":
        return None
    if name == "crop":
        across, down = chance(f"across:{image_id}"), chance(f"down:{image_id}")
        return partial(distort.crop, removed=level, across=across, down=down)
    if name == "crop_corner":
        return partial(distort.crop, removed=level)
    if name == "tile":
        return partial(distort.tile, number=int(level))
    if name == "rotate":
        return partial(distort.turn, degrees=level) if level else distort.square
    if name == "shift":
        across, down = ((1, 0), (-1, 0), (0, 1), (0, -1))[int(level)]
        by = distort.SHIFT
        degrees = 1.0 if level % 2 else -1.0
        return partial(distort.turn, degrees=degrees, across=by * across, down=by * down)
    return partial(distort.blur, sigma=level)


def chance(text: str) -> float:
    """A number in [0, 1) that looks like chance and is the same for the same text."""
    digest = blake2b(text.encode(), digest_size=8).digest()
    return int.from_bytes(digest, "big") / 2**64
