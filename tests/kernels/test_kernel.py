"""Calling the kernels: which build, what they refuse, memory."""

from __future__ import annotations

import math
import resource
import subprocess
import sys
import threading

import numpy as np
import pytest

from iqcurate.errors import UsageError
from iqcurate.kernels import BUILDS, Kernel, load_library, runnable
from iqcurate.metrics.classical import Classical, tables
from iqcurate.testing import image_of, sample_photos

PHOTO = sample_photos()[0].pixels


@pytest.fixture(scope="module")
def kernel():
    return Kernel(tables())


def test_builds_rise_from_the_baseline():
    assert runnable() == BUILDS[: len(runnable())]
    assert runnable()


@pytest.mark.parametrize("build", runnable())
def test_the_environment_names_the_build(monkeypatch, build):
    monkeypatch.setenv("IQCURATE_ISA", build)
    assert load_library()._name.endswith(f"_{build}.so")
    monkeypatch.delenv("IQCURATE_ISA")
    assert load_library()._name.endswith(f"_{runnable()[-1]}.so")


def test_an_unknown_build_says_what_there_is(monkeypatch):
    monkeypatch.setenv("IQCURATE_ISA", "mmx")
    with pytest.raises(UsageError, match=r"no kernels named 'mmx'.*baseline"):
        load_library()


def test_what_is_not_wanted_is_nan(kernel):
    scores = kernel(PHOTO, ["lapm", "niqe"])
    assert math.isfinite(scores.lapm + scores.niqe)
    assert all(math.isnan(s) for s in (scores.lapv, scores.wavs, scores.brisque))


@pytest.mark.parametrize(
    "pixels",
    [
        PHOTO.astype(np.uint16),
        PHOTO.astype(np.float64),
        PHOTO[:, :, :2],
        PHOTO[None],
        PHOTO[0, :, 0],
        np.zeros((0, 5), np.uint8),
    ],
    ids=["16 bit", "float", "2 channels", "4-d", "1-d", "empty"],
)
def test_other_arrays_are_refused(kernel, pixels):
    with pytest.raises(UsageError, match="the kernels take uint8"):
        kernel(pixels, ["lapv"])


def test_layout_changes_nothing(kernel):
    wide = np.zeros((*PHOTO.shape[:2], 6), np.uint8)
    wide[:, :, ::2] = PHOTO
    layouts = (PHOTO, np.asfortranarray(PHOTO), wide[:, :, ::2])
    assert (
        len({kernel(layout, ["lapv", "wavs", "brisque", "niqe"]).niqe for layout in layouts}) == 1
    )


def test_too_small_is_a_reason():
    values = Classical()(image_of(PHOTO[:50, :12]), frozenset(["lapv", "brisque", "niqe"]))
    assert isinstance(values["lapv"], float)
    assert values["brisque"].error == "too_small: needs 13x13, has 12x50"
    assert values["niqe"].error == "too_small: needs 96x96, has 12x50"


def test_no_memory_is_an_exception(kernel):
    code = """
import resource, numpy as np
from iqcurate.kernels import Kernel
from iqcurate.metrics.classical import tables
kernel, pixels = Kernel(tables()), np.zeros((5000, 5000), np.uint8)
kernel(pixels[:20, :20], ["brisque"])
size = int(open("/proc/self/statm").read().split()[0]) * resource.getpagesize()
resource.setrlimit(resource.RLIMIT_AS, (size + 30_000_000, resource.RLIM_INFINITY))
try:
    kernel(pixels, ["brisque"])
except MemoryError as error:
    print(error)
"""
    if not sys.platform.startswith("linux"):
        pytest.skip("reads /proc")
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "no memory to score an image of 5000x5000\n"


def test_threads_that_end_leave_no_memory(kernel):
    def score():
        kernel(PHOTO, ["brisque", "niqe"])

    for used in range(2):
        for _ in range(150):
            thread = threading.Thread(target=score)
            thread.start()
            thread.join()
        if used == 0:
            before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    grown = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before
    kilobytes = grown // (1024 if sys.platform == "darwin" else 1)
    assert kilobytes < 30_000  # 150 threads' scratch is 200 MB


def test_huge_images_leave_no_memory(kernel):
    code = """
import numpy as np
from iqcurate.kernels import Kernel
from iqcurate.metrics.classical import tables
kernel, pixels = Kernel(tables()), np.zeros((10_000, 10_000), np.uint8)
kernel(pixels, ["lapv", "lapm", "wavs", "brisque", "niqe"])
lines = dict(line.split(":") for line in open("/proc/self/status"))
print(int(lines["VmRSS"].split()[0]) // 1024, int(lines["VmHWM"].split()[0]) // 1024)
"""
    if not sys.platform.startswith("linux"):
        pytest.skip("reads /proc")
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    now, peak = map(int, done.stdout.split())
    assert now < 350  # megabytes, of which the pixels are 95
    assert peak < 700
