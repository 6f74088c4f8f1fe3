"""How far the layers of a network answer otherwise when its input is damaged."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from iqcurate.errors import ModelError

if TYPE_CHECKING:
    from collections.abc import Mapping

    import numpy.typing as npt
    import torch

    Floats = npt.NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class Responses:
    """Outputs of the convolutions of a network, in the order in which they run.

    Parameters
    ----------
    first, last
        Of the first and the last, float32 (channels, height, width).
    outputs
        Of all, by name; a layer that runs again has ``#2`` and so on.
    """

    first: Floats
    last: Floats
    outputs: Mapping[str, Floats]


def responses(module: torch.nn.Module, array: npt.NDArray[Any]) -> Responses:
    """Run a network on one input and keep what its convolutions give.

    Parameters
    ----------
    module
        In evaluation mode.
    array
        float32 (3, H, W), as the network takes it.

    Raises
    ------
    ModelError
        Where it has no convolutions that run.
    """
    import torch

    kept: dict[str, Floats] = {}

    def keep(name: str) -> Any:
        def hook(_: Any, __: Any, output: torch.Tensor) -> None:
            again = sum(n.partition("#")[0] == name for n in kept)
            kept[f"{name}#{again + 1}" if again else name] = output[0].float().cpu().numpy()

        return hook

    layers = [(n, m) for n, m in module.named_modules() if isinstance(m, torch.nn.Conv2d)]
    handles = [layer.register_forward_hook(keep(name)) for name, layer in layers]
    try:
        device = next(module.parameters()).device
        with torch.inference_mode():
            module(torch.from_numpy(array[None]).to(device))
    finally:
        for handle in handles:
            handle.remove()
    if not kept:
        raise ModelError("this network has no convolutions, whose responses could be compared")
    outputs = [each for each in kept.values() if each.ndim == 3]
    spatial = [each for each in outputs if min(each.shape[1:]) > 1] or outputs
    return Responses(spatial[0], spatial[-1], kept)


def relative_changes(clean: Responses, damaged: Responses) -> dict[str, float]:
    """By layer: norm of the difference of the responses over the norm of the clean ones."""
    return {
        name: float(np.linalg.norm(damaged.outputs[name] - value))
        / max(float(np.linalg.norm(value)), 1e-12)
        for name, value in clean.outputs.items()
        if name in damaged.outputs
    }


def strength(response: Floats) -> Floats:
    """Mean absolute response of the channels at each place, float32 (height, width)."""
    found: Floats = np.abs(response).mean(axis=0)
    return found
