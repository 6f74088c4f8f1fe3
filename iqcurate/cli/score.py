"""`iqcurate score`."""

from __future__ import annotations

import shlex
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

if TYPE_CHECKING:
    from iqcurate.api.score import ScoreResult

EXAMPLES = """Examples:

  iqcurate score photos/ -o scores/                  a folder

  iqcurate score photos/ -o scores/                  again: only new or changed

  iqcurate score photos/ -o scores/ -m niqe,header   added metrics

  iqcurate score list.csv -o scores/ --root /data    paths from a table

  iqcurate score val/ -o scores/ --append val        a second folder

  find . -name '*.jpg' -print0 | iqcurate score - -o scores/

  iqcurate score photo.jpg                           one image, printed
"""
_REASONS = {
    "new": "new",
    "changed": "changed",
    "added": "with added metrics",
    "retried": "tried again",
    "compared": "compared",
    "updated": "with new labels or status",
    "unchanged": "unchanged",
}
_SELECT, _RESUME, _LIMITS = "What is listed", "Running again", "Limits"


def score(
    sources: Annotated[
        list[str],
        typer.Argument(
            metavar="SOURCE...",
            help="A folder, images, a list of paths (txt, csv, tsv, jsonl, parquet), or - for "
            "names on standard input.",
            show_default=False,
        ),
    ],
    output: Annotated[
        Path | None,
        typer.Option("-o", "--output", help="Folder of the store.", show_default="./scores"),
    ] = None,
    metrics: Annotated[
        list[str] | None,
        typer.Option(
            "-m",
            "--metrics",
            help="Names or groups, by commas; see 'iqcurate metrics'.",
            show_default="those of the store, or lapv,lapm,wavs,brisque,niqe",
        ),
    ] = None,
    workers: Annotated[
        int | None, typer.Option(min=1, help="Threads.", show_default="one a core")
    ] = None,
    limit: Annotated[
        int | None, typer.Option(min=1, help="Only the first N images.", show_default=False)
    ] = None,
    append: Annotated[
        str | None,
        typer.Option(
            metavar="NAME",
            help="Add another source to the store; its ids begin with NAME/.",
            show_default=False,
        ),
    ] = None,
    root: Annotated[
        str | None,
        typer.Option(
            metavar="DIR",
            show_default=False,
            rich_help_panel=_SELECT,
            help="Folder that relative paths are taken from; also says where a source that "
            "moved is now.",
        ),
    ] = None,
    path_column: Annotated[
        str | None,
        typer.Option(
            metavar="NAME",
            help="Column of a list that holds the paths.",
            show_default=False,
            rich_help_panel=_SELECT,
        ),
    ] = None,
    label_from: Annotated[
        str | None,
        typer.Option(
            metavar="HOW",
            rich_help_panel=_SELECT,
            help="folder, folder:N (N-th from the root), column:NAME, regex:PATTERN (of the id) "
            "or none.",
            show_default="folder; the column 'label' of a list",
        ),
    ] = None,
    split_from: Annotated[
        str | None,
        typer.Option(
            metavar="HOW",
            help="The same, for train/val/test.",
            rich_help_panel=_SELECT,
            show_default="none; the column 'split' of a list",
        ),
    ] = None,
    group_from: Annotated[
        str | None,
        typer.Option(
            metavar="HOW",
            rich_help_panel=_SELECT,
            help="The same, for what belongs together (a patient, a product, a sequence).",
            show_default="none; the column 'group' of a list",
        ),
    ] = None,
    labels: Annotated[
        str | None,
        typer.Option(
            metavar="FILE",
            rich_help_panel=_SELECT,
            show_default=False,
            help="Table with columns label, split, group, joined by id or path; 'none' ends it.",
        ),
    ] = None,
    all_files: Annotated[
        bool | None,
        typer.Option(
            "--all-files/--images-only",
            help="Rows also for files that are no images.",
            rich_help_panel=_SELECT,
            show_default="images only",
        ),
    ] = None,
    retry_failed: Annotated[
        bool,
        typer.Option(
            "--retry-failed",
            rich_help_panel=_RESUME,
            help="Try again what failed for a reason that may have passed.",
        ),
    ] = False,
    hash_contents: Annotated[
        bool,
        typer.Option(
            "--hash", rich_help_panel=_RESUME, help="Compare contents, not only size and time."
        ),
    ] = False,
    rescore: Annotated[
        list[str] | None,
        typer.Option(
            metavar="NAME",
            rich_help_panel=_RESUME,
            show_default=False,
            help="Forget a column and score it anew.",
        ),
    ] = None,
    as_name: Annotated[
        str | None,
        typer.Option(
            "--as",
            metavar="NAME",
            rich_help_panel=_RESUME,
            show_default=False,
            help="With one metric: write it to a column of this name.",
        ),
    ] = None,
    prune: Annotated[
        bool,
        typer.Option("--prune", rich_help_panel=_RESUME, help="Remove the rows of missing images."),
    ] = False,
    yes: Annotated[
        bool,
        typer.Option(
            "--yes",
            rich_help_panel=_RESUME,
            help="Mark images missing even if more than half; believe that a source moved.",
        ),
    ] = False,
    max_pixels: Annotated[
        int | None,
        typer.Option(
            min=1,
            rich_help_panel=_LIMITS,
            show_default="200000000",
            help="Images with more pixels are not decoded.",
        ),
    ] = None,
    max_bytes: Annotated[
        int | None,
        typer.Option(
            min=1,
            rich_help_panel=_LIMITS,
            show_default="1073741824",
            help="Files with more bytes are not decoded.",
        ),
    ] = None,
    timeout: Annotated[
        float | None,
        typer.Option(
            min=1,
            metavar="SECONDS",
            rich_help_panel=_LIMITS,
            show_default="60",
            help="An image that cannot be read within this time is given up.",
        ),
    ] = None,
    max_failures: Annotated[
        int | None,
        typer.Option(
            min=0,
            rich_help_panel=_LIMITS,
            show_default="no limit",
            help="Exit with 3 if more images of this run failed.",
        ),
    ] = None,
    json_out: Annotated[bool, typer.Option("--json", help="Print the summary as JSON.")] = False,
    quiet: Annotated[bool, typer.Option("-q", "--quiet", help="No progress.")] = False,
) -> None:
    """Score images: one row an image, in a store that can be continued.

    A store is a Delta Lake table: a folder of Parquet files that pandas, Polars and DuckDB
    open. Images that are in it and did not change are not scored again.
    """
    from iqcurate.api.options import make_options
    from iqcurate.api.score import run
    from iqcurate.cli.output import split_names
    from iqcurate.cli.progress import shown_progress
    from iqcurate.cli.stop import stop_signals

    single = output is None and _is_single_image(sources)
    target = None if single else output or Path("scores")
    names = split_names(metrics)
    with stop_signals() as stop, shown_progress(quiet or single) as tell:
        options = make_options(
            metrics=names, workers=workers, limit=limit, append=append, root=root,
            path_column=path_column, label_from=label_from, split_from=split_from,
            group_from=group_from, labels=labels, all_files=all_files, max_pixels=max_pixels,
            max_bytes=max_bytes, timeout=timeout, retry_failed=retry_failed,
            hash_contents=hash_contents, rescore=split_names(rescore) or (),
            rename=_renamed(as_name, names), prune=prune, yes=yes, progress=tell, stop=stop,
        )  # fmt: skip
        result = run(sources, target, options)
    if json_out:
        _print_json(result)
    elif single:
        _print_image(result)
    else:
        _print_result(result)
    _exit(result, max_failures)


def _is_single_image(sources: list[str]) -> bool:
    from iqcurate.api.score import is_single_image

    return len(sources) == 1 and is_single_image(sources[0])


def _renamed(as_name: str | None, metrics: list[str] | None) -> dict[str, str]:
    from iqcurate.errors import UsageError

    if as_name is None:
        return {}
    if metrics is None or len(metrics) != 1:
        raise UsageError("--as names the column of one metric: give just that one with -m")
    return {metrics[0]: as_name}


def _print_result(result: ScoreResult) -> None:
    from iqcurate.api.metrics import list_metrics
    from iqcurate.cli.output import console
    from iqcurate.cli.summary import print_summary

    summary = result.summary()
    specs = {s.name: s for s in list_metrics()}
    print_summary(summary, specs, shlex.quote(str(result.path)))
    say = console(stderr=True)
    for line in _notes(result):
        say.print(line)


def _notes(result: ScoreResult) -> list[str]:
    from iqcurate.cli.output import printable
    from iqcurate.cli.progress import span

    report, counts = result.report, result.report.counts
    reasons = {k: counts[k] for k in _REASONS}
    failed = f", {counts['failed']} failed" if counts["failed"] else ""
    parts = [f"{n} {_REASONS[k]}" for k, n in reasons.items() if n]
    why = "interrupted" if report.interrupted else ", ".join(parts) or "nothing to do"
    lines = [f"{counts['scored']} images scored{failed}, in {span(report.seconds)} ({why})"]
    for reason, n in report.skips.items():
        lines.append(f"skipped {n}: {reason} (such as {printable(report.skip_examples[reason])})")
    for key, words in (
        ("missing", "no longer in the source: marked missing"),
        ("pruned", "missing images: rows removed"),
    ):
        if counts[key]:
            lines.append(f"{counts[key]} {words}")
    if report.listing_errors:
        lines.append("the listing is incomplete, so nothing was marked missing")
    return lines + report.notes


def _print_image(result: ScoreResult) -> None:
    from iqcurate.api.metrics import list_metrics
    from iqcurate.cli.output import console, records
    from iqcurate.cli.single import image_facts, image_scores

    record = records(result.frame.head(1))[0]
    console().print(image_scores(record, list_metrics()), image_facts(record))


def _print_json(result: ScoreResult) -> None:
    from iqcurate.cli.output import print_json
    from iqcurate.cli.summary import as_json

    report = result.report
    told: dict[str, Any] = {
        "store": str(result.path) if result.path else None,
        "run": dict(report.counts),
        "skipped": dict(report.skips),
        "notes": report.notes,
        "interrupted": report.interrupted,
        "seconds": round(report.seconds, 3),
    }
    print_json(told | as_json(result.summary()))


def _exit(result: ScoreResult, max_failures: int | None) -> None:
    if result.report.interrupted:
        sys.stderr.write(
            "interrupted; what was scored is saved. To go on: the same command again\n"
        )
        raise typer.Exit(130)
    failed = result.report.counts["failed"]
    if max_failures is not None and failed > max_failures:
        sys.stderr.write(f"iqcurate: {failed} images failed, --max-failures is {max_failures}\n")
        raise typer.Exit(3)
    if result.path is None and len(result.frame) == 1 and failed:
        raise typer.Exit(1)
