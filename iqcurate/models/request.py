"""What a user asks of a model, and packages that may not be there."""

from __future__ import annotations

import importlib
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from iqcurate.errors import ModelError

if TYPE_CHECKING:
    from pathlib import Path


@dataclass(frozen=True, slots=True)
class Request:
    """A model and how to run it.

    Parameters
    ----------
    text
        ``torchvision:NAME``, ``timm:NAME``, ``onnx:FILE``, ``efficientnet-lite0``,
        ``python:MODULE:FUNCTION`` or, for features, ``hog``.
    features
        Its features are wanted, not its classes.
    checkpoint
        File of trained parameters.
    pretrained
        Download those that the library names.
    input
        See `iqcurate.models.inputs.parse_input`.
    outputs
        ``logits`` or ``probabilities``.
    device
        See `iqcurate.devices`.
    batch
        Images at a time; None for the model's own choice.
    threads
        Cores that a network may use.
    """

    text: str
    features: bool = False
    checkpoint: Path | None = None
    pretrained: bool = False
    input: str | None = None
    outputs: str | None = None
    device: str = "auto"
    batch: int | None = None
    threads: int = 1


def package(name: str, install: str = "'iqcurate[models]'") -> Any:
    """Import a package of the extra ``models``, or one that `install` brings.

    Raises
    ------
    ModelError
        Where it is not installed.
    """
    try:
        return importlib.import_module(name)
    except ImportError as error:
        raise ModelError(
            f"this model needs {name}, which cannot be imported ({error}): pip install {install}"
        ) from error
