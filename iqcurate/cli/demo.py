"""`iqcurate demo`."""

from __future__ import annotations

from pathlib import Path
from textwrap import fill
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from iqcurate.api.demo import Demo

EXAMPLES = """Examples:

  iqcurate demo                              everything in ./iqcurate-demo

  iqcurate demo --keep-images codes/         the images there, for what you try next

  iqcurate demo --images 100 --seed 1        fewer, and other, images
"""
_WIDTH = 88
_FILES = {
    "scores/": "scores, a store for each set: iqcurate show",
    "predictions.parquet": "what the probe said of D2",
    "cutoffs.json": "cut-offs with intervals, verdicts and reasons",
    "plots/": "why: scores of right and wrong predictions",
    "manifest.csv": "D3: keep or not, each with its reason",
    "kept.jpg, rejected.jpg": "what that looks like",
    "check.parquet": "what the probe said of D3",
}


def demo(
    output: Annotated[
        Path, typer.Option("-o", "--output", metavar="DIR", help="Folder of everything.")
    ] = Path("iqcurate-demo"),
    keep_images: Annotated[
        Path | None,
        typer.Option(
            metavar="DIR", help="Folder of the images.", show_default="images in the other folder"
        ),
    ] = None,
    images: Annotated[
        int,
        typer.Option(
            min=24, help="Images of D2, which the cut-offs come from; D3 has 1.5 times as many."
        ),
    ] = 400,
    seed: Annotated[int, typer.Option(min=0, help="Another one gives other images.")] = 0,
    workers: Annotated[
        int | None, typer.Option(min=1, help="Threads.", show_default="one a core")
    ] = None,
    quiet: Annotated[bool, typer.Option("-q", "--quiet", help="No progress.")] = False,
) -> None:
    """Show the whole way, on images that are made for it: from scores to a manifest.

    Takes some minutes. Each step says what it is for, what you would type, and what came out;
    the cut-offs come out as they come out. Run again, it goes on where it was.
    """
    from iqcurate.api.demo import Demo
    from iqcurate.cli.progress import shown_progress

    work = Demo(output, images=images, seed=seed, keep_images=keep_images, workers=workers)
    for number, step in enumerate(work.steps(), 1):
        typer.echo(f"{number}. {step.title}")
        _print(step.why)
        for command in step.commands:
            typer.echo(f"   $ {command}")
        with shown_progress(quiet, step.verb) as tell:
            lines = step.run(tell)
        for line in lines:
            _print(line, "   > ")
        typer.echo()
    _print_folder(work)


def _print(text: str, mark: str = "   ") -> None:
    """A paragraph, whose further lines stand below the text of the first."""
    typer.echo(fill(text, _WIDTH, initial_indent=mark, subsequent_indent=" " * len(mark)))


def _print_folder(work: Demo) -> None:
    from iqcurate.cli.output import printable

    typer.echo(f"All of it is in {printable(str(work.folder))}:")
    for name, what in _FILES.items():
        typer.echo(f"   {name:<24}{what}")
