"""The commands; each is imported only when it is called."""

from __future__ import annotations

import typer

from iqcurate.cli.export import export
from iqcurate.cli.metrics import metrics
from iqcurate.cli.score import score
from iqcurate.cli.show import show

app = typer.Typer(
    help="How good are the images in a data set, and which to keep.",
    epilog="Begin with: iqcurate score photos/ -o scores/",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
    rich_markup_mode="rich",
)
app.command()(score)
app.command()(show)
app.command()(export)
app.command()(metrics)


@app.callback(invoke_without_command=True)
def version(
    version: bool = typer.Option(False, "--version", help="Print the version and exit."),
) -> None:
    """How good are the images in a data set, and which to keep."""
    if version:
        from importlib.metadata import version as installed

        typer.echo(f"iqcurate {installed('iqcurate')}")
        raise typer.Exit
