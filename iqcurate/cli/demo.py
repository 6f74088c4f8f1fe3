"""`iqcurate demo`."""

from __future__ import annotations

import shlex
from pathlib import Path
from textwrap import fill
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from collections.abc import Sequence

    from iqcurate.api.demo_steps import Demo, Step

EXAMPLES = """Examples:

  iqcurate demo                              everything in ./iqcurate-demo

  iqcurate demo --keep-images codes/         the images there, for what you try next

  iqcurate demo --images 100 --seed 1        fewer, and other, images
"""
_WIDTH = 79
_FILES = {
    "images/": "the photos, and tables of what was done to them",
    "scores/": "scores, a store for each set",
    "robustness.json": "which scores can be trusted, with the figures",
    "predictions.parquet": "what the probe said of D2",
    "cutoffs.json": "cut-offs with intervals, verdicts and reasons",
    "plots/": "why: responses; right and wrong predictions",
    "manifest.csv": "D3: each photo, keep or not, and why",
    "kept.jpg, rejected.jpg": "what that looks like",
    "check.parquet": "what the probe said of D3",
    "*.store/": "what predictions and checks are continued from",
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

    Takes a minute or two. Each step says what it is for, what you would type, and what came out;
    the cut-offs come out as they come out. Run again, it goes on where it was.
    """
    from iqcurate.cli.output import printable
    from iqcurate.cli.stop import INTERRUPTED, Interrupted

    _print(
        f"From images to a list of those to keep, in seven steps, into {printable(str(output))}. "
        "A line with $ is what you would type, one with > what came out.",
        "",
    )
    typer.echo()
    # Takes a second or two, in which something should stand.
    from iqcurate.api.demo_steps import Demo

    work = Demo(output, images=images, seed=seed, keep_images=keep_images, workers=workers)
    try:
        for number, step in enumerate(work.steps(), 1):
            _show(number, step, quiet)
    except Interrupted:
        typer.echo(
            "\ninterrupted; what was finished is saved. To go on: the same command again", err=True
        )
        raise typer.Exit(INTERRUPTED) from None
    _print_folder(work)


def _show(number: int, step: Step, quiet: bool) -> None:
    """Say what a step is for, do it, and say what came out."""
    from iqcurate.cli.progress import shown_progress

    typer.secho(f"{number}. {step.title}", bold=True)
    _print(step.why)
    for words in step.commands:
        typer.echo(f"   $ {_command(words)}")
    with shown_progress(quiet, step.verb) as tell:
        lines = step.run(tell)
    for line in lines:
        _print(line, "   > ")
    typer.echo()


def _print(text: str, mark: str = "   ") -> None:
    """A paragraph, whose further lines stand below the text of the first."""
    from iqcurate.cli.output import printable

    typer.echo(
        fill(
            printable(text),
            _WIDTH,
            initial_indent=mark,
            subsequent_indent=" " * len(mark),
            break_long_words=False,
            break_on_hyphens=False,
        )
    )


def _command(words: Sequence[str]) -> str:
    """As a shell takes it; a long one goes on, after a backslash, with the next option."""
    lines, option = [""], ""
    for word in words:
        shown = f"{option} {shlex.quote(word)}".strip()
        option = shown if word.startswith("-") else ""
        if option:
            continue
        if lines[-1] and len(lines[-1]) + len(shown) > _WIDTH - len("   $  \\"):
            lines.append("   ")
        lines[-1] += f" {shown}" if lines[-1] else shown
    return " \\\n     ".join(lines)


def _print_folder(work: Demo) -> None:
    from iqcurate.cli.output import printable

    typer.echo(f"All of it is in {printable(str(work.folder))}:")
    for name, what in _FILES.items():
        if any(work.folder.glob(name.split(", ")[0].rstrip("/"))):
            typer.echo(f"   {name:<24}{what}")
    worst = ("iqcurate", "show", str(work.folder / "scores" / "D3"), "--worst", "5")
    typer.echo(f"\nLook closer:      $ {_command(worst)}")
    typer.echo("Your own images:  $ iqcurate score photos/ -o scores/")
