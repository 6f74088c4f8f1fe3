"""`iqcurate compare`."""

from __future__ import annotations

from pathlib import Path  # noqa: TC003 - typer reads the annotations
from typing import TYPE_CHECKING, Annotated

import typer

from iqcurate.cli import options  # noqa: TC001 - typer reads the annotations

if TYPE_CHECKING:
    from iqcurate.api.compared import CompareResult
    from iqcurate.manifest.output import Output

EXAMPLES = """Examples:

  iqcurate compare train/ field/                               is field as good as train?

  iqcurate compare train/ field/ --fail-if "worse > 0"         exits with 4

  iqcurate compare scores/ --where-a "split == 'train'" --where-b "split == 'val'"

  iqcurate compare train/ field/ --match -o like_field.csv     the part of train like field

  iqcurate compare train/ field/ --match --per-class -m lapm -o kept.txt
"""
GATE_FAILED = 4
_MATCHING = "The part of A that is like B"


def compare(
    a: Annotated[
        Path,
        typer.Argument(
            metavar="A",
            help="A store, or a csv, tsv, jsonl or parquet table with ids or paths and scores.",
            show_default=False,
        ),
    ],
    b: Annotated[
        Path | None,
        typer.Argument(metavar="B", help="What to compare it with.", show_default="A"),
    ] = None,
    where_a: Annotated[
        str | None,
        typer.Option(metavar="EXPR", help="Only these rows of A.", show_default=False),
    ] = None,
    where_b: Annotated[
        str | None,
        typer.Option(metavar="EXPR", help="Only these rows of B.", show_default=False),
    ] = None,
    metrics: Annotated[
        list[str] | None,
        typer.Option(
            "-m",
            "--metrics",
            help="Only these scores, by commas.",
            show_default="all that have a direction in both",
        ),
    ] = None,
    directions: options.Directions = None,
    matters: Annotated[
        float,
        typer.Option(
            metavar="DISTANCE",
            help="Smallest distance of two distributions (Kolmogorov-Smirnov) that matters.",
        ),
    ] = 0.1,
    bootstraps: Annotated[
        int, typer.Option(metavar="N", help="Draws behind each interval.")
    ] = 1000,
    seed: Annotated[int, typer.Option(help="The same seed gives the same result.")] = 0,
    fail_if: Annotated[
        list[str] | None,
        typer.Option(
            "--fail-if",
            metavar="EXPR",
            help="Exit with 4 if this holds of the figures that --json shows.",
            show_default=False,
        ),
    ] = None,
    match: Annotated[
        bool,
        typer.Option(
            "--match",
            help="Choose as many images of A as can be whose scores are distributed as in B.",
            rich_help_panel=_MATCHING,
        ),
    ] = False,
    per_class: Annotated[
        bool,
        typer.Option(
            "--per-class", help="Match each class with itself.", rich_help_panel=_MATCHING
        ),
    ] = False,
    eps: Annotated[
        float | None,
        typer.Option(
            metavar="DISTANCE",
            help="How near to B it must come.",
            show_default="as near as random images of B",
            rich_help_panel=_MATCHING,
        ),
    ] = None,
    output: Annotated[
        list[str] | None,
        typer.Option(
            "-o",
            "--output",
            metavar="PATH",
            help="Its manifest: .csv, .jsonl, .parquet or .xlsx; .txt: the paths of what is kept; "
            "FOLDER/: only the images that are kept. Can be given several times.",
            show_default=False,
            rich_help_panel=_MATCHING,
        ),
    ] = None,
    link: Annotated[
        str,
        typer.Option(
            metavar="KIND",
            help="What a folder holds: symlink, hardlink or copy.",
            rich_help_panel=_MATCHING,
        ),
    ] = "symlink",
    root: Annotated[
        Path | None,
        typer.Option(
            metavar="DIR",
            help="Folder that ids are paths in, for images that moved (lists and folders).",
            show_default=False,
            rich_help_panel=_MATCHING,
        ),
    ] = None,
    plots: options.Plots = None,
    markdown: options.Markdown = None,
    force: options.Force = False,
    json_out: options.PrintJson = False,
) -> None:
    """Compare the quality of two data sets, and find the part of one that is like the other.

    For each metric: how far the scores are apart, which set is better, how sure that is in view
    of the number of metrics, and whether it is enough to matter; by class, too.
    """
    from iqcurate.api.compare import compare as look
    from iqcurate.api.files import check_output
    from iqcurate.cli.compared import print_result
    from iqcurate.cli.output import pairs, split_names
    from iqcurate.cli.progress import shown_progress
    from iqcurate.errors import UsageError

    if b is None and where_a == where_b:
        raise UsageError("name what to compare with: A B, or parts of A by --where-a and --where-b")
    to_stdout = markdown is not None and str(markdown) == "-"
    if markdown is not None and not to_stdout:
        check_output(markdown, force)
    outputs = _outputs(output, match, link, root, force)
    with shown_progress() as tell:
        result = look(
            a,
            a if b is None else b,
            metrics=split_names(metrics),
            directions=pairs("--direction", directions),
            where_a=where_a,
            where_b=where_b,
            matters=matters,
            match=match,
            per_class=per_class,
            eps=eps,
            fail_if=fail_if or (),
            bootstraps=bootstraps,
            seed=seed,
            progress=tell,
        )
    print_result(result, json_out, to_stdout)
    _write(result, outputs, plots, None if to_stdout else markdown, force)
    if not result.passed:
        raise typer.Exit(GATE_FAILED)


def _outputs(
    paths: list[str] | None, match: bool, link: str, root: Path | None, force: bool
) -> list[Output]:
    from iqcurate.errors import UsageError
    from iqcurate.manifest.output import plan_output

    if paths and not match:
        raise UsageError("-o writes the part of A that is like B: give --match, too")
    return [plan_output(path, link=link, root=root, force=force) for path in paths or ()]


def _write(
    result: CompareResult,
    outputs: list[Output],
    plots: Path | None,
    markdown: Path | None,
    force: bool,
) -> None:
    from iqcurate.api.audited import save_text
    from iqcurate.cli.writing import write_manifest

    if result.matched is not None:
        for place in outputs:
            write_manifest(place, result.matched.manifest)
    if plots is not None:
        typer.echo(f"{len(result.save_plots(plots))} plots written to {plots}", err=True)
    if markdown is not None:
        save_text(result.markdown, markdown, force)
        typer.echo(f"summary written to {markdown}", err=True)
