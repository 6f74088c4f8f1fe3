"""`iqcurate predict`."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from iqcurate.cli import options

if TYPE_CHECKING:
    from iqcurate.analysis.accuracy import Accuracy
    from iqcurate.api.predict import PredictResult

EXAMPLES = """Examples:

  iqcurate predict photos/ --model probe        no model? one is trained here

  iqcurate predict photos/ --model probe --features efficientnet-lite0

  iqcurate predict photos/ --model efficientnet-lite0 -o predictions.csv

  iqcurate predict photos/ --model timm:resnet50 --checkpoint best.pt
--classes classes.txt

  iqcurate predict photos/ --model onnx:net.onnx --input imagenet,size=224
--outputs logits --classes classes.txt

  iqcurate predict photos/ --model python:mine:predict --classes classes.txt
"""
_PROBE = "The probe"
_WORDS = {"added": "with new labels"}


def predict(
    sources: options.Sources,
    model: Annotated[
        str,
        typer.Option(
            show_default=False,
            help="torchvision:NAME, timm:NAME, onnx:FILE, efficientnet-lite0, "
            "python:MODULE:FUNCTION (gets a list of uint8 HxWx3 arrays, returns (n, classes) "
            "probabilities), or probe: a linear classifier on frozen features, trained and "
            "tested here.",
        ),
    ],
    output: Annotated[
        Path,
        typer.Option(
            "-o",
            "--output",
            help="File: .parquet, .csv, .jsonl or .xlsx; its store, from which a run is "
            "continued, lies beside it as NAME.store. Or a folder: the store itself.",
        ),
    ] = Path("predictions.parquet"),
    checkpoint: Annotated[
        Path | None,
        typer.Option(
            metavar="FILE",
            show_default=False,
            rich_help_panel=options.MODEL,
            help="Parameters for torchvision and timm: a state dict, .safetensors or from "
            "torch.save.",
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
            help="What the network takes, by commas: size=224, resize=256 (shorter side before "
            "the crop) or resize=squash, mean=.485:.456:.406, sd=.229:.224:.225, white=1 or 255, "
            "layout=nchw|nhwc, channels=rgb|bgr, interpolation=bilinear|bicubic; the word "
            "imagenet stands for that mean and sd.",
            show_default="what the model says",
        ),
    ] = None,
    outputs: Annotated[
        str | None,
        typer.Option(
            rich_help_panel=options.MODEL,
            help="Of an ONNX file: logits or probabilities.",
            show_default=False,
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
    features: Annotated[
        str | None,
        typer.Option(
            rich_help_panel=_PROBE,
            help="hog, efficientnet-lite0, timm:NAME, torchvision:NAME or onnx:FILE.",
            show_default="hog",
        ),
    ] = None,
    folds: Annotated[
        int | None,
        typer.Option(
            min=2,
            rich_help_panel=_PROBE,
            help="Each image is predicted by a probe trained on the other folds.",
            show_default="5",
        ),
    ] = None,
    partitions: Annotated[
        int | None,
        typer.Option(
            min=1,
            rich_help_panel=_PROBE,
            help="How often the images are parted anew; the second has columns predicted_2 ...",
            show_default="3",
        ),
    ] = None,
    seed: Annotated[
        int | None,
        typer.Option(min=0, rich_help_panel=_PROBE, help="Of the partitions.", show_default="0"),
    ] = None,
    force: Annotated[
        bool,
        typer.Option("--force", help="Overwrite a file that was not made from its store."),
    ] = False,
    workers: options.Workers = None,
    limit: options.Limit = None,
    append: options.Append = None,
    root: options.Root = None,
    path_column: options.PathColumn = None,
    label_from: options.LabelFrom = None,
    split_from: options.SplitFrom = None,
    group_from: options.GroupFrom = None,
    labels: options.Labels = None,
    all_files: options.AllFiles = None,
    retry_failed: options.RetryFailed = False,
    hash_contents: options.HashContents = False,
    yes: options.Yes = False,
    max_pixels: options.MaxPixels = None,
    max_bytes: options.MaxBytes = None,
    timeout: options.Timeout = None,
    max_failures: options.MaxFailures = None,
    json_out: options.JsonOut = False,
    quiet: options.Quiet = False,
) -> None:
    r"""Predict the class of each image, to see which images a model gets wrong.

    One row an image, also for those that cannot be read. Run again, only new, changed and newly
    labelled images are predicted. Most models need: pip install 'iqcurate\[models]'.
    """
    from iqcurate.api.options import make_options
    from iqcurate.api.predict import run
    from iqcurate.cli.notes import exit_code
    from iqcurate.cli.progress import shown_progress
    from iqcurate.cli.stop import stop_signals

    verb = "described" if model == "probe" else "predicted"
    with stop_signals() as stop, shown_progress(quiet, verb) as tell:
        asked = make_options(
            workers=workers, limit=limit, append=append, root=root, path_column=path_column,
            label_from=label_from, split_from=split_from, group_from=group_from, labels=labels,
            all_files=all_files, max_pixels=max_pixels, max_bytes=max_bytes, timeout=timeout,
            retry_failed=retry_failed, hash_contents=hash_contents, yes=yes, progress=tell,
            stop=stop,
        )  # fmt: skip
        of_model: dict[str, Any] = {
            "checkpoint": checkpoint, "pretrained": pretrained, "classes": classes,
            "input": input_spec, "outputs": outputs, "features": features, "folds": folds,
            "partitions": partitions, "seed": seed, "device": device, "batch": batch,
            "force": force,
        }  # fmt: skip
        result = run(sources, output, model, of_model, asked)
    if json_out:
        _print_json(result)
    else:
        _print(result, verb)
    if code := exit_code(result.report, verb, max_failures):
        raise typer.Exit(code)


def _print(result: PredictResult, verb: str) -> None:
    from iqcurate.cli.notes import print_run
    from iqcurate.cli.output import console

    out = console()
    if result.finished:
        summary = result.summary()
        for line in _lines(summary):
            out.print(line)
        if summary.wrong and summary.classes > 1:
            out.print(_worst(summary))
    print_run(result.report, verb, _WORDS)
    if result.finished:
        console(stderr=True).print(f"predictions: {result.path}")


def _lines(summary: Accuracy) -> list[str]:
    lines = [f"{summary.images} images, {summary.predicted} with a prediction"]
    if summary.failures:
        parts = (f"{n} {code or 'unknown'}" for code, n in summary.failures.items())
        lines[0] += f"; without: {', '.join(parts)}"
    if summary.accuracy is None:
        return [*lines, "no labels, so nothing says which predictions are right"]
    top5 = "" if summary.top5 is None else f", {summary.top5:.3f} among the first five"
    right = summary.judged - summary.wrong
    lines.append(
        f"accuracy {summary.accuracy:.3f}{top5}: {right} right, {summary.wrong} wrong, "
        f"{summary.classes} classes"
    )
    if summary.partitions:
        shares = ", ".join(f"{share:.3f}" for share in summary.partitions)
        lines.append(f"accuracy in each partition: {shares}")
    return lines


def _worst(summary: Accuracy) -> Any:
    from iqcurate.cli.output import printable, table

    made = table(["class", "images", "accuracy"], "Classes with the most errors", left=("class",))
    for each in summary.worst:
        made.add_row(printable(each.label), str(each.images), f"{each.accuracy:.3f}")
    return made


def _print_json(result: PredictResult) -> None:
    from dataclasses import asdict

    from iqcurate.cli.output import print_json

    report = result.report
    told: dict[str, Any] = {
        "predictions": str(result.path) if result.finished else None,
        "store": str(result.store),
        "run": dict(report.counts),
        "skipped": dict(report.skips),
        "notes": report.notes,
        "interrupted": report.interrupted,
        "seconds": round(report.seconds, 3),
    }
    print_json(told | (asdict(result.summary()) if result.finished else {}))
