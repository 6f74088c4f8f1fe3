"""`iqcurate experiment representation`."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from iqcurate.cli import options

if TYPE_CHECKING:
    from rich.table import Table

    from iqcurate.api.represented import RepresentationResult

EXAMPLES = """Examples:

  iqcurate experiment representation scores/ --model efficientnet-lite0

  iqcurate experiment representation scores/ --model timm:resnet50
--checkpoint best.pt --classes classes.txt -m lapm,niqe

  iqcurate experiment representation scores/ --model onnx:net.onnx#pooled
--input imagenet,size=224

  iqcurate experiment representation scores/ --read probe=predictions.store
--predictions probe=predictions.parquet
"""
_SUBSETS = "The subsets"


def representation(
    scores: Annotated[
        Path,
        typer.Argument(
            metavar="SCORES",
            help="A store, or a csv, tsv, jsonl or parquet table with ids, labels and scores.",
            show_default="scores",
        ),
    ] = Path("scores"),
    models: Annotated[
        list[str] | None,
        typer.Option(
            "--model",
            show_default=False,
            help="torchvision:NAME, timm:NAME, onnx:FILE#OUTPUT, efficientnet-lite0, -lite1, "
            "-lite2 or hog; several by repeating it.",
        ),
    ] = None,
    read: Annotated[
        list[str] | None,
        typer.Option(
            metavar="NAME=FILE",
            show_default=False,
            help="Embeddings that are there: .npz (ids, embeddings), .parquet with lists, or the "
            "store of a probe's predictions.",
        ),
    ] = None,
    output: Annotated[
        Path,
        typer.Option(
            "-o", "--output", metavar="DIR", help="Folder for embeddings, tables and plots."
        ),
    ] = Path("representation"),
    predictions: Annotated[
        list[str] | None,
        typer.Option(
            "-p",
            "--predictions",
            metavar="MODEL=FILE",
            show_default="by the model itself",
            help="Table of predictions, for top-1 and top-5.",
        ),
    ] = None,
    metrics: Annotated[
        list[str] | None,
        typer.Option(
            "-m",
            "--metrics",
            help="Only these scores, by commas.",
            show_default="all that have a direction",
            rich_help_panel=_SUBSETS,
        ),
    ] = None,
    directions: options.Directions = None,
    by: Annotated[
        str,
        typer.Option(
            help="What the categories are: label, group or split.", rich_help_panel=_SUBSETS
        ),
    ] = "label",
    share: Annotated[
        str,
        typer.Option(help="Of the categories, that each subset holds.", rich_help_panel=_SUBSETS),
    ] = "5%",
    least: Annotated[
        int,
        typer.Option(
            min=1, help="Scores that a category needs to be ranked.", rich_help_panel=_SUBSETS
        ),
    ] = 10,
    rarefy: Annotated[
        int | None,
        typer.Option(
            min=2,
            metavar="N",
            help="Compare the ranges of N random images of each category.",
            show_default="half as many as the smallest has, 2 to 50",
            rich_help_panel=_SUBSETS,
        ),
    ] = None,
    images: Annotated[
        int | None,
        typer.Option(
            min=1,
            metavar="N",
            help="Images of each category.",
            show_default="as many as the smallest has, at most 20",
            rich_help_panel=_SUBSETS,
        ),
    ] = None,
    seed: Annotated[
        int, typer.Option(min=0, help="Of the draw of images.", rich_help_panel=_SUBSETS)
    ] = 0,
    unit: Annotated[
        bool,
        typer.Option("--unit", help="Scale embeddings to length 1.", rich_help_panel=options.MODEL),
    ] = False,
    checkpoint: Annotated[
        Path | None,
        typer.Option(
            metavar="FILE",
            show_default=False,
            rich_help_panel=options.MODEL,
            help="Parameters for torchvision and timm: a state dict.",
        ),
    ] = None,
    pretrained: options.Pretrained = False,
    classes: options.Classes = None,
    input_spec: Annotated[
        str | None,
        typer.Option(
            "--input",
            metavar="SPEC",
            rich_help_panel=options.MODEL,
            help="What the network takes; see 'iqcurate predict --help'.",
            show_default="what the model says",
        ),
    ] = None,
    device: Annotated[
        str, typer.Option(rich_help_panel=options.MODEL, help=options.DEVICE_HELP)
    ] = "auto",
    batch: Annotated[
        int | None,
        typer.Option(
            min=1,
            rich_help_panel=options.MODEL,
            help="Images at a time.",
            show_default="32 on a GPU",
        ),
    ] = None,
    root: Annotated[
        str | None,
        typer.Option(
            metavar="DIR",
            help="Folder that ids are paths in, for images that moved.",
            show_default=False,
        ),
    ] = None,
    no_plots: Annotated[bool, typer.Option("--no-plots", help="Write tables only.")] = False,
    workers: options.Workers = None,
    max_pixels: options.MaxPixels = None,
    max_bytes: options.MaxBytes = None,
    timeout: options.Timeout = None,
    json_out: options.JsonOut = False,
    quiet: options.Quiet = False,
) -> None:
    r"""Compare how good, bad, even and uneven categories lie in a network's representation.

    Of the four subsets of 'iqcurate categories' (Lee et al. 2024), equally many images of equally
    many categories go through each model: how far apart are their embeddings, how often are they
    predicted rightly, and which subset comes first over models and metrics? Run again, only what is
    new is computed. Most models need: pip install 'iqcurate\[models]'.
    """
    from iqcurate.api.representation import representation as compare
    from iqcurate.cli.notes import exit_code, print_run
    from iqcurate.cli.output import pairs, print_json, printable, split_names
    from iqcurate.cli.progress import shown_progress
    from iqcurate.cli.stop import stop_signals

    with stop_signals() as stop, shown_progress(quiet, "embedded") as tell:
        result = compare(
            scores, output, models=models or (), read=pairs("--read", read),
            predictions=pairs("--predictions", predictions), images=images, unit=unit, seed=seed,
            by=by, metrics=split_names(metrics), directions=pairs("--direction", directions),
            share=share, least=least, rarefy=rarefy, checkpoint=checkpoint,
            pretrained=pretrained, classes=classes, input=input_spec, device=device, batch=batch,
            root=root, workers=workers, max_pixels=max_pixels, max_bytes=max_bytes,
            timeout=timeout, progress=tell, stop=stop,
        )  # fmt: skip
    for warning in result.warnings:
        typer.echo(f"warning: {printable(warning)}", err=True)
    if not result.report.interrupted:
        if json_out:
            print_json(result.document())
        else:
            _print(result)
        paths = result.save()
        paths += [] if no_plots else result.save_plots()
        typer.echo(f"{len(paths)} files written to {output}", err=True)
    if models:
        print_run(result.report, "embedded")
    if code := exit_code(result.report, "embedded", None):
        raise typer.Exit(code)


def _print(result: RepresentationResult) -> None:
    from iqcurate.cli.output import console

    out = console()
    out.print(_subsets(result))
    if len(result.ranks):
        out.print(_first_places(result))


def _subsets(result: RepresentationResult) -> Table:
    from iqcurate.cli.output import number, printable, records, table

    left = ("model", "metric", "subset")
    columns = ["categories", "images", "total distance", "mean (95% interval)", "to all"]
    shares = [name for name in ("top1", "top5") if name in result.frame]
    made = table([*left, *columns, *shares], "Subsets in the representation", left=left)
    for row in records(result.frame):
        ends = row["distance_low"], row["distance_high"]
        mean = number(row["mean_distance"])
        made.add_row(
            printable(row["model"]),
            printable(row["metric"]),
            row["subset"].replace("_", " "),
            str(row["categories"]),
            str(row["images"]),
            number(row["total_distance"]),
            mean if ends[0] is None else f"{mean} ({number(ends[0])} to {number(ends[1])})",
            number(row["relative"], 3),
            *(_share(row, name) for name in shares),
        )
    made.caption = (
        "distances between all pairs of images; to all: mean distance over that of all images "
        "drawn for the metric"
    )
    made.caption_justify = "left"
    return made


def _share(row: dict[str, float | None], name: str) -> str:
    if row[name] is None:
        return "-"
    return f"{row[name]:.2f} ({row[f'{name}_low']:.2f} to {row[f'{name}_high']:.2f})"


def _first_places(result: RepresentationResult) -> Table:
    from iqcurate.cli.output import records, table

    left = ("measure", "subset")
    columns = ("first", "last", "of", "first by chance", "mean rank")
    made = table([*left, *columns], "Over models and metrics", left=left)
    for row in records(result.first_places):
        made.add_row(
            row["measure"].replace("_", " "),
            row["subset"].replace("_", " "),
            *(str(row[name]) for name in ("first", "last", "times")),
            f"{row['by_chance']:.2f}",
            f"{row['mean_rank']:.2f}",
        )
    return made
