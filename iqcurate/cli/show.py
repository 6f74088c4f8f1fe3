"""`iqcurate show`."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from iqcurate.cli import options

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    import pandas as pd

EXAMPLES = """Examples:

  iqcurate show scores/                                 summary

  iqcurate show scores/ --worst 20 -m niqe              the 20 worst by one metric

  iqcurate show scores/ --where "status != 'ok'"        all that could not be scored

  iqcurate show scores/ --where "lapm < 5 and label == 'cat'"

  iqcurate show scores/ --id photos/a.jpg               everything known of one image

  iqcurate show scores/ --history                       what was done, when
"""


def show(
    store: Annotated[
        Path, typer.Argument(metavar="STORE", help="Folder of the scores.", show_default="scores")
    ] = Path("scores"),
    worst: Annotated[
        int | None, typer.Option(min=1, help="The N worst images.", show_default=False)
    ] = None,
    metrics: Annotated[
        list[str] | None,
        options.score_columns("those with a better and a worse, and those in --where"),
    ] = None,
    where: Annotated[
        str | None,
        typer.Option(
            metavar="EXPR",
            help="Rows for which this holds: comparisons of columns, and, or, not; names such as "
            "pyiqa:x in backticks.",
            show_default=False,
        ),
    ] = None,
    image_id: Annotated[
        str | None, typer.Option("--id", help="One image.", show_default=False)
    ] = None,
    history: Annotated[bool, typer.Option("--history", help="What was done, when.")] = False,
    limit: Annotated[int, typer.Option(min=1, help="Most rows to print.")] = 50,
    json_out: Annotated[bool, typer.Option("--json", help="Print as JSON, without limit.")] = False,
) -> None:
    """Show what is in a store: a summary, or the rows asked for."""
    from iqcurate.api.tables import load_scores
    from iqcurate.cli.output import split_names

    if history:
        return _history(store, json_out)
    frame = load_scores(store)
    if image_id is not None:
        return _image(frame, image_id, json_out)
    chosen = split_names(metrics)
    if where is not None:
        from iqcurate.analysis.where import select

        frame = select(frame, where)
    if worst is not None:
        from iqcurate.api.tables import worst_of

        frame = worst_of(store, frame, worst, chosen)
    elif where is None:
        return _summary(store, frame, chosen, json_out)
    most = limit if worst is None else max(limit, worst)
    return _rows(store, frame, chosen, where, most, json_out)


def _summary(store: Path, frame: pd.DataFrame, chosen: list[str] | None, json_out: bool) -> None:
    import shlex

    from iqcurate.api.metrics import list_metrics
    from iqcurate.api.tables import summarise_store
    from iqcurate.cli.output import print_json
    from iqcurate.cli.summary import as_json, print_summary

    summary = summarise_store(store, frame, chosen)
    if json_out:
        print_json({"store": str(store)} | as_json(summary))
    else:
        print_summary(summary, {s.name: s for s in list_metrics()}, shlex.quote(str(store)))


def _rows(
    store: Path,
    frame: pd.DataFrame,
    chosen: list[str] | None,
    where: str | None,
    limit: int,
    json_out: bool,
) -> None:
    from iqcurate.api.tables import judged_columns, metric_columns
    from iqcurate.cli.image_rows import print_images
    from iqcurate.cli.output import console, number, print_json, printable, records

    if json_out:
        return print_json(records(frame))
    shown = records(frame.head(limit))
    names = metric_columns(store, chosen) if chosen else judged_columns(store, where)
    out = console()
    print_images(
        out,
        [record["id"] for record in shown],
        {name: [number(record[name]) for record in shown] for name in names},
        {
            "label": [printable(record["label"]) for record in shown],
            "status": [record["status"] if _failed(shown) else "" for record in shown],
            "why": [_why(record, names) for record in shown],
        },
    )
    if len(frame) > limit:
        out.print(f"{limit} of {len(frame)} rows; --limit {len(frame)} shows all")
    return None


def _failed(shown: Sequence[Mapping[str, Any]]) -> bool:
    return any(record["status"] != "ok" for record in shown)


def _why(record: Mapping[str, Any], names: Sequence[str]) -> str:
    """Why an image, or one of these metrics, has no score."""
    import json

    from iqcurate.cli.output import printable
    from iqcurate.spec import OTHER_FORMAT

    if record["error"]:
        return printable(record["error"])
    reasons = json.loads(record["metric_errors"] or "{}")
    told = [f"{n}: {w}" for n, w in reasons.items() if n in names and OTHER_FORMAT not in w]
    return printable("; ".join(told))


def _image(frame: pd.DataFrame, image_id: str, json_out: bool) -> None:
    from iqcurate.api.metrics import list_metrics
    from iqcurate.cli.output import console, print_json, records
    from iqcurate.cli.single import image_facts, image_scores
    from iqcurate.errors import UsageError

    found = records(frame.loc[frame["id"] == image_id])
    if not found:
        near = frame.loc[frame["id"].str.contains(image_id, regex=False), "id"].head(3)
        hint = f"; there are {', '.join(map(repr, near))}" if len(near) else ""
        raise UsageError(f"no image has the id {image_id!r}{hint}")
    if json_out:
        print_json(found[0])
    else:
        console().print(image_scores(found[0], list_metrics()), image_facts(found[0]))


def _history(store: Path, json_out: bool) -> None:
    from iqcurate.api.tables import history_of
    from iqcurate.cli.output import console, print_json, table

    entries = history_of(store)
    if json_out:
        return print_json(entries)
    made = table(["version", "time", "operation", "what"], left=("time", "operation", "what"))
    for entry in entries:
        note = ", ".join(f"{k}: {v}" for k, v in entry["note"].items())
        made.add_row(str(entry["version"]), str(entry["time"])[:19], entry["operation"], note)
    return console().print(made)
