"""What a run fills a store with."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import partial
from typing import TYPE_CHECKING, Any

from iqcurate.api.columns import wanted_columns
from iqcurate.executors.alone import Alone, Part
from iqcurate.metrics.registry import load_operators
from iqcurate.metrics.settings import check_setup, settings
from iqcurate.spec import Input, Stage
from iqcurate.store.columns import FORMAT, column_record
from iqcurate.store.schema import NO_KEY, SCORE_SCHEMA, metric_fields

if TYPE_CHECKING:
    from collections.abc import Sequence

    import pyarrow as pa

    from iqcurate.api.options import ScoreOptions
    from iqcurate.operators import Operator, Setup
    from iqcurate.spec import MetricSpec
    from iqcurate.tasks import Row

MakeFill = Callable[[Mapping[str, Any]], "Fill"]
"""From the provenance of a store to what is to be filled in."""


def _as_it_is(row: Row) -> Row:
    return row


@dataclass(frozen=True, slots=True)
class Fill:
    """Columns of a store, and what computes them.

    Parameters
    ----------
    records
        Column -> what the store remembers of it. An image is done when each of these has a
        value or a reason for having none.
    fields
        All columns that are filled.
    operators
        What fills them.
    alone
        Works on images that may kill the process.
    libraries
        Packages whose versions are remembered.
    header_columns
        Those of `records` that need no pixels.
    schema
        Columns of a new store, without those filled.
    key
        Key columns beside the id, with the value that every row gets.
    judged_by
        Details of an image, such as its label, on which the columns depend.
    finish
        Called with each row of the engine before it is saved.
    """

    records: Mapping[str, dict[str, Any]]
    fields: Sequence[pa.Field]
    operators: Sequence[Operator]
    alone: Alone
    libraries: Sequence[str]
    header_columns: Sequence[str] = ()
    schema: pa.Schema = SCORE_SCHEMA
    key: Mapping[str, object] = field(default_factory=lambda: NO_KEY)
    judged_by: Sequence[str] = ()
    finish: Callable[[Row], Row] = _as_it_is


_LIBRARIES = ("iqcurate", "numpy", "scipy", "pywavelets", "pillow", "simplejpeg", "deltalake")


def scores(options: ScoreOptions) -> tuple[str, MakeFill]:
    """Kind of a score store, and the metrics that a run fills in."""

    def make(document: Mapping[str, Any]) -> Fill:
        columns = wanted_columns(options.metrics, options.rename, document)
        return Fill(
            column_records(columns, options),
            metric_fields({c: s.dtype for c, s in columns.items()}),
            load_operators(columns, options.setup),
            _alone(columns, options.setup, options.stop),
            _LIBRARIES,
            [c for c, s in columns.items() if s.input is Input.HEADER],
        )

    return FORMAT, make


def column_records(
    columns: Mapping[str, MetricSpec], options: ScoreOptions
) -> dict[str, dict[str, Any]]:
    """What a store remembers of its columns; raises where a metric cannot be made as is asked."""
    check_setup(columns.values(), options.setup)
    decode = options.decode.fingerprint()
    return {c: column_record(s, decode, settings(s, options.setup)) for c, s in columns.items()}


def _alone(columns: Mapping[str, MetricSpec], setup: Setup, stop: Callable[[], bool]) -> Alone:
    return Alone(*metric_parts(columns, setup), stop)


def metric_parts(columns: Mapping[str, MetricSpec], setup: Setup) -> tuple[Part, list[Part]]:
    """Metrics of the CPU stage, and each of the batch stage, for images that may kill."""

    def part(columns: Mapping[str, MetricSpec]) -> Part:
        return Part(frozenset(columns), partial(load_operators, dict(columns), setup))

    batched = {c: s for c, s in columns.items() if s.stage is Stage.BATCH}
    first = {c: s for c, s in columns.items() if c not in batched}
    return part(first), [part({c: s}) for c, s in batched.items()]
