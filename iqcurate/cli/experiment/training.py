"""`iqcurate experiment remove-worst` and `high-vs-all`."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from iqcurate.cli import options

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from iqcurate.api.training_images import Rule
    from iqcurate.api.training_result import TrainingResult

REMOVE_EXAMPLES = """Examples:

  iqcurate experiment remove-worst scores/ -o removal/

  iqcurate experiment remove-worst scores/ --features efficientnet-lite0 --seeds 40

  iqcurate experiment remove-worst scores/ --shares 10%,30% -m lapm,niqe --dry-run

  iqcurate experiment remove-worst scores/ --learner finetune --arch resnet34 --device cuda
"""
HIGH_EXAMPLES = """Examples:

  iqcurate experiment high-vs-all scores/ --cutoffs cutoffs.json -o high/

  iqcurate experiment high-vs-all scores/ --drop-worst 50%    by rank, no cut-offs

  iqcurate experiment high-vs-all scores/ --cutoffs cutoffs.json --test-split val
"""
_TEST, _PROBE, _NET = "What is tested", "The probe", "Fine-tuning"

Scores = Annotated[
    Path,
    typer.Argument(
        metavar="SCORES",
        help="A store, or a csv, tsv, jsonl or parquet table with ids or paths and scores.",
    ),
]
Output = Annotated[
    Path,
    typer.Option(
        "-o", "--output", metavar="DIR",
        help="Folder: tables, figure, report, and the runs, from which the same command goes on.",
    ),
]  # fmt: skip
Metrics = Annotated[
    list[str] | None,
    typer.Option(
        "-m", "--metrics", help="Who judges quality, by commas.",
        show_default="all scores with a direction",
    ),
]  # fmt: skip
PerClass = Annotated[bool, typer.Option("--per-class", help="Remove the worst of each class.")]
Learner = Annotated[
    str,
    typer.Option(
        metavar="probe|finetune",
        help="probe: logistic regression on frozen features, minutes on a CPU; finetune: a "
        "network, trained whole.",
    ),
]
Seeds = Annotated[
    int | None,
    typer.Option(
        min=2, help="Draws; each trains every arm.", show_default="20; for finetune 5"
    ),
]  # fmt: skip
Draw = Annotated[float, typer.Option(help="Share of the images to train on that each seed draws.")]
Seed = Annotated[int, typer.Option(min=0, help="Of everything left to chance.")]
Margin = Annotated[
    float, typer.Option(metavar="POINTS", help="A smaller difference does not matter.")
]
Measure = Annotated[
    str,
    typer.Option(
        metavar="NAME", rich_help_panel=_TEST, help="accuracy or balanced_accuracy."
    ),
]  # fmt: skip
Test = Annotated[
    float | None,
    typer.Option(
        rich_help_panel=_TEST, metavar="SHARE", help="Held out to judge.",
        show_default="0.25; for finetune 0.1",
    ),
]  # fmt: skip
Validation = Annotated[
    float | None,
    typer.Option(
        rich_help_panel=_TEST, metavar="SHARE", help="Held out to choose the share to remove.",
        show_default="0.15; for finetune 0.1",
    ),
]  # fmt: skip
TestSplit = Annotated[
    str | None,
    typer.Option(
        rich_help_panel=_TEST, metavar="NAME", show_default=False,
        help="Test on the images of this split instead.",
    ),
]  # fmt: skip
Group = Annotated[
    str,
    typer.Option(
        rich_help_panel=_TEST, metavar="HOW",
        help="What is never parted: group, split or label (that column), none, or regex:PATTERN "
        "(of the id).",
    ),
]  # fmt: skip
Randomise = Annotated[
    bool | None,
    typer.Option(
        "--randomise/--no-randomise", rich_help_panel=_TEST,
        help="Where the test set is large beside the training set: hold the removal against "
        "random ones, too.",
        show_default="for the probe",
    ),
]  # fmt: skip
Features = Annotated[
    str | None,
    typer.Option(
        rich_help_panel=_PROBE, show_default="hog",
        help="hog, efficientnet-lite0, timm:NAME, torchvision:NAME or onnx:FILE.",
    ),
]  # fmt: skip
Checkpoint = Annotated[
    Path | None,
    typer.Option(
        rich_help_panel=_PROBE, metavar="FILE", show_default=False,
        help="Parameters of the network that gives the features.",
    ),
]  # fmt: skip
Arch = Annotated[
    str | None,
    typer.Option(
        rich_help_panel=_NET, show_default="resnet18",
        help="resnet18, resnet34, vgg19, alexnet or timm:NAME.",
    ),
]  # fmt: skip
Weights = Annotated[
    Path | None,
    typer.Option(
        rich_help_panel=_NET, metavar="FILE", show_default="random",
        help="Pretrained parameters: a state dict, .safetensors or from torch.save.",
    ),
]  # fmt: skip
Epochs = Annotated[
    int | None,
    typer.Option(min=1, rich_help_panel=_NET, show_default="40", help="Rounds of training."),
]
Rate = Annotated[
    float | None,
    typer.Option(rich_help_panel=_NET, show_default="0.0001", help="Learning rate of Adam."),
]
Size = Annotated[
    int | None,
    typer.Option(min=1, rich_help_panel=_NET, show_default="224", help="Pixels of the input."),
]
Device = Annotated[str, typer.Option(help=options.DEVICE_HELP)]
Batch = Annotated[
    int | None,
    typer.Option(min=1, show_default="the model's; 32 to train", help="Images at a time."),
]
Root = Annotated[
    str | None,
    typer.Option(
        metavar="DIR", show_default=False,
        help="Folder that ids are paths in, for images that moved.",
    ),
]  # fmt: skip
DryRun = Annotated[bool, typer.Option("--dry-run", help="Only say what it would take.")]


def remove_worst(
    scores: Scores = Path("scores"),
    output: Output = Path("removal"),
    shares: Annotated[
        str, typer.Option(metavar="LIST", help="To remove, by the mean of the ranks.")
    ] = "10%,20%,30%,40%,50%",
    metrics: Metrics = None,
    directions: options.Directions = None,
    per_class: PerClass = False,
    learner: Learner = "probe",
    seeds: Seeds = None,
    draw: Draw = 0.5,
    seed: Seed = 0,
    margin: Margin = 1.0,
    dry_run: DryRun = False,
    measure: Measure = "accuracy",
    test: Test = None,
    validation: Validation = None,
    test_split: TestSplit = None,
    group: Group = "group",
    randomise: Randomise = None,
    features: Features = None,
    checkpoint: Checkpoint = None,
    arch: Arch = None,
    weights: Weights = None,
    epochs: Epochs = None,
    rate: Rate = None,
    size: Size = None,
    device: Device = "auto",
    batch: Batch = None,
    root: Root = None,
    workers: options.Workers = None,
    json_out: options.JsonOut = False,
    quiet: options.Quiet = False,
) -> None:
    """Train without the worst images, and tell whether that helps.

    The worst are removed, or as many at random, or none, or they count less; all are tested on the
    same held-out images. Each question gets a verdict, its interval, and what would be needed.
    """
    from iqcurate.api.share import read_share
    from iqcurate.api.training_experiment import REMOVE_WORST
    from iqcurate.api.training_images import Rule
    from iqcurate.cli.output import split_names

    numbers = sorted({read_share("--shares", s) for s in split_names([shares]) or ()} - {0.0})
    _run(
        REMOVE_WORST, scores, output, Rule(), numbers,
        {
            "metrics": metrics, "directions": directions, "per_class": per_class,
            "learner": learner, "seeds": seeds, "draw": draw, "seed": seed, "margin": margin,
            "measure": measure, "test": test, "validation": validation, "test_split": test_split,
            "group": group, "randomise": randomise, "features": features,
            "checkpoint": checkpoint, "arch": arch, "weights": weights, "epochs": epochs,
            "rate": rate, "size": size, "device": device, "batch": batch, "root": root,
            "workers": workers,
        },
        dry_run, json_out, quiet,
    )  # fmt: skip


def high_vs_all(
    scores: Scores = Path("scores"),
    output: Output = Path("high-vs-all"),
    cutoffs: Annotated[
        Path | None,
        typer.Option(metavar="FILE", help="Cut-offs, from 'iqcurate cutoff'.", show_default=False),
    ] = None,
    vote: Annotated[
        str, typer.Option(metavar="POLICY", help="majority, any, all, or that many low votes.")
    ] = "majority",
    drop_worst: Annotated[
        str | None,
        typer.Option(
            metavar="SHARE", show_default=False,
            help="Instead of cut-offs: this share is of low quality, by the mean of the ranks.",
        ),
    ] = None,
    metrics: Metrics = None,
    directions: options.Directions = None,
    per_class: PerClass = False,
    learner: Learner = "probe",
    seeds: Seeds = None,
    draw: Draw = 0.5,
    seed: Seed = 0,
    margin: Margin = 1.0,
    dry_run: DryRun = False,
    measure: Measure = "accuracy",
    test: Test = None,
    validation: Validation = None,
    test_split: TestSplit = None,
    group: Group = "group",
    randomise: Randomise = None,
    features: Features = None,
    checkpoint: Checkpoint = None,
    arch: Arch = None,
    weights: Weights = None,
    epochs: Epochs = None,
    rate: Rate = None,
    size: Size = None,
    device: Device = "auto",
    batch: Batch = None,
    root: Root = None,
    workers: options.Workers = None,
    json_out: options.JsonOut = False,
    quiet: options.Quiet = False,
) -> None:  # fmt: skip
    """Train on images of high quality and on as many of all qualities, and compare.

    The experiment of Smith et al. 2024 on your data, with the same classes in both sets, tested on
    held-out images of all qualities and of high quality.
    """
    from iqcurate.api.training_experiment import HIGH_VS_ALL
    from iqcurate.api.training_images import Rule

    _run(
        HIGH_VS_ALL, scores, output, Rule(cutoffs, vote, drop_worst), [0.0],
        {
            "metrics": metrics, "directions": directions, "per_class": per_class,
            "learner": learner, "seeds": seeds, "draw": draw, "seed": seed, "margin": margin,
            "measure": measure, "test": test, "validation": validation, "test_split": test_split,
            "group": group, "randomise": randomise, "features": features,
            "checkpoint": checkpoint, "arch": arch, "weights": weights, "epochs": epochs,
            "rate": rate, "size": size, "device": device, "batch": batch, "root": root,
            "workers": workers,
        },
        dry_run, json_out, quiet,
    )  # fmt: skip


def _run(
    command: str,
    scores: Path,
    output: Path,
    rule: Rule,
    shares: Sequence[float],
    given: Mapping[str, Any],
    dry_run: bool,
    json_out: bool,
    quiet: bool,
) -> None:
    from iqcurate.api.training import asked
    from iqcurate.api.training_experiment import Experiment
    from iqcurate.cli.output import console, pairs, print_json, split_names
    from iqcurate.cli.progress import shown_progress
    from iqcurate.cli.stop import INTERRUPTED, stop_signals

    said = {
        **given,
        "metrics": split_names(given["metrics"]),
        "directions": pairs("--direction", given["directions"]) or None,
    }
    messages = console(stderr=True)
    with stop_signals() as stop, shown_progress(quiet, "described") as tell:
        wanted = asked(rule, shares, {**said, "progress": tell, "stop": stop})
        experiment = Experiment(command, scores, output, wanted)
        if dry_run:
            messages.print(experiment.plan())
            for note in experiment.report.notes:
                messages.print(note)
            return
        result = experiment.run()
    for note in result.report.notes:
        messages.print(note)
    _tell_runs(result)
    if not result.finished:
        messages.print("interrupted; finished runs are saved. To go on: the same command again")
        raise typer.Exit(INTERRUPTED)
    files = result.save()
    if json_out:
        print_json(result.document())
    else:
        _print(result)
    messages.print(f"{len(files)} files in {output}: report.md, result.png, tables")


def _tell_runs(result: TrainingResult) -> None:
    from iqcurate.cli.output import console
    from iqcurate.cli.progress import span

    counts = result.report.counts
    kept = f", {counts['kept']} from before" if counts["kept"] else ""
    console(stderr=True).print(
        f"{counts['trained']} models trained{kept}, in {span(result.report.seconds)}"
    )


def _print(result: TrainingResult) -> None:
    from iqcurate.api.training_report import headline
    from iqcurate.cli.output import console, table

    out = console()
    columns = ("trained on", "removed", "images", "accuracy", "balanced", "AUC", "high quality")
    made = table(columns, "Means over the seeds, on test images of all qualities (sd)",
                 left=("trained on",))  # fmt: skip
    for row in result.arms.to_dict("records"):
        names = ("test_accuracy", "test_balanced_accuracy", "test_auc", "high_accuracy")
        cells = [
            f"{100 * row[n]:.1f} ({100 * row[f'{n}_sd']:.1f})" if n in row else "-" for n in names
        ]
        share = f"{row['share']:.0%}" if row["share"] else ""
        made.add_row(row["arm"], share, f"{row['images']:.0f}", *cells)
    out.print(made)
    for answer in result.answers:
        out.print(headline(answer, result.provenance["measure"]), soft_wrap=True)
