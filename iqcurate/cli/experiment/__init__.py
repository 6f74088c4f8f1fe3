"""`iqcurate experiment`: what quality does to models."""

from __future__ import annotations

from inspect import cleandoc

import typer

from iqcurate.cli.experiment import representation, training

app = typer.Typer(
    help="Experiments on your own data: what quality does to models.", no_args_is_help=True
)
for name, function, examples in (
    ("remove-worst", training.remove_worst, training.REMOVE_EXAMPLES),
    ("high-vs-all", training.high_vs_all, training.HIGH_EXAMPLES),
    ("representation", representation.representation, representation.EXAMPLES),
):
    app.command(name, help=f"{cleandoc(function.__doc__ or '')}\n\n{examples}")(function)
