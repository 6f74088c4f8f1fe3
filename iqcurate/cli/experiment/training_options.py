"""Options that both experiments with training sets have, listed once."""

from __future__ import annotations

import functools
from inspect import Signature, signature
from pathlib import Path  # noqa: TC003 - typer evaluates annotations
from typing import TYPE_CHECKING, Annotated, Any

import typer

from iqcurate.cli import options

if TYPE_CHECKING:
    from collections.abc import Callable

_TEST, _PROBE, _NET = "What is tested", "The probe", "Fine-tuning"


def _shared(
    metrics: Annotated[
        list[str] | None,
        typer.Option(
            "-m", "--metrics", help="Who judges quality, by commas.",
            show_default="all scores with a direction",
        ),
    ] = None,
    directions: options.Directions = None,
    per_class: Annotated[
        bool, typer.Option("--per-class", help="Remove the worst of each class.")
    ] = False,
    learner: Annotated[
        str,
        typer.Option(
            metavar="probe|finetune",
            help="probe: logistic regression on frozen features, minutes on a CPU; finetune: a "
            "network, trained whole.",
        ),
    ] = "probe",
    seeds: Annotated[
        int | None,
        typer.Option(
            min=2, help="Draws; each trains every arm.", show_default="20; for finetune 5"
        ),
    ] = None,
    draw: Annotated[
        float, typer.Option(help="Share of the images to train on that each seed draws.")
    ] = 0.5,
    seed: Annotated[int, typer.Option(min=0, help="Of everything left to chance.")] = 0,
    margin: Annotated[
        float, typer.Option(metavar="POINTS", help="A smaller difference does not matter.")
    ] = 1.0,
    measure: Annotated[
        str,
        typer.Option(
            rich_help_panel=_TEST, metavar="NAME", help="accuracy or balanced_accuracy."
        ),
    ] = "accuracy",
    test: Annotated[
        float | None,
        typer.Option(
            rich_help_panel=_TEST, metavar="SHARE", help="Held out to judge.",
            show_default="0.25; for finetune 0.1",
        ),
    ] = None,
    validation: Annotated[
        float | None,
        typer.Option(
            rich_help_panel=_TEST, metavar="SHARE", help="Held out to choose the share to remove.",
            show_default="0.15; for finetune 0.1",
        ),
    ] = None,
    test_split: Annotated[
        str | None,
        typer.Option(
            rich_help_panel=_TEST, metavar="NAME", show_default=False,
            help="Test on the images of this split instead.",
        ),
    ] = None,
    group: Annotated[
        str,
        typer.Option(
            rich_help_panel=_TEST, metavar="HOW",
            help="What is never parted: group, split or label (that column), none, or "
            "regex:PATTERN (of the id).",
        ),
    ] = "group",
    randomise: Annotated[
        bool | None,
        typer.Option(
            "--randomise/--no-randomise", rich_help_panel=_TEST,
            help="Where the test set is large beside the training set: hold the removal against "
            "random ones, too.",
            show_default="for the probe",
        ),
    ] = None,
    features: Annotated[
        str | None,
        typer.Option(
            rich_help_panel=_PROBE, show_default="hog",
            help="hog, efficientnet-lite0, timm:NAME, torchvision:NAME or onnx:FILE.",
        ),
    ] = None,
    checkpoint: Annotated[
        Path | None,
        typer.Option(
            rich_help_panel=_PROBE, metavar="FILE", show_default=False,
            help="Parameters of the network that gives the features.",
        ),
    ] = None,
    arch: Annotated[
        str | None,
        typer.Option(
            rich_help_panel=_NET, show_default="resnet18",
            help="resnet18, resnet34, vgg19, alexnet or timm:NAME.",
        ),
    ] = None,
    weights: Annotated[
        Path | None,
        typer.Option(
            rich_help_panel=_NET, metavar="FILE", show_default="random",
            help="Pretrained parameters: a state dict, .safetensors or from torch.save.",
        ),
    ] = None,
    epochs: Annotated[
        int | None,
        typer.Option(min=1, rich_help_panel=_NET, show_default="40", help="Rounds of training."),
    ] = None,
    rate: Annotated[
        float | None,
        typer.Option(rich_help_panel=_NET, show_default="0.0001", help="Learning rate of Adam."),
    ] = None,
    size: Annotated[
        int | None,
        typer.Option(min=1, rich_help_panel=_NET, show_default="224", help="Pixels of the input."),
    ] = None,
    device: Annotated[str, typer.Option(help=options.DEVICE_HELP)] = "auto",
    batch: Annotated[
        int | None,
        typer.Option(min=1, show_default="the model's; 32 to train", help="Images at a time."),
    ] = None,
    root: Annotated[
        str | None,
        typer.Option(
            metavar="DIR", show_default=False,
            help="Folder that ids are paths in, for images that moved.",
        ),
    ] = None,
    workers: options.Workers = None,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Only say what it would take.")
    ] = False,
    json_out: options.JsonOut = False,
    quiet: options.Quiet = False,
) -> None:  # fmt: skip
    """Only a list: typer reads options from the signature of a function."""


def with_shared(command: Callable[..., None]) -> Callable[..., None]:
    """Give a command the options listed here besides its own; it gets theirs as ``given``."""
    own = dict(signature(command, eval_str=True).parameters)
    del own["given"]
    both = own | dict(signature(_shared, eval_str=True).parameters)

    @functools.wraps(command)
    def call(**said: Any) -> None:
        mine = {name: said.pop(name) for name in own}
        command(**mine, given=said)

    call.__signature__ = Signature([*both.values()])  # type: ignore[attr-defined]
    call.__annotations__ = {name: one.annotation for name, one in both.items()}
    return call
