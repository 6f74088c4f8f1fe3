"""`iqcurate score`."""

from __future__ import annotations

import shlex
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from iqcurate.cli import options

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


def score(
    sources: options.Sources,
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
    workers: options.Workers = None,
    limit: options.Limit = None,
    append: options.Append = None,
    root: options.Root = None,
    path_column: options.PathColumn = None,
    label_from: options.LabelFrom = None,
    split_from: options.SplitFrom = None,
    group_from: options.GroupFrom = None,
    labels: options.Labels = None,
    all_files: options.AllFiles = None,
    retry_failed: options.RetryFailed = False,
    hash_contents: options.HashContents = False,
    rescore: Annotated[
        list[str] | None,
        typer.Option(
            metavar="NAME",
            rich_help_panel=options.RESUME,
            show_default=False,
            help="Forget a column and score it anew.",
        ),
    ] = None,
    as_name: Annotated[
        str | None,
        typer.Option(
            "--as",
            metavar="NAME",
            rich_help_panel=options.RESUME,
            show_default=False,
            help="With one metric: write it to a column of this name.",
        ),
    ] = None,
    prune: Annotated[
        bool,
        typer.Option(
            "--prune", rich_help_panel=options.RESUME, help="Remove the rows of missing images."
        ),
    ] = False,
    yes: options.Yes = False,
    device: options.Device = None,
    precision: options.Precision = None,
    max_side: options.MaxSide = None,
    weights: options.Weights = None,
    weights_dir: options.WeightsDir = None,
    max_pixels: options.MaxPixels = None,
    max_bytes: options.MaxBytes = None,
    timeout: options.Timeout = None,
    max_failures: options.MaxFailures = None,
    json_out: options.JsonOut = False,
    quiet: options.Quiet = False,
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
    with stop_signals() as stop, shown_progress(quiet or single, costs=True) as tell:
        asked = make_options(
            metrics=names, workers=workers, limit=limit, append=append, root=root,
            path_column=path_column, label_from=label_from, split_from=split_from,
            group_from=group_from, labels=labels, all_files=all_files, max_pixels=max_pixels,
            max_bytes=max_bytes, timeout=timeout, retry_failed=retry_failed,
            hash_contents=hash_contents, rescore=split_names(rescore) or (),
            device=device, precision=precision, max_side=max_side, weights=files(weights),
            weights_dir=weights_dir, rename=_renamed(as_name, names), prune=prune, yes=yes,
            progress=tell, stop=stop,
        )  # fmt: skip
        result = run(sources, target, asked)
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


def files(given: list[str] | None) -> dict[str, str]:
    """Files of weights by metric, from METRIC=FILE."""
    from iqcurate.errors import UsageError

    pairs = [text.partition("=") for text in given or ()]
    if wrong := [metric for metric, equals, file in pairs if not (metric and equals and file)]:
        raise UsageError(f"--weights {wrong[0]}: say METRIC=FILE, as in musiq=mine.pth")
    return {metric: file for metric, _, file in pairs}


def _print_result(result: ScoreResult) -> None:
    from iqcurate.api.metrics import list_metrics
    from iqcurate.cli.notes import print_run
    from iqcurate.cli.summary import print_summary

    summary = result.summary()
    specs = {s.name: s for s in list_metrics()}
    print_summary(summary, specs, shlex.quote(str(result.path)))
    print_run(result.report, "scored")


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
        "seconds_an_image": {k: round(v, 4) for k, v in report.seconds_an_image.items()},
    }
    print_json(told | as_json(result.summary()))


def _exit(result: ScoreResult, max_failures: int | None) -> None:
    from iqcurate.cli.notes import exit_code

    if code := exit_code(result.report, "scored", max_failures):
        raise typer.Exit(code)
    if result.path is None and len(result.frame) == 1 and result.report.counts["failed"]:
        raise typer.Exit(1)
