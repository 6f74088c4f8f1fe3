"""The commands; each is imported only when it is called."""

from __future__ import annotations

from inspect import cleandoc

import typer

from iqcurate.cli import (
    audit,
    categories,
    compare,
    curate,
    cutoff,
    demo,
    experiment,
    export,
    metrics,
    predict,
    robustness,
    score,
    sensitivity,
    show,
    weights,
)

app = typer.Typer(
    help="How good are the images in a data set, and which to keep.",
    epilog="Begin with: iqcurate score photos/ -o scores/",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
    rich_markup_mode="rich",
)
for function, examples in (
    (score.score, score.EXAMPLES),
    (predict.predict, predict.EXAMPLES),
    (robustness.robustness, robustness.EXAMPLES),
    (sensitivity.sensitivity, sensitivity.EXAMPLES),
    (show.show, show.EXAMPLES),
    (export.export, export.EXAMPLES),
    (curate.curate, curate.EXAMPLES),
    (audit.audit, audit.EXAMPLES),
    (categories.categories, categories.EXAMPLES),
    (compare.compare, compare.EXAMPLES),
    (metrics.metrics, metrics.EXAMPLES),
    (cutoff.cutoff, cutoff.EXAMPLES),
    (demo.demo, demo.EXAMPLES),
):
    app.command(help=f"{cleandoc(function.__doc__ or '')}\n\n{examples}")(function)
app.add_typer(experiment.app, name="experiment")
app.add_typer(weights.app, name="weights")


@app.callback(invoke_without_command=True)
def version(
    version: bool = typer.Option(False, "--version", help="Print the version and exit."),
) -> None:
    """How good are the images in a data set, and which to keep."""
    if version:
        from importlib.metadata import version as installed

        typer.echo(f"iqcurate {installed('iqcurate')}")
        raise typer.Exit
