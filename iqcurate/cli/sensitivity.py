"""`iqcurate sensitivity`."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from iqcurate.cli import options

if TYPE_CHECKING:
    from rich.table import Table

    from iqcurate.api.robustness_cost import CheckCost
    from iqcurate.api.sensitivity_result import SensitivityResult
    from iqcurate.api.sensitivity_study import Study

EXAMPLES = """Examples:

  iqcurate sensitivity photos/ --model efficientnet-lite0 --levels coarse

  iqcurate sensitivity photos/ --model timm:resnet50 --checkpoint best.pt
--classes classes.txt --dry-run          what it would take

  iqcurate sensitivity photos/ --model a=onnx:a.onnx --model b=onnx:b.onnx
--outputs logits --input imagenet,size=224 --classes classes.txt

  iqcurate sensitivity photos/ --model python:mine:predict --at 224
--distortion blur --levels blur=1,2,4
"""
_DAMAGE = "The damage"


def sensitivity(
    sources: options.Sources,
    models: Annotated[
        list[str],
        typer.Option(
            "--model",
            metavar="[NAME=]MODEL",
            show_default=False,
            help="torchvision:NAME, timm:NAME, onnx:FILE, efficientnet-lite0 (or 1, 2), or "
            "python:MODULE:FUNCTION; again for another.",
        ),
    ],
    output: Annotated[
        Path,
        typer.Option(
            "-o",
            "--output",
            help="Folder for the report, tables and figures, and for all rows, from which a run "
            "is continued.",
        ),
    ] = Path("sensitivity"),
    distortion: Annotated[
        list[str] | None,
        typer.Option(
            rich_help_panel=_DAMAGE,
            help="blur, noise, contrast, jpeg, jpeg2000, resolution, motion, defocus.",
            show_default="the first six",
        ),
    ] = None,
    levels: Annotated[
        list[str] | None,
        typer.Option(
            rich_help_panel=_DAMAGE,
            metavar="LEVELS",
            help="full (those of Dodge and Karam 2016), coarse, or NAME=1,2,4 for one distortion.",
            show_default="full",
        ),
    ] = None,
    at: Annotated[
        str,
        typer.Option(
            rich_help_panel=_DAMAGE,
            help="What is damaged: input (what the largest network sees, at its size), image (the "
            "whole image), or a number of pixels (a square in the centre, made so large).",
        ),
    ] = "input",
    sample: Annotated[int, typer.Option(min=1, help="At most so many images, by chance.")] = 300,
    seed: Annotated[int, typer.Option(min=0, help="Of the sample, the noise, the draws.")] = 0,
    metrics: Annotated[
        list[str] | None,
        typer.Option(
            "-m",
            "--metrics",
            help="Metrics or groups by which each version is scored; none for none.",
            show_default="the classical five",
        ),
    ] = None,
    checkpoint: Annotated[
        list[str] | None,
        typer.Option(
            metavar="FILE",
            show_default=False,
            rich_help_panel=options.MODEL,
            help="As for predict; once for all models, or once for each in their order (- for "
            "none); the same holds for the next three.",
        ),
    ] = None,
    classes: Annotated[
        list[str] | None,
        typer.Option(
            metavar="FILE",
            rich_help_panel=options.MODEL,
            help="What the outputs are: line i names output i; or imagenet.",
            show_default="what the model says",
        ),
    ] = None,
    input_spec: Annotated[
        list[str] | None,
        typer.Option(
            "--input",
            metavar="SPEC",
            rich_help_panel=options.MODEL,
            help="What the network takes, as for predict.",
            show_default="what the model says",
        ),
    ] = None,
    outputs: Annotated[
        list[str] | None,
        typer.Option(
            rich_help_panel=options.MODEL,
            help="Of an ONNX file: logits or probabilities.",
            show_default=False,
        ),
    ] = None,
    pretrained: options.Pretrained = False,
    batch: Annotated[
        int | None,
        typer.Option(
            min=1,
            rich_help_panel=options.MODEL,
            help="Images at a time.",
            show_default="32 on a GPU",
        ),
    ] = None,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Only say what it would take.")
    ] = False,
    workers: options.Workers = None,
    limit: options.Limit = None,
    root: options.Root = None,
    path_column: options.PathColumn = None,
    label_from: options.LabelFrom = None,
    group_from: options.GroupFrom = None,
    labels: options.Labels = None,
    device: options.Device = None,
    precision: options.Precision = None,
    max_side: options.MaxSide = None,
    weights: options.Weights = None,
    weights_dir: options.WeightsDir = None,
    max_pixels: options.MaxPixels = None,
    max_bytes: options.MaxBytes = None,
    timeout: options.Timeout = None,
    json_out: options.JsonOut = False,
    quiet: options.Quiet = False,
) -> None:
    """Measure how your model's accuracy falls when images are damaged.

    Images are blurred, made noisy, pale, compressed and smaller, in memory. Of
    each kind of damage you get a verdict (robust, sensitive from a level on,
    cannot tell), curves of accuracy, and the quality score at which the model
    fails. `cutoff` takes the rows: scores.parquet and predictions-MODEL.parquet.
    """
    from iqcurate.analysis.sensitivity.protocol import make_plan
    from iqcurate.api.options import make_options
    from iqcurate.api.sensitivity_asked import ask_models
    from iqcurate.api.sensitivity_study import Study
    from iqcurate.cli.notes import exit_code, print_run
    from iqcurate.cli.output import console, split_names
    from iqcurate.cli.progress import shown_progress
    from iqcurate.cli.score import files
    from iqcurate.cli.stop import stop_signals

    messages = console(stderr=True)
    with stop_signals() as stop, shown_progress(quiet, "tested") as tell:
        asked = make_options(
            metrics=split_names(metrics), workers=workers, limit=limit, root=root,
            path_column=path_column, label_from=label_from, group_from=group_from, labels=labels,
            device=device, precision=precision, max_side=max_side, weights=files(weights),
            weights_dir=weights_dir, max_pixels=max_pixels, max_bytes=max_bytes, timeout=timeout,
            progress=tell, stop=stop,
        )  # fmt: skip
        per_model = {
            "checkpoint": checkpoint, "classes": classes, "input": input_spec, "outputs": outputs
        }  # fmt: skip
        study = Study(
            sources, output, asked,
            ask_models(models, per_model, asked, pretrained, batch, device or "auto"),
            plan=make_plan(split_names(distortion), levels), at=at, sample=sample, seed=seed,
        )  # fmt: skip
        messages.print(_cost_words(study.cost(), study))
        if dry_run:
            return
        result = study.run()
    if not result.report.interrupted:
        result.save()
        _show(result, json_out)
    print_run(result.report, "tested")
    if code := exit_code(result.report, "tested", None):
        raise typer.Exit(code)
    messages.print(f"report: {output / 'report.md'}; figures: {output / 'overview.png'} ...")


def _cost_words(cost: CheckCost, study: Study) -> str:
    from iqcurate.cli.progress import span

    models = len(study.subjects)
    metrics = cost.metrics - models
    words = (
        f"{cost.images} images x {cost.versions} versions, {models} model{'s' * (models > 1)} and "
        f"{metrics} metric{'s' * (metrics != 1)} on each; damaged: {study.distorted}"
    )
    if cost.seconds is None:
        return words
    return f"{words}. All of it takes about {span(cost.seconds)}; what is done already is kept"


def _show(result: SensitivityResult, as_json: bool) -> None:
    from iqcurate.cli.output import console, print_json

    if as_json:
        print_json(result.document())
        return
    out = console()
    for model in result.models:
        out.print(_table(result, model))
        for line in _verdicts(result, model):
            out.print(line)
        out.print()
        for line in result.sentences(model):
            out.print(line)
        out.print()


def _table(result: SensitivityResult, model: str) -> Table:
    from iqcurate.analysis.sensitivity.curves import FALLS
    from iqcurate.analysis.sensitivity.protocol import DISTORTIONS
    from iqcurate.analysis.sensitivity.words import crossing_words, interval_words
    from iqcurate.cli.output import printable, table

    curves = result.models[model].curves
    clean = next(iter(curves.values())).clean
    heads = [f"{lost:.0%} lost at" for lost in FALLS]
    title = f"accuracy {interval_words(clean)} on {clean.images} images as they are"
    made = table(
        ["distortion", "level is", *heads, "fall at the harshest level"],
        f"{printable(model)}: {title}",
        left=("distortion", "level is"),
    )
    for name, curve in curves.items():
        what, last = DISTORTIONS[name], curve.judged[-1]
        cells = [crossing_words(c, curve) for c in curve.crossings]
        made.add_row(what.title, what.unit, *cells, f"{last.level:g}: {interval_words(last.fall)}")
    made.caption = (
        "level at which a share of the accuracy is lost, with its 95% interval; not reached: less "
        "is lost at every level"
    )
    made.caption_justify = "left"
    return made


def _verdicts(result: SensitivityResult, model: str) -> list[str]:
    from iqcurate.analysis.sensitivity.protocol import DISTORTIONS
    from iqcurate.analysis.sensitivity.words import verdict_words

    curves = result.models[model].curves
    return [f"{DISTORTIONS[name].titled}: {verdict_words(c)}." for name, c in curves.items()]
