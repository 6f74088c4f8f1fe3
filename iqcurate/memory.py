"""Knowing that memory ran out, whoever says so, without importing who might."""

from __future__ import annotations

import gc
import sys

_DEVICE_ERROR = "OutOfMemoryError"
_SAYINGS = (
    "you tried to allocate",  # torch on a CPU: "can't allocate memory: you tried to allocate ..."
    "bad_alloc",  # C++
    "out of memory",  # CUDA, cuDNN, MPS
    "cublas_status_alloc_failed",
    "failed to allocate memory",  # ONNX Runtime
)


def is_out_of_memory(error: BaseException) -> bool:
    """Whether an exception says that memory ran out: the machine's, or a device's."""
    if isinstance(error, MemoryError) or type(error).__name__ == _DEVICE_ERROR:
        return True
    return isinstance(error, RuntimeError) and any(s in str(error).lower() for s in _SAYINGS)


def give_back_memory() -> None:
    """Let go of what is not in use; torch keeps what it freed, also from itself."""
    gc.collect()
    torch = sys.modules.get("torch")
    if torch is not None and torch.cuda.is_initialized():
        torch.cuda.empty_cache()
