"""`iqcurate cutoff`."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, NamedTuple

import typer

from iqcurate.cli import options

if TYPE_CHECKING:
    from collections.abc import Callable

    from rich.table import Table

    from iqcurate.api.cutoff_result import CutoffResult
    from iqcurate.cutoffs import Cutoff

EXAMPLES = """Examples:

  iqcurate cutoff scores/ --predictions predictions.parquet -o cutoffs.json

  iqcurate cutoff scores/ --predictions p.csv --columns label=target,predicted=output

  iqcurate cutoff scores/ --predictions p.csv --plots plots/      see why

  iqcurate cutoff theirs.csv --predictions p.csv --direction sharpness=higher

  iqcurate cutoff scores/ --method quantile:0.2 -o cutoffs.json   without predictions

  iqcurate cutoff scores/ --set lapm=5 --set niqe=8 -o cutoffs.json
"""


def cutoff(
    scores: Annotated[
        Path,
        typer.Argument(
            metavar="SCORES",
            help="Folder of the scores, or a table (CSV, TSV, JSON lines, Parquet) with an id or "
            "path and columns of scores.",
            show_default="scores",
        ),
    ] = Path("scores"),
    predictions: options.Predictions = None,
    output: Annotated[
        Path | None,
        typer.Option("-o", "--output", help="File to write: .json.", show_default="print only"),
    ] = None,
    metrics: Annotated[list[str] | None, options.score_columns("all that have a direction")] = None,
    method: Annotated[
        str | None,
        typer.Option(
            help="kde (where the curves of right and wrong images cross), youden, accuracy:0.97 "
            "(of what is kept), quantile:0.2 (of what is rejected; needs no predictions).",
            show_default="kde",
        ),
    ] = None,
    plain: Annotated[
        bool,
        typer.Option("--plain", help="The rule of Smith et al. 2024 as it stands: raw scores."),
    ] = False,
    by_hand: Annotated[
        list[str] | None,
        typer.Option(
            "--set", metavar="NAME=VALUE", help="A cut-off you choose.", show_default=False
        ),
    ] = None,
    directions: options.Directions = None,
    columns: options.Columns = None,
    count_weighted: Annotated[
        bool,
        typer.Option(
            "--count-weighted", help="Curves weighted by the number of images, not of equal area."
        ),
    ] = False,
    normalise: Annotated[
        bool,
        typer.Option(
            "--normalise",
            help="Show cut-offs (and read --set) on a scale where the smallest score is 0 and the "
            "largest 1; the file stays on the scale of the scores.",
        ),
    ] = False,
    bootstraps: Annotated[int, typer.Option(min=100, help="Draws for the interval.")] = 1000,
    seed: Annotated[int, typer.Option(min=0, help="Of the draws.")] = 0,
    plots: Annotated[
        Path | None,
        typer.Option(metavar="DIR", help="Folder for a plot of each metric.", show_default=False),
    ] = None,
    force: Annotated[bool, typer.Option("--force", help="Overwrite the file.")] = False,
    json_out: Annotated[bool, typer.Option("--json", help="Print as JSON.")] = False,
) -> None:
    """Find where scores separate images that a classifier gets right from those it gets wrong.

    Each metric gets a cut-off with an interval and a verdict: usable, weak, none, refused (too
    few predictions of a kind), or set_by_hand.
    """
    from iqcurate.api.cutoff import find_cutoffs
    from iqcurate.api.files import check_output
    from iqcurate.cli.output import console, pairs, print_json, split_names
    from iqcurate.cutoffs import to_document
    from iqcurate.errors import UsageError

    if plain and method is not None:
        raise UsageError("--plain is a method of its own: leave out --method")
    if output is not None:
        check_output(output, force)
    result = find_cutoffs(
        scores,
        predictions,
        metrics=split_names(metrics),
        directions=pairs("--direction", directions),
        columns=pairs("--columns", columns),
        method="plain" if plain else method,
        by_hand=pairs("--set", by_hand, float),
        count_weighted=count_weighted,
        normalise=normalise,
        bootstraps=bootstraps,
        seed=seed,
    )
    if json_out:
        shown = {n: _on_scale(result.shown(n)) for n in result.metrics} if normalise else None
        print_json(to_document(result.cutoffs) | {"notes": result.notes, "normalised": shown})
    else:
        _print(result)
    messages = console(stderr=True)
    for note in () if json_out else result.notes:
        messages.print(f"note: {note}")
    if plots is not None:
        written = result.save_plots(plots)
        messages.print(f"{len(written)} plots written to {plots}")
    if output is not None:
        result.save(output, force)
        messages.print(f"{len(result.metrics)} cut-offs written to {output}")


def _on_scale(cutoff: Cutoff) -> dict[str, Any]:
    return {"cutoff": cutoff.cutoff, "interval": cutoff.interval, "crossings": cutoff.crossings}


def _print(result: CutoffResult) -> None:
    from iqcurate.cli.output import console

    out = console()
    out.print(_table(result))
    for name in result.metrics:
        shown = result.shown(name)
        out.print(f"{name} ({shown.verdict}): {shown.reason}.")
        if len(shown.crossings) > 1:
            at = ", ".join(f"{c:.4g}" for c in shown.crossings)
            out.print(f"    the curves cross at {at}")
        if shown.evidence.get("partitions"):
            out.print(f"    {_spread(shown)}")


def _spread(cutoff: Cutoff) -> str:
    n, found = cutoff.evidence["partitions"], cutoff.evidence["partitions_with_cutoff"]
    low, high = cutoff.evidence["partitions_low"], cutoff.evidence["partitions_high"]
    lacking = "" if n == found else f" ({found} have one)"
    return (
        f"over {n} partitions of the cross-validation{lacking} it lies from {low:.4g} to {high:.4g}"
    )


def _table(result: CutoffResult) -> Table:
    from iqcurate.cli.output import printable, table

    title = "Cut-offs" + (" (scores from 0, the smallest, to 1)" if result.normalised else "")
    shown = {name: result.shown(name) for name in result.metrics}
    columns = [c for c in _COLUMNS if any(c.cell(cutoff) != _NOTHING for cutoff in shown.values())]
    left = ("metric", "better is", "verdict")
    made = table([*left, *(c.title for c in columns)], title, left=left)
    for name, cutoff in shown.items():
        words = printable(name), str(cutoff.direction), str(cutoff.verdict)
        made.add_row(*words, *(c.cell(cutoff) for c in columns))
    notes = [f"{c.title}: {c.note}" for c in columns if c.note]
    if any(map(_idle, shown.values())):
        notes.append("in brackets: found, but worth nothing")
    made.caption = "; ".join(notes)
    made.caption_justify = "left"
    return made


_NOTHING = "-"


class _Column(NamedTuple):
    """A column of the table; left out where no metric has anything in it."""

    title: str
    cell: Callable[[Cutoff], str]
    note: str = ""


def _where(cutoff: Cutoff) -> str:
    from iqcurate.cli.output import number

    shown = number(cutoff.cutoff, cutoff.digits)
    return f"({shown})" if _idle(cutoff) else shown


def _interval(cutoff: Cutoff) -> str:
    from iqcurate.cli.output import number

    ends = cutoff.interval
    if ends is None:
        return _NOTHING
    return " to ".join(number(end, cutoff.digits) for end in ends)


def _fixed(value: float | None) -> str:
    return _NOTHING if value is None else f"{value:.2f}"


def _percent(name: str, digits: int = 0) -> Callable[[Cutoff], str]:
    def cell(cutoff: Cutoff) -> str:
        value = cutoff.effect.get(name)
        return _NOTHING if value is None else f"{value:.{digits}%}"

    return cell


_COLUMNS = (
    _Column("cut-off", _where),
    _Column("95% interval", _interval),
    _Column(
        "AUC",
        lambda c: _fixed(c.auc and c.auc[1]),
        "how often a wrong image scores worse than a right one",
    ),
    _Column("SRCC", lambda c: _fixed(c.evidence.get("srcc")), "of p_true with the score"),
    _Column("rejected", _percent("rejected", 1)),
    _Column("of right", _percent("rejected_right")),
    _Column("of wrong", _percent("rejected_wrong")),
    _Column("error now", _percent("error_before", 1)),
    _Column("of kept", _percent("error_kept", 1)),
    _Column("in interval", _percent("inside_interval"), "share of images there"),
)


def _idle(cutoff: Cutoff) -> bool:
    from iqcurate.cutoffs import Verdict

    return cutoff.verdict is Verdict.NONE and cutoff.cutoff is not None
