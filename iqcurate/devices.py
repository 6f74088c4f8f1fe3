"""Where networks run: ``auto``, ``cpu``, ``cuda``, ``cuda:N`` or ``mps``."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from iqcurate.errors import DeviceError, UsageError

if TYPE_CHECKING:
    from contextlib import AbstractContextManager
    from types import ModuleType

DEVICES = "auto, cpu, cuda, cuda:N or mps"
_NAME = re.compile(r"auto|cpu|cuda(:\d+)?|mps")


def check_device(wanted: str) -> None:
    """Raise `UsageError` where that is no device."""
    if not _NAME.fullmatch(wanted):
        raise UsageError(f"--device {wanted}: it is {DEVICES}")


def find_device(wanted: str) -> str:
    """Return the device of torch that is meant: ``cpu``, ``cuda:N`` or ``mps``; imports torch.

    ``auto`` is ``cuda:0`` where there is one, else ``cpu``; ``cuda`` is ``cuda:0``.

    Raises
    ------
    UsageError
        Where that is no device.
    DeviceError
        Where torch finds no such device.
    """
    check_device(wanted)
    if wanted == "cpu":
        return wanted
    import torch

    gpus = torch.cuda.device_count() if torch.cuda.is_available() else 0
    if wanted == "auto":
        return "cuda:0" if gpus else "cpu"
    if wanted == "mps":
        return _there(wanted, _has_mps(torch), "torch finds no Apple GPU here")
    number = int(wanted.partition(":")[2] or 0)
    found = f"torch finds {gpus or 'no'} GPU{'s' * (gpus > 1)} here"
    return _there(f"cuda:{number}", number < gpus, found)


def exact_kernels() -> AbstractContextManager[None]:
    """Full float32 and kernels of cuDNN that repeat themselves, on a GPU; for the whole process.

    cuDNN stays on: torch's context manager of these flags turns it off unless told otherwise, and
    convolutions fall back to kernels that are slower.
    """
    import torch

    made: AbstractContextManager[None] = torch.backends.cudnn.flags(
        enabled=True, benchmark=False, deterministic=True, allow_tf32=False
    )
    return made


def _has_mps(torch: ModuleType) -> bool:
    backends: Any = torch.backends
    return bool(backends.mps.is_available())


def _there(device: str, is_there: bool, found: str) -> str:
    if not is_there:
        raise DeviceError(f"--device {device}: {found}; --device cpu goes without")
    return device
