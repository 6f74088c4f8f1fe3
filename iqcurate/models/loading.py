"""From what a user names to a model that runs."""

from __future__ import annotations

from typing import TYPE_CHECKING

from iqcurate.errors import UsageError

if TYPE_CHECKING:
    from iqcurate.models.model import Model
    from iqcurate.models.request import Request

_MODELS = (
    "torchvision:NAME, timm:NAME (with --checkpoint FILE), onnx:FILE, efficientnet-lite0 (or 1, "
    "2), python:MODULE:FUNCTION"
)


def load_model(request: Request) -> Model:
    """Load a model for its classes or its features; imports its library only now.

    Raises
    ------
    UsageError
        Where it is not named, or described, as it must be.
    ModelError
        Where it cannot be loaded, or its library is not installed.
    """
    kind, _, name = request.text.partition(":")
    _check_options(kind, request)
    if request.text == "hog" and request.features:
        from iqcurate.models.hog import load_hog

        return load_hog()
    if request.text.startswith("efficientnet-lite"):
        from iqcurate.models.torch_nets import load_lite

        return load_lite(request)
    if kind == "torchvision" and name:
        from iqcurate.models.torch_nets import load_torchvision

        return load_torchvision(name, request)
    if kind == "timm" and name:
        from iqcurate.models.torch_nets import load_timm

        return load_timm(name, request)
    if kind == "onnx" and name:
        from iqcurate.models.onnx_nets import load_onnx

        return load_onnx(name, request)
    if kind == "python" and not request.features:
        from iqcurate.models.own import load_own

        return load_own(name, request.batch)
    raise UsageError(_unknown(request))


def _unknown(request: Request) -> str:
    if request.features:
        names = _MODELS.replace("python:MODULE:FUNCTION", "hog")
        return f"--features {request.text}: there are {names}"
    return f"--model {request.text}: there are {_MODELS}, and probe, which trains one itself"


def _check_options(kind: str, request: Request) -> None:
    """Refuse what the model would not heed."""
    trained = kind in ("torchvision", "timm")
    if request.pretrained and not trained:
        raise UsageError(f"--pretrained is for torchvision and timm, not for {request.text}")
    if request.checkpoint is not None and not trained:
        raise UsageError(f"--checkpoint is for torchvision and timm, not for {request.text}")
    if request.pretrained and request.checkpoint is not None:
        raise UsageError("--pretrained or --checkpoint, not both")
    if kind in ("python", "hog") and (request.input or request.outputs):
        raise UsageError(f"{request.text} knows its input and outputs: no --input, no --outputs")
