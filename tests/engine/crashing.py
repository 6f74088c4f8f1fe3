"""A batch operator that a process of its own can make."""

from __future__ import annotations

import os
import signal
import sys
import time

from iqcurate.operators import Column


class Crashing:
    """Kills its process on images 13 columns wide, and hangs on those of 17."""

    columns = (Column("sum"),)
    device, batch = "made", 4

    def prepare(self, image):
        return image.grey

    def run(self, arrays):
        for array in arrays:
            if array.shape[1] == 13:
                os.kill(os.getpid(), signal.SIGSEGV)
            if array.shape[1] == 17:
                time.sleep(60)
        sys.stderr.write("a library that talks\n")
        return [{"sum": float(array.sum())} for array in arrays]


class Process(Crashing):
    """Says which process it is in."""

    columns = (Column("process"),)

    def run(self, arrays):
        return [{"process": os.getpid()} for _ in arrays]


def make_crashing() -> list[Crashing]:
    return [Crashing()]


def make_process() -> list[Crashing]:
    return [Process()]
