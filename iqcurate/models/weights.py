"""Trained parameters from files, without running what somebody may have hidden in them."""

from __future__ import annotations

import os
import pickle
import re
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, cast

from iqcurate.errors import ModelError
from iqcurate.quiet import no_warnings

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

    import torch

    State = dict[str, torch.Tensor]

_INSIDE = ("state_dict_ema", "model_ema", "state_dict", "model_state_dict", "model", "params")
_OTHER = re.compile(r"Unsupported (?:global|class).*?GLOBAL (\S+)", re.DOTALL)
_WRAPPERS = ("module.", "_orig_mod.", "model.")


def read_state(path: Path) -> State:
    """Read a state dict: ``.safetensors``, else what ``torch.save`` wrote, tensors only.

    Training checkpoints that hold it under ``state_dict``, ``model`` and the like will do (an
    averaged one first), and so will names with the prefix that DataParallel, torch.compile or
    Lightning put before them.

    Raises
    ------
    ModelError
        Where the file cannot be read, holds more than tensors and plain values, or no state dict.
    """
    found = _loaded(path)
    inside = next((found[name] for name in _INSIDE if isinstance(found.get(name), dict)), found)
    return _unwrapped(_tensors(inside, path))


def fit(module: torch.nn.Module, state: Mapping[str, torch.Tensor], title: str) -> None:
    """Load a state dict into a module, all of it and nothing else.

    Raises
    ------
    ModelError
        Where names or shapes differ.
    """
    own = module.state_dict()
    lacking, extra = own.keys() - state.keys(), state.keys() - own.keys()
    shapes = [n for n in own.keys() & state.keys() if own[n].shape != state[n].shape]
    if not (lacking or extra or shapes):
        module.load_state_dict(dict(state))
        return
    parts = [
        f"{len(names)} {what} (such as {min(names)})"
        for names, what in (
            (lacking, "are lacking"),
            (extra, "are unknown to it"),
            (shapes, "have another shape"),
        )
        if names
    ]
    raise ModelError(
        f"{title}: this checkpoint is of another model: of its tensors {'; '.join(parts)}"
    )


@contextmanager
def tensors_only() -> Iterator[None]:
    """Let no library unpickle more than tensors; a switch of the whole process (see torch.load)."""
    name = "TORCH_FORCE_WEIGHTS_ONLY_LOAD"
    before = os.environ.get(name)
    os.environ[name] = "1"
    try:
        yield
    finally:
        if before is None:
            del os.environ[name]
        else:
            os.environ[name] = before


def _loaded(path: Path) -> Mapping[str, Any]:
    import torch

    if path.suffix == ".safetensors":
        return _loaded_safetensors(path)
    try:
        with no_warnings():
            found = torch.load(path, map_location="cpu", weights_only=True)
    except pickle.UnpicklingError as error:
        # Not torch's own words: they advise to switch the protection off.
        other = _OTHER.search(str(error))
        what = (
            f"holds more than tensors ({other[1]}), and loading that could run any program"
            if other
            else "is no file of torch.save with tensors and plain values only"
        )
        raise ModelError(
            f"{path}: {what}: save model.state_dict() instead, with torch.save or as .safetensors"
        ) from error
    except (OSError, RuntimeError, EOFError, ValueError) as error:
        raise ModelError(f"{path}: cannot be read as a checkpoint: {error}") from error
    if not isinstance(found, dict):
        raise ModelError(f"{path}: holds a {type(found).__name__}, not a state dict")
    return found


def _loaded_safetensors(path: Path) -> Mapping[str, Any]:
    from safetensors import SafetensorError
    from safetensors.torch import load_file

    try:
        return cast("Mapping[str, Any]", load_file(path))
    except (OSError, SafetensorError) as error:
        raise ModelError(f"{path}: cannot be read as safetensors: {error}") from error


def _tensors(found: Mapping[str, Any], path: Path) -> State:
    import torch

    state = {str(n): v for n, v in found.items() if isinstance(v, torch.Tensor)}
    if not state or len(state) < len(found):
        others = [str(n) for n in found if n not in state]
        has = f"; it has {', '.join(others[:5])}" if others else ""
        raise ModelError(f"{path}: no state dict of tensors was found in it{has}")
    return state


def _unwrapped(state: State) -> State:
    for wrapper in _WRAPPERS:
        if all(name.startswith(wrapper) for name in state):
            state = {name.removeprefix(wrapper): value for name, value in state.items()}
    return state
