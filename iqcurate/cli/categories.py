"""`iqcurate categories`."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from iqcurate.cli import options

if TYPE_CHECKING:
    from rich.table import Table

    from iqcurate.api.categorised import CategoriesResult

EXAMPLES = """Examples:

  iqcurate categories scores/                                  best, worst, most and least even

  iqcurate categories scores/ -m lapm,niqe --subsets subsets/  the four subsets as manifests

  iqcurate categories scores/ --share 10% --plots plots/ -o categories.csv

  iqcurate categories scores/ --by group --least 30 --markdown -
"""
_MOST, _LISTED = 3, 10


def categories(
    scores: Annotated[
        Path,
        typer.Argument(
            metavar="SCORES",
            help="A store, or a csv, tsv, jsonl or parquet table with ids or paths and scores.",
            show_default="scores",
        ),
    ] = Path("scores"),
    by: Annotated[
        str, typer.Option(help="What the categories are: label, group or split.")
    ] = "label",
    metrics: Annotated[
        list[str] | None,
        typer.Option(
            "-m",
            "--metrics",
            help="Only these scores, by commas.",
            show_default="all that have a direction",
        ),
    ] = None,
    directions: options.Directions = None,
    share: Annotated[str, typer.Option(help="Of the categories, that each subset holds.")] = "5%",
    least: Annotated[
        int, typer.Option(min=1, help="Scores that a category needs to be ranked.")
    ] = 10,
    rarefy: Annotated[
        int | None,
        typer.Option(
            min=2,
            metavar="N",
            help="Compare the ranges of N random images of each category.",
            show_default="half as many as the smallest has, 2 to 50",
        ),
    ] = None,
    output: Annotated[
        Path | None,
        typer.Option(
            "-o",
            "--output",
            metavar="FILE",
            help="All figures by category: .csv, .jsonl, .parquet, .xlsx.",
            show_default=False,
            rich_help_panel=options.OUTPUT,
        ),
    ] = None,
    subsets: Annotated[
        Path | None,
        typer.Option(
            metavar="DIR",
            help="Folder for the manifests of the subsets, METRIC-SUBSET.csv.",
            show_default=False,
            rich_help_panel=options.OUTPUT,
        ),
    ] = None,
    ending: Annotated[
        str,
        typer.Option(
            "--format",
            help="Of these manifests: csv, jsonl, parquet, xlsx, or txt (a list of paths).",
            rich_help_panel=options.OUTPUT,
        ),
    ] = "csv",
    plots: options.Plots = None,
    markdown: options.Markdown = None,
    force: options.Force = False,
    json_out: options.PrintJson = False,
) -> None:
    """Find the categories whose images are best, worst, most and least even.

    By each metric, the categories with the best and worst mean and with the widest and narrowest
    range make four subsets (Lee et al. 2024). Ranges are those that equally many images would
    have; a higher place is always better, whichever way a metric points.
    """
    from iqcurate.api.categories import categories as rank
    from iqcurate.api.files import check_output
    from iqcurate.cli.output import pairs, print_json, split_names

    to_stdout = markdown is not None and str(markdown) == "-"
    for path in (output, None if to_stdout else markdown):
        if path is not None:
            check_output(path, force)
    result = rank(
        scores,
        by=by,
        metrics=split_names(metrics),
        directions=pairs("--direction", directions),
        share=share,
        least=least,
        rarefy=rarefy,
    )
    if json_out:
        print_json(result.document())
    elif to_stdout:
        typer.echo(result.markdown, nl=False)
    else:
        _print(result)
    _warn(result)
    _write(result, output, None if to_stdout else markdown, force)
    if subsets is not None:
        written = result.save_subsets(subsets, ending, force=force)
        typer.echo(f"{len(written)} manifests written to {subsets}", err=True)
    if plots is not None:
        typer.echo(f"{len(result.save_plots(plots))} plots written to {plots}", err=True)


def _warn(result: CategoriesResult) -> None:
    from iqcurate.cli.output import printable

    for warning in result.warnings:
        typer.echo(f"warning: {printable(warning)}", err=True)


def _write(
    result: CategoriesResult, output: Path | None, markdown: Path | None, force: bool
) -> None:
    from iqcurate.api.audited import save_text

    if output is not None:
        rows = result.save(output, force)
        typer.echo(f"{rows} rows written to {output}", err=True)
    if markdown is not None:
        save_text(result.markdown, markdown, force)
        typer.echo(f"report written to {markdown}", err=True)


def _print(result: CategoriesResult) -> None:
    from iqcurate.cli.output import console

    out = console()
    out.print(_overview(result))
    if len(result.subsets):
        out.print(_subsets(result))
        out.print(_ends(result, str(result.metrics["metric"].iloc[-1])))


def _overview(result: CategoriesResult) -> Table:
    from iqcurate.cli.output import number, printable, records, table

    left = ("metric", "better is")
    columns = (
        "ranked",
        "range of",
        "between",
        "reliable",
        "mean x range",
        "n x range",
        "n x rarefied",
    )
    made = table([*left, *columns], f"Categories by {result.by}", left=left)
    for row in records(result.metrics):
        drawn, shares = row["rarefied_to"], (row["between"], row["reliability"])
        figures = ("mean_with_rarefied_range", "n_with_range", "n_with_rarefied_range")
        made.add_row(
            printable(row["metric"]),
            row["direction"],
            f"{row['ranked']} of {row['categories']}",
            "-" if drawn is None else f"{drawn:.0f}",
            *("-" if value is None else f"{value:.1%}" for value in shares),
            *("-" if row[f] is None else number(round(row[f], 2), 2) for f in figures),
        )
    made.caption = (
        "range of: images drawn for the rarefied range; between: share of the variance of the "
        "scores that lies between the categories; reliable: share of the variance of their means "
        "that is not chance; x: rank correlation over the ranked categories (mean: high is good)"
    )
    made.caption_justify = "left"
    return made


def _subsets(result: CategoriesResult) -> Table:
    from iqcurate.analysis.categories.subsets import SUBSETS
    from iqcurate.cli.output import printable, table

    titles = [name.replace("_", " ") for name in SUBSETS]
    title = f"Subsets of {100 * result.share:.3g}% of the ranked categories, the outermost first"
    made = table(["metric", *titles], title, left=("metric", *titles))
    for metric, rows in result.subsets.groupby("metric", sort=False):
        cells = []
        for subset in SUBSETS:
            names = rows.loc[rows["subset"] == subset, "category"].tolist()
            more = f", and {len(names) - _MOST} more" if len(names) > _MOST else ""
            cells.append(", ".join(map(printable, names[:_MOST])) + more)
        made.add_row(printable(str(metric)), *cells)
    return made


def _ends(result: CategoriesResult, metric: str) -> Table:
    from pandas import isna

    from iqcurate.cli.output import number, printable, table
    from iqcurate.report.categories import mean_words

    rows = result.frame[result.frame["metric"] == metric].dropna(subset="mean_place")
    rows = rows.sort_values("mean_place")
    places = rows["mean_place"]
    some = rows[(places <= _LISTED) | (places > len(rows) - _LISTED)]
    title = f"By {metric}, best first"
    if len(some) < len(rows):
        title += f" (the first and last {_LISTED} of {len(rows)}; all: -o FILE or --json)"
    columns = ("images", "mean (95% interval)", "range", "rarefied", "5% to 95%", "place by range")
    made = table(["category", *columns], title, left=("category",))
    for _, row in some.iterrows():
        place = row["range_place"]
        made.add_row(
            printable(row["category"]),
            str(row["n"]),
            mean_words(row),
            *(number(float(row[c])) for c in ("range", "rarefied_range", "spread")),
            "-" if isna(place) else str(place),
        )
    return made
