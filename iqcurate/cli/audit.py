"""`iqcurate audit`."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from iqcurate.cli import options

if TYPE_CHECKING:
    from iqcurate.api.audited import AuditResult

EXAMPLES = """Examples:

  iqcurate audit scores/ -o report.html                           a page to look at, and to send

  iqcurate audit scores/ --cutoffs cutoffs.json -o report.html    begin with these cut-offs

  iqcurate audit scores/ --predictions p.parquet -o report.html   find them first

  iqcurate audit scores/ --manifest manifest.csv -o report.html   beside what was kept

  iqcurate audit train/ --against field/ -o report.html           beside another data set

  iqcurate audit scores/ --fail-if "truncated > 0" --fail-if "niqe_p95 > 12"   exits with 4

  iqcurate audit scores/ --markdown - >> "$GITHUB_STEP_SUMMARY"   in short, for a build
"""
GATE_FAILED = 4
_FLAGS = "Images unlike the rest"


def audit(
    scores: Annotated[
        Path,
        typer.Argument(
            metavar="SCORES",
            help="A store, or a csv, tsv, jsonl or parquet table with ids or paths and scores.",
            show_default="scores",
        ),
    ] = Path("scores"),
    output: Annotated[
        Path | None,
        typer.Option("-o", "--output", metavar="FILE", help="The page: .html.", show_default=False),
    ] = None,
    predictions: options.Predictions = None,
    cutoffs: Annotated[
        Path | None,
        typer.Option(
            metavar="FILE",
            help="Cut-offs, from 'iqcurate cutoff'.",
            show_default=False,
            rich_help_panel=options.BESIDE,
        ),
    ] = None,
    manifest: Annotated[
        Path | None,
        typer.Option(
            metavar="FILE",
            help="What was kept, from 'iqcurate curate'.",
            show_default=False,
            rich_help_panel=options.BESIDE,
        ),
    ] = None,
    robustness: Annotated[
        Path | None,
        typer.Option(
            metavar="FILE",
            help="Which metrics fail tests of robustness.",
            show_default=False,
            rich_help_panel=options.BESIDE,
        ),
    ] = None,
    against: Annotated[
        Path | None,
        typer.Option(
            metavar="SCORES",
            help="Scores of another data set, to show how the two differ.",
            show_default=False,
            rich_help_panel=options.BESIDE,
        ),
    ] = None,
    columns: options.Columns = None,
    metrics: Annotated[list[str] | None, options.score_columns("all that have a direction")] = None,
    directions: options.Directions = None,
    vote: Annotated[
        str,
        typer.Option(
            metavar="POLICY",
            help="What rejects when the page opens: majority, any, all, or that many low votes.",
        ),
    ] = "majority",
    fail_if: Annotated[
        list[str] | None,
        typer.Option(
            "--fail-if",
            metavar="EXPR",
            help="Exit with 4 if this holds of the figures that --json shows.",
            show_default=False,
        ),
    ] = None,
    limits: Annotated[
        list[str] | None,
        typer.Option(
            metavar="NAME=LOW..HIGH",
            help="Flag images beyond limits of your own, as dark=32.. or odd_size=40000..4000000.",
            show_default="from the data",
            rich_help_panel=_FLAGS,
        ),
    ] = None,
    near_bits: Annotated[
        int | None,
        typer.Option(
            min=0,
            max=31,
            help="In how many of 64 bits the hashes of near duplicates may differ.",
            show_default="from the data",
            rich_help_panel=_FLAGS,
        ),
    ] = None,
    title: Annotated[
        str | None,
        typer.Option(help="Name of the data set.", show_default="folder of the images"),
    ] = None,
    root: Annotated[
        Path | None,
        typer.Option(
            metavar="DIR",
            help="Folder that ids are paths in, for images that moved.",
            show_default=False,
        ),
    ] = None,
    no_pictures: Annotated[
        bool, typer.Option("--no-pictures", help="Open no originals, show none of them.")
    ] = False,
    markdown: options.Markdown = None,
    force: options.Force = False,
    json_out: options.PrintJson = False,
) -> None:
    """Show a data set's quality on one page, with sliders for the cut-offs.

    The page is one file that needs no network and no other file. With
    predictions it also shows the error of what is kept, and finds cut-offs
    where none are given. Without -o, only what stands out is printed.
    """
    from iqcurate.api.audit import audit as look
    from iqcurate.api.files import check_output
    from iqcurate.cli.output import pairs, split_names

    to_stdout = markdown is not None and str(markdown) == "-"
    for path in (output, None if to_stdout else markdown):
        if path is not None:
            check_output(path, force)
    result = look(
        scores,
        predictions,
        cutoffs=cutoffs,
        manifest=manifest,
        robustness=robustness,
        against=against,
        metrics=split_names(metrics),
        directions=pairs("--direction", directions),
        columns=pairs("--columns", columns),
        vote=vote,
        fail_if=fail_if or (),
        limits=pairs("--limits", limits),
        near_bits=near_bits,
        title=title,
        root=root,
        pictures=output is not None and not no_pictures,
    )
    _write(result, output, None if to_stdout else markdown, force)
    _show(result, json_out, to_stdout)
    if not result.passed:
        raise typer.Exit(GATE_FAILED)


def _write(result: AuditResult, output: Path | None, markdown: Path | None, force: bool) -> None:
    from iqcurate.api.audited import save_text

    if output is not None:
        result.save(output, force)
        typer.echo(f"page written to {output}", err=True)
    if markdown is not None:
        save_text(result.markdown, markdown, force)
        typer.echo(f"summary written to {markdown}", err=True)


def _show(result: AuditResult, json_out: bool, to_stdout: bool) -> None:
    from dataclasses import asdict

    from iqcurate.cli.output import print_json, printable

    if json_out:
        names = ("findings", "gates")
        lists = {name: [asdict(item) for item in getattr(result, name)] for name in names}
        print_json({"figures": result.figures, **lists, "warnings": result.warnings})
    elif to_stdout:
        typer.echo(result.markdown, nl=False)
    else:
        for finding in result.findings:
            word = "check" if finding.weight == "look" else str(finding.weight)
            typer.echo(f"{word:>5}  {printable(finding.text)}")
    for warning in result.warnings:
        typer.echo(f"warning: {printable(warning)}", err=True)
    for gate in result.gates:
        word = "failed" if gate.failed else "passed"
        typer.echo(f"gate {word}: {printable(gate.expression)} ({gate.why})", err=True)
