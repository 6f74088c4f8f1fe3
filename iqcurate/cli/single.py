"""One image or one metric, line by line."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from iqcurate.cli.output import number, ordinary, printable, table

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from rich.table import Table

    from iqcurate.spec import MetricSpec


def image_table(record: Mapping[str, Any], specs: Sequence[MetricSpec]) -> Table:
    """Scores of one image beside what ordinary photos score, then what else is known of it."""
    by_name = {s.name: s for s in specs}
    reasons = json.loads(record.get("metric_errors") or "{}")
    made = table(["", "value", "better is", "ordinary photos"], left=("", "better is"))
    for name, value in record.items():
        spec = by_name.get(name)
        if spec is None:
            continue
        shown = printable(reasons[name]) if name in reasons else number(value)
        made.add_row(name, shown, str(spec.direction), ordinary(spec))
    for name, value in record.items():
        if name not in by_name and name != "metric_errors" and value is not None:
            made.add_row(name, printable(str(value)), "", "")
    return made
