"""Building pyiqa's networks without a download, and without running what a file may hide.

pyiqa's constructors fetch what they do not find in the caches of torch, among it ImageNet weights
of backbones, which the checkpoint then overwrites. Within `lent` they find the given files in a
cache of their own, and nothing else; backbones begin with random parameters.
"""

from __future__ import annotations

import copy
import sys
import tempfile
import threading
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import quote, unquote, urlparse

from iqcurate.errors import MetricError, ModelError
from iqcurate.models.weights import tensors_only
from iqcurate.quiet import no_warnings

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping
    from types import ModuleType

    import torch

    from iqcurate.weights import Located

LICENCE = "PolyForm Noncommercial 1.0.0"
"""Of pyiqa."""

_LOCK = threading.Lock()
_ABSENT = object()
_CACHES = ("pyiqa", "checkpoints")
"""Folders below torch's hub folder in which pyiqa and torch look."""


def import_pyiqa(metric: str) -> ModuleType:
    """Import pyiqa, without its remarks.

    Raises
    ------
    MetricError
        Where it is not installed, or cannot be imported.
    """
    try:
        with no_warnings():
            import pyiqa
            import pyiqa.archs.clip_imports
    except ImportError as error:
        raise MetricError(
            f"metric {metric!r} needs pyiqa, whose licence is {LICENCE} (no commercial use): "
            f"pip install 'iqcurate[deep]' ({error})"
        ) from error
    except Exception as error:  # versions of torch and torchvision that do not go together
        raise MetricError(
            f"metric {metric!r} needs pyiqa, which is installed and cannot be imported "
            f"({type(error).__name__}: {str(error).partition(chr(10))[0]}); "
            "pip install --upgrade 'iqcurate[deep]' brings versions that go together"
        ) from error
    module: ModuleType = pyiqa
    return module


@contextmanager
def lent(files: Mapping[str, Located]) -> Iterator[None]:
    """Let pyiqa's constructors find these files, by their published names, and nothing else.

    Nothing is downloaded, nothing but tensors is unpickled, TorchScript is loaded only from files
    whose whole published hash was checked, and nothing is printed. For one thread at a time.
    """
    import torch

    with _LOCK, ExitStack() as stack, tempfile.TemporaryDirectory() as hub:
        _fill_caches(Path(hub), files)
        for owner, name, value in _changes(Path(hub), files):
            stack.enter_context(changed(owner, name, value))
        stack.enter_context(tensors_only())
        stack.enter_context(torch.random.fork_rng(devices=[]))
        stack.enter_context(no_warnings())
        yield


def _fill_caches(hub: Path, files: Mapping[str, Located]) -> None:
    for cache in _CACHES:
        (hub / cache).mkdir()
        for name, file in files.items():
            for spelling in {name, quote(name)}:
                (hub / cache / spelling).symlink_to(file.path.absolute())


def _changes(hub: Path, files: Mapping[str, Located]) -> Iterator[tuple[Any, str, Any]]:
    import clip.clip
    import timm
    import torch
    import torchvision
    from pyiqa.archs import clip_model
    from pyiqa.utils import download_util

    yield torch.hub, "_hub_dir", str(hub)
    for module in (torch.hub, download_util):
        yield module, "download_url_to_file", _refuse
    for module in (clip.clip, clip_model, sys.modules.get("pyiqa.archs.afineclip_model")):
        if module is not None:
            yield module, "_download", lambda url, _root: str(_lookup(url, files))
    yield torch.jit, "load", _only_verified(torch.jit.load, files)
    yield timm, "create_model", _without_weights(timm.create_model)
    models = torchvision.models
    for name in models.list_models(module=models):
        yield models, name, _without_weights(getattr(models, name))
    for name, module in list(sys.modules.items()):
        if name.partition(".")[0] == "pyiqa":
            yield module, "print", _say_nothing
            if hasattr(module, "DEFAULT_CACHE_DIR"):
                yield module, "DEFAULT_CACHE_DIR", str(hub / "pyiqa")


def _lookup(url: str, files: Mapping[str, Located]) -> Path:
    name = unquote(Path(urlparse(url).path).name)
    if name not in files:
        _refuse(url)
    return files[name].path


def _refuse(url: str, *_: object, **__: object) -> None:
    raise ModelError(f"it also needs {url}, which is not among the files that iqcurate knows of")


def _only_verified(load: Callable[..., Any], files: Mapping[str, Located]) -> Callable[..., Any]:
    """TorchScript is a program: load it only where the whole file is the published one."""
    trusted = {file.path.resolve() for file in files.values() if file.verified}

    def checked(f: Any, *args: Any, **kwargs: Any) -> Any:
        path = Path(getattr(f, "name", f))
        if path.resolve() not in trusted:
            # A RuntimeError makes CLIP's loader read the file as a state dict instead.
            raise RuntimeError(
                f"{path} may be a program (TorchScript), and no published hash vouches for it"
            )
        return load(f, *args, **kwargs)

    return checked


def _without_weights(build: Callable[..., torch.nn.Module]) -> Callable[..., torch.nn.Module]:
    def built(*args: Any, **kwargs: Any) -> torch.nn.Module:
        return build(*args, **{k: v for k, v in kwargs.items() if k not in _PRETRAINED})

    return built


_PRETRAINED = {"pretrained", "weights"}


def _say_nothing(*_: object, **__: object) -> None:
    """Stand where `print` was."""


@contextmanager
def changed(owner: Any, name: str, value: Any) -> Iterator[None]:
    """Let an attribute have another value for a while."""
    before = getattr(owner, name, _ABSENT)
    setattr(owner, name, value)
    try:
        yield
    finally:
        if before is _ABSENT:
            delattr(owner, name)
        else:
            setattr(owner, name, before)


def twin(module: torch.nn.Module) -> torch.nn.Module:
    """Return a copy of a network that shares its tensors, those in lists and the like, too."""
    import torch

    kept = lambda tensor, _memo: tensor  # noqa: E731
    with (
        _LOCK,
        changed(torch.Tensor, "__deepcopy__", kept),
        changed(torch.nn.Parameter, "__deepcopy__", kept),
    ):
        return copy.deepcopy(module)
