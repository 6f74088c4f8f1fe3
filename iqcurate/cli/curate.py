"""`iqcurate curate`."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from iqcurate.cli import options

if TYPE_CHECKING:
    from iqcurate.api.curated import CurateResult
    from iqcurate.manifest.output import Output

EXAMPLES = """Examples:

  iqcurate curate scores/ --cutoffs cutoffs.json --dry-run           what it would do

  iqcurate curate scores/ --cutoffs cutoffs.json -o manifest.csv     the majority of the votes

  iqcurate curate scores/ --cutoffs cutoffs.json --vote any -o manifest.parquet -o kept.txt

  iqcurate curate scores.csv --cutoffs cutoffs.json --min-per-class 50 -o kept/ --link copy

  iqcurate curate scores/ --drop-worst 20% -m lapm,niqe -o manifest.csv     by rank, no cut-offs
"""
_VOTING, _RANKS = "Voting", "By rank"


def curate(
    scores: Annotated[
        Path,
        typer.Argument(
            metavar="SCORES",
            help="A store, or a csv, tsv, jsonl or parquet table with ids or paths and scores.",
        ),
    ] = Path("scores"),
    cutoffs: Annotated[
        Path | None,
        typer.Option(metavar="FILE", help="Cut-offs, from 'iqcurate cutoff'.", show_default=False),
    ] = None,
    output: Annotated[
        list[str] | None,
        typer.Option(
            "-o",
            "--output",
            metavar="PATH",
            help="The manifest: .csv, .jsonl, .parquet or .xlsx; .txt: the paths of what is kept; "
            "FOLDER/: only the images that are kept. Can be given several times.",
            show_default=False,
        ),
    ] = None,
    metrics: Annotated[
        list[str] | None,
        options.score_columns("cut-offs that are usable, set by hand or weak"),
    ] = None,
    directions: options.Directions = None,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Show what it would do, write nothing.")
    ] = False,
    vote: Annotated[
        str,
        typer.Option(
            metavar="POLICY",
            help="What rejects: majority of the votes cast, any, all, or that many low votes.",
            rich_help_panel=_VOTING,
        ),
    ] = "majority",
    undecided: Annotated[
        str,
        typer.Option(
            metavar="keep|reject",
            help="What happens to readable images without any score.",
            rich_help_panel=_VOTING,
        ),
    ] = "keep",
    one_vote_per_family: Annotated[
        bool,
        typer.Option(
            "--one-vote-per-family",
            help="Metrics that rank the images almost alike share one vote.",
            rich_help_panel=_VOTING,
        ),
    ] = False,
    robustness: Annotated[
        Path | None,
        typer.Option(
            metavar="FILE",
            help="Warn of metrics that failed these tests of robustness.",
            show_default=False,
            rich_help_panel=_VOTING,
        ),
    ] = None,
    min_per_class: Annotated[
        int | None,
        typer.Option(
            metavar="N",
            help="Keep at least the N best readable images of each class.",
            show_default=False,
        ),
    ] = None,
    drop_worst: Annotated[
        str | None,
        typer.Option(
            metavar="SHARE",
            help="Drop this share, such as 30%, by the mean of the ranks, instead of votes.",
            show_default=False,
            rich_help_panel=_RANKS,
        ),
    ] = None,
    per_class: Annotated[
        bool,
        typer.Option("--per-class", help="Take that share of each class.", rich_help_panel=_RANKS),
    ] = False,
    link: Annotated[
        str | None,
        typer.Option(
            metavar="KIND",
            help="What a folder holds: symlink, hardlink or copy.",
            show_default="symlink",
            rich_help_panel=options.OUTPUT,
        ),
    ] = None,
    null: Annotated[
        bool,
        typer.Option(
            "--null",
            help="End the names in a list with NUL, for names with line breaks.",
            rich_help_panel=options.OUTPUT,
        ),
    ] = False,
    root: Annotated[
        Path | None,
        typer.Option(
            metavar="DIR",
            help="Folder that ids are paths in, for images that moved (lists and folders).",
            show_default=False,
            rich_help_panel=options.OUTPUT,
        ),
    ] = None,
    force: options.Force = False,
    json_out: options.PrintJson = False,
) -> None:
    """Decide which images to keep, and write it down with the reasons.

    Each metric votes low where the score is worse than its cut-off. What that does to the classes
    and splits is shown before anything is written.
    """
    from iqcurate.api.curate import curate as decide
    from iqcurate.cli.output import pairs, split_names
    from iqcurate.cli.writing import write_manifest

    outputs = [] if dry_run else _outputs(output, link, null, root, force)
    result = decide(
        scores,
        cutoffs,
        vote=vote,
        metrics=split_names(metrics),
        drop_worst=drop_worst,
        per_class=per_class,
        min_per_class=min_per_class,
        undecided=undecided,
        one_vote_per_family=one_vote_per_family,
        robustness=robustness,
        directions=pairs("--direction", directions),
    )
    _show(result, json_out)
    for place in outputs:
        write_manifest(place, result.manifest)


def _outputs(
    paths: list[str] | None, link: str | None, null: bool, root: Path | None, force: bool
) -> list[Output]:
    from iqcurate.errors import UsageError
    from iqcurate.manifest.output import plan_output

    if not paths:
        raise UsageError("name what to write with -o manifest.csv, or look first with --dry-run")
    planned = [
        plan_output(path, link=link or "symlink", null=null, root=root, force=force)
        for path in paths
    ]
    if link and not any(place.folder for place in planned):
        raise UsageError("--link says what a folder holds: name one, as in -o kept/")
    return planned


def _show(result: CurateResult, json_out: bool) -> None:
    from iqcurate.cli.curated import as_json, print_result
    from iqcurate.cli.output import print_json, printable

    if json_out:
        print_json(as_json(result))
    else:
        print_result(result)
    for warning in result.warnings:
        typer.echo(f"warning: {printable(warning)}", err=True)
