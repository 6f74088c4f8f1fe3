"""Two sets of scores side by side."""

from __future__ import annotations

import os
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, TypeAlias

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from iqcurate.analysis.compare.pair import Pair
from iqcurate.analysis.effect import encode
from iqcurate.analysis.where import names_of, select
from iqcurate.api.columns import read_document
from iqcurate.api.ids import hashes, positions
from iqcurate.api.inputs import KEPT, read_scores, with_ids
from iqcurate.errors import UsageError
from iqcurate.sources.table import PATH_COLUMNS
from iqcurate.store.table import Reader, is_store
from iqcurate.tabular import read_table

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    import numpy.typing as npt

    from iqcurate.api.inputs import Scores, ScoresLike
    from iqcurate.spec import Direction

    Floats: TypeAlias = npt.NDArray[np.float64]
    Codes: TypeAlias = npt.NDArray[np.int32]
    Mask: TypeAlias = npt.NDArray[np.bool_]

_SIZES = 1.5
"""Ratio of the median resolutions from which a shift may be one of resolution."""


@dataclass(frozen=True)
class TwoSets:
    """Scores of A and of B in the metrics that both have.

    Parameters
    ----------
    a, b
        The scores.
    directions
        Of the metrics.
    notes
        What to know of the tables.
    """

    a: Scores
    b: Scores
    directions: Mapping[str, Direction]
    notes: tuple[str, ...]

    @cached_property
    def readable(self) -> tuple[Mask, Mask]:
        """Which images of A and of B could be read."""
        one, other = (
            pc.fill_null(pc.equal(part.table["status"], "ok"), True).to_numpy()
            for part in (self.a, self.b)
        )
        return one, other

    @cached_property
    def classes(self) -> tuple[Codes, list[str]]:
        """Class of each image of A, then of B, and the names; see `encode`."""
        return encode(self._joined("label"))

    @cached_property
    def units(self) -> Codes | None:
        """What is not independent, of A, then of B; None where every image is one of its own.

        Images of one group; where there are no groups, the same image more than once.
        """
        groups = self._joined("group")
        if groups.null_count < len(groups):
            codes, names = encode(groups)
            alone = codes < 0
            codes = codes.copy()
            codes[alone] = len(names) + np.arange(alone.sum(), dtype=np.int32)
            return codes
        same = self._same_images()
        return None if same is None else np.unique(same, return_inverse=True)[1].astype(np.int32)

    def columns(self, metric: str) -> tuple[Floats, Floats]:
        """Scores of readable images in A and B, NaN elsewhere."""
        one, other = (
            np.where(there, part.values(metric), np.nan)
            for part, there in zip((self.a, self.b), self.readable, strict=True)
        )
        return one, other

    def pair(self, metric: str, keep: Mask | None = None) -> Pair:
        """Scores of one metric; of A only images for which `keep`, bool (N,), holds."""
        codes, names = self.classes
        a, b = self.columns(metric)
        if keep is not None:
            a = np.where(keep, a, np.nan)
        return Pair.of(a, b, self.directions[metric], self.units, codes if names else None)

    def shared(self) -> int:
        """Images of B that are in A, too; 0 where there are groups."""
        if self.units is None or self._grouped:
            return 0
        n = self.a.table.num_rows
        return int(np.isin(self.units[n:], self.units[:n]).sum())

    @cached_property
    def _grouped(self) -> bool:
        groups = self._joined("group")
        return bool(groups.null_count < len(groups))

    def _same_images(self) -> npt.NDArray[np.uint64] | None:
        """A number for each image, the same for the same bytes; None where all differ.

        Where no hashes are known, equal ids with equal scores are one image.
        """
        contents = self._joined("sha256")
        if contents.null_count < len(contents):
            unknown = pc.binary_join_element_wise("id ", self._joined("id"), "")
            return hashes(pc.coalesce(contents, unknown))
        if not self.a.table.num_rows:
            return None
        place = positions(self.b.table["id"], self.a.table["id"])
        same = place >= 0
        for name in self.directions:
            a, b = self.columns(name)
            same &= np.isclose(a[place], b, rtol=0, atol=0, equal_nan=True)
        if not same.any():
            return None
        n = self.a.table.num_rows
        numbers = np.arange(n + len(place), dtype=np.uint64)
        numbers[n:][same] = place[same]
        return numbers

    def _joined(self, column: str) -> pa.ChunkedArray:
        chunks = [*self.a.table[column].chunks, *self.b.table[column].chunks]
        return pa.chunked_array(chunks, pa.string())


def read_two(
    a: ScoresLike,
    b: ScoresLike,
    metrics: Sequence[str] | None,
    directions: Mapping[str, str] | None,
    where_a: str | None,
    where_b: str | None,
) -> TwoSets:
    """Read two sets of scores; see `iqcurate.api.compare.compare`.

    Raises
    ------
    UsageError
        Where they have no metric in common, or one points the other way.
    """
    one = _read(a, metrics, directions, {}, where_a)
    other = _read(b, metrics, directions, one.directions, where_b)
    if any(name in other.directions for name in one.unused):
        one = _read(a, metrics, directions, other.directions, where_a)
    common = [n for n in one.directions if n in other.directions]
    for name in common:
        if one.directions[name] is not other.directions[name]:
            raise UsageError(
                f"{name}: {one.name} says that {one.directions[name]} is better, {other.name} says "
                f"{other.directions[name]}: say which with --direction {name}="
                f"{one.directions[name]}"
            )
    if not common:
        raise UsageError(
            f"{one.name} and {other.name} have no scores in common: {_listed(one.directions)} and "
            f"{_listed(other.directions)}; score both with the same metrics"
        )
    notes = [*_lacking(one, other), *_scored_otherwise(a, b, common), *_resolutions(one, other)]
    ways = {name: one.directions[name] for name in common}
    return TwoSets(one, other, ways, tuple(notes))


def _read(
    source: ScoresLike,
    metrics: Sequence[str] | None,
    directions: Mapping[str, str] | None,
    assumed: Mapping[str, Direction],
    where: str | None,
) -> Scores:
    found = read_scores(source, metrics, directions, assumed, whole=True)
    if where is None:
        return found
    chosen = positions(found.table["id"], _ids_where(source, where)) >= 0
    return replace(
        found, table=found.table.filter(pa.array(chosen)), name=f"{found.name} where {where}"
    )


def _ids_where(source: ScoresLike, where: str) -> pa.ChunkedArray:
    """Ids of the rows for which an expression holds."""
    if isinstance(source, str | os.PathLike) and is_store(Path(source)):
        reader = Reader(Path(source))
        names = dict.fromkeys(["id", *(n for n in names_of(where) if n in reader.schema.names)])
        table = reader.to_table(list(names))
    else:
        if isinstance(source, pa.Table):
            table = source
        elif isinstance(source, str | os.PathLike):
            table = read_table(Path(source), (*KEPT, *PATH_COLUMNS))
        else:
            table = pa.Table.from_pandas(source, preserve_index=False)
        table = with_ids(table, "the table")
    rows = select(table.to_pandas(), where).index
    return table["id"].take(pa.array(rows.to_numpy()))


def _lacking(one: Scores, other: Scores) -> Iterator[str]:
    for first, second in ((one, other), (other, one)):
        if lost := [n for n in first.directions if n not in second.directions]:
            yield f"{_listed(lost)}: only in {first.name}, so not compared"


def _scored_otherwise(a: ScoresLike, b: ScoresLike, names: Sequence[str]) -> Iterator[str]:
    """Metrics that filled the columns of two stores in different ways."""
    records = []
    for source in (a, b):
        if not isinstance(source, str | os.PathLike) or not is_store(Path(source)):
            return
        records.append(read_document(Path(source))["columns"])
    for name in names:
        one, other = (record.get(name, {}).get("scorer") for record in records)
        if one and other and one != other:
            yield (
                f"{name} was scored in A and B by different versions or settings: score one "
                f"of them anew (iqcurate score --rescore {name}) before you believe a shift"
            )


def _resolutions(one: Scores, other: Scores) -> Iterator[str]:
    sizes = []
    for part in (one, other):
        if not {"width", "height"} <= set(part.table.schema.names):
            return
        columns = (part.table[n].cast(pa.float64()) for n in ("width", "height"))
        pixels = pc.multiply(*columns).to_numpy()
        sizes.append(float(np.median(pixels[np.isfinite(pixels)])) if len(pixels) else np.nan)
    if min(sizes) > 0 and max(sizes) / min(sizes) >= _SIZES:
        megapixels = [f"{size / 1e6:.2g}" for size in sizes]
        yield (
            f"the median image of A has {megapixels[0]} megapixels, that of B {megapixels[1]}: "
            "metrics of sharpness depend on resolution, so a shift in them may be one of size"
        )


def _listed(names: Sequence[str] | Mapping[str, object]) -> str:
    return ", ".join(names) or "none"
