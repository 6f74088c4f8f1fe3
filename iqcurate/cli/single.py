"""One image or one metric, line by line."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from iqcurate.cli.output import number, ordinary, printable, table
from iqcurate.spec import FIXED_COLUMNS

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from rich.table import Table

    from iqcurate.spec import MetricSpec


def image_scores(record: Mapping[str, Any], specs: Sequence[MetricSpec]) -> Table:
    """Scores of one image beside what ordinary photos score."""
    by_name = {s.name: s for s in specs}
    reasons = json.loads(record.get("metric_errors") or "{}")
    left = ("metric", "better is", "why no value")
    made = table(["metric", "value", "better is", "ordinary photos", "why no value"], left=left)
    for name in _metrics(record):
        spec = by_name.get(name)
        better = str(spec.direction) if spec else ""
        why = printable(reasons.get(name))
        made.add_row(name, number(record[name]), better, ordinary(spec), why)
    return made


def image_facts(record: Mapping[str, Any]) -> Table:
    """What else is known of an image."""
    made = table(["", ""], left=("",))
    made.show_header = False
    for name in FIXED_COLUMNS:
        if record.get(name) is not None and name != "metric_errors":
            made.add_row(name, printable(str(record[name])))
    return made


def _metrics(record: Mapping[str, Any]) -> list[str]:
    return [name for name in record if name not in FIXED_COLUMNS]
