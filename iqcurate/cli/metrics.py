"""`iqcurate metrics`."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Annotated, Any

import typer

if TYPE_CHECKING:
    from iqcurate.spec import MetricSpec

_WIDE = 150
EXAMPLES = """Examples:

  iqcurate metrics            all, with direction and what ordinary photos score

  iqcurate metrics niqe       everything about one
"""


def metrics(
    name: Annotated[
        str | None, typer.Argument(help="One metric, or a group.", show_default=False)
    ] = None,
    json_out: Annotated[bool, typer.Option("--json", help="Print as JSON.")] = False,
) -> None:
    """List the metrics: direction, range, what ordinary photos score."""
    from iqcurate.api.metrics import find_metrics, list_broken
    from iqcurate.cli.output import console, print_json

    specs = find_metrics(name)
    if json_out:
        return print_json([_record(s) for s in specs])
    if len(specs) == 1:
        return console().print(_details(specs[0]))
    out = console()
    out.print(_list(specs, out.width))
    for broken, why in list_broken().items():
        console(stderr=True).print(f"not usable: {broken}: {why}")
    return None


def _list(specs: list[MetricSpec], width: int) -> Any:
    """One line a metric; a narrow terminal gets fewer columns."""
    from iqcurate.cli.output import ordinary, table

    wide = width >= _WIDE
    columns = ["metric", "better is", "ordinary photos", "what"]
    if wide:
        columns[3:3] = ["range", "least size", "s/image CPU", "GPU", "groups"]
    made = table(columns, left=("metric", "better is", "what", "groups"))
    for spec in specs:
        better = "neither" if spec.direction == "none" else str(spec.direction)
        size = "x".join(map(str, spec.min_size[::-1]))
        costs = [_seconds(spec.cost.cpu), _seconds(spec.cost.gpu)]
        more = [_range(spec), size, *costs, ", ".join(spec.groups)] if wide else []
        made.add_row(spec.name, better, ordinary(spec), *more, spec.title)
    return made


def _details(spec: MetricSpec) -> Any:
    from iqcurate.cli.output import table

    made = table(["", ""], left=("",))
    for key, value in _record(spec).items():
        if value not in (None, "", [], {}):
            made.add_row(key, ", ".join(map(str, value)) if isinstance(value, list) else str(value))
    made.show_header = False
    return made


def _record(spec: MetricSpec) -> dict[str, Any]:
    from iqcurate.cli.output import ordinary

    return {
        "name": spec.name,
        "what": spec.title,
        "better is": str(spec.direction),
        "range": _range(spec),
        "ordinary photos": ordinary(spec),
        "input": str(spec.input),
        "least width x height": "x".join(map(str, spec.min_size[::-1])),
        "formats": list(spec.formats),
        "large images": spec.size_policy,
        "longer side at most": _side(spec.max_side),
        "runs on": list(spec.devices),
        "precision": list(spec.precisions),
        "seconds an image, CPU": spec.cost.cpu,
        "seconds an image, GPU": spec.cost.gpu,
        "measured on": spec.cost.measured,
        "version": spec.version,
        "weights": [f"{w.name}: {w.file} ({w.licence})" for w in spec.weights],
        "licence": spec.licence,
        "needs": spec.how_to_install,
        "citation": spec.citation,
        "groups": list(spec.groups),
        "responds": [f"{name}: {response}" for name, response in spec.responses],
    }


def _seconds(measured: float | None) -> str:
    return "" if measured is None else f"{measured:.2g}"


def _side(most: float | None) -> int | str:
    if most is None:
        return ""
    return "none" if math.isinf(most) else int(most)


def _range(spec: MetricSpec) -> str:
    low, high = spec.range.low, spec.range.high
    text = f"{low:g} to {high:g}".replace("-inf to inf", "any").replace("to inf", "and more")
    return text if spec.range.hard else f"about {text}"
