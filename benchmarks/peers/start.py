"""Which other tools there are, and how each is started."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING

from benchmarks.machine import available_memory
from benchmarks.peers.client import ROOT, Peer

if TYPE_CHECKING:
    from collections.abc import Callable

PEERS = ("pyiqa", "cleanvision")
"""Those with an environment under ``benchmarks/.venvs``, which `make bench` makes."""

STUDY = "study"

_PARAMETERS = ROOT / "iqcurate" / "metrics" / "params"
_PYIQA_BYTES_A_PIXEL = 600
_STUDY_PIXELS = 8_000_000  # its scratch memory is fixed; beyond, it aborts


def starters(
    clock: str, slow_pixels: int, study: Path | None, scratch: Path
) -> dict[str, Callable[[], Peer]]:
    """Return what starts each peer, raising `ContenderError` where it does not start.

    Parameters
    ----------
    clock
        To time by.
    slow_pixels
        Photos with more are not given to slow tools.
    study
        Folder of the speed study, if there is one.
    scratch
        See `Peer`.
    """
    most = min(slow_pixels, (available_memory() or sys.maxsize) // _PYIQA_BYTES_A_PIXEL)

    def pyiqa() -> Peer:
        arguments = [str(_PARAMETERS), clock]
        return Peer("pyiqa", _python("pyiqa"), arguments, scratch, slow=True, most_pixels=most)

    def cleanvision() -> Peer:
        python = _python("cleanvision")
        return Peer("cleanvision", python, [clock], scratch, slow=True, at_once=True)

    def start_study() -> Peer:
        arguments = [str((study or Path()).resolve()), clock]
        return Peer(STUDY, Path(sys.executable), arguments, scratch, most_pixels=_STUDY_PIXELS)

    found = {"pyiqa": pyiqa, "cleanvision": cleanvision}
    return {**found, STUDY: start_study} if study else found


def _python(peer: str) -> Path:
    return ROOT / "benchmarks" / ".venvs" / peer / "bin" / "python"
