"""Shares as people write them."""

from __future__ import annotations

import re

from iqcurate.errors import UsageError

_SHARE = re.compile(r"\s*([0-9]*\.?[0-9]+(?:e-?[0-9]+)?)\s*(%?)\s*")


def read_share(option: str, text: str | float) -> float:
    """Read ``30%`` or ``0.3``, from 0 to below 1; `UsageError` names the option."""
    match = _SHARE.fullmatch(str(text))
    share = float(match[1]) / (100 if match[2] else 1) if match else -1
    if not 0 <= share < 1:
        raise UsageError(f"{option} {text}: it is a share such as 30% or 0.3")
    return share
