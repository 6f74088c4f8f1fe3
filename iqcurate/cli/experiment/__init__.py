"""`iqcurate experiment`: what quality does to models."""

from __future__ import annotations

from inspect import cleandoc

import typer

from iqcurate.cli.experiment import representation

app = typer.Typer(help="Experiments: what quality does to a model.", no_args_is_help=True)
for name, function, examples in (
    ("representation", representation.representation, representation.EXAMPLES),
):
    app.command(name, help=f"{cleandoc(function.__doc__ or '')}\n\n{examples}")(function)
