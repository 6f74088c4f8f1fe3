"""`iqcurate export`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

EXAMPLES = """Examples:

  iqcurate export scores/ -o scores.csv

  iqcurate export scores/ -o failed.xlsx --where "status != 'ok'"
"""


def export(
    output: Annotated[
        Path,
        typer.Option(
            "-o",
            "--output",
            help="File to write: .csv, .jsonl, .parquet or .xlsx.",
            show_default=False,
        ),
    ],
    store: Annotated[
        Path, typer.Argument(metavar="STORE", help="Folder of the scores.", show_default="scores")
    ] = Path("scores"),
    where: Annotated[
        str | None,
        typer.Option(
            metavar="EXPR", help="Only rows for which this holds (see show).", show_default=False
        ),
    ] = None,
    force: Annotated[bool, typer.Option("--force", help="Overwrite the file.")] = False,
) -> None:
    """Write the scores to one file for other programs.

    In CSV, texts that a spreadsheet would run as a formula get a leading apostrophe.
    """
    from iqcurate.api.tables import export_scores

    rows = export_scores(store, output, where=where, force=force)
    typer.echo(f"{rows} rows written to {output}", err=True)
