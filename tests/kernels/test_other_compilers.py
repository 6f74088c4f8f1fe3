"""The kernels as other compilers make them, also for ARM, where an emulator can run that."""

from __future__ import annotations

import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest
from kernel_bounds import METRICS, out_of_bounds, score

import iqcurate
from iqcurate.kernels import kernel, runnable
from iqcurate.metrics.classical import Classical, tables

ROOT = Path(iqcurate.__file__).parents[1]
DRIVER = Path(__file__).parent / "score_stdin.c"


@dataclass(frozen=True)
class Port:
    """A compiler, how to run what it makes, and which builds of the kernels to run."""

    compiler: str
    emulators: tuple[str, ...] = ()
    emulated_root: str = ""
    builds: tuple[str, ...] = ("baseline",)


PORTS = {
    "aarch64": Port(
        "aarch64-linux-gnu-gcc", ("qemu-aarch64-static", "qemu-aarch64"), "/usr/aarch64-linux-gnu"
    ),
    "clang": Port("clang", builds=runnable()),
}
CASES = [(name, build) for name, port in PORTS.items() for build in port.builds]


class Elsewhere(kernel.Kernel):
    """Kernels in a program of their own, which a command runs."""

    def __init__(self, command):
        super().__init__(tables(), "baseline")
        self._command = command

    def _run(self, pixels, wanted):
        height, width, channels = (*pixels.shape, 1)[:3]
        flags = sum(1 << METRICS.index(name) for name in wanted)
        model = self._model
        job = np.array([height, width, channels, flags, model.supports], np.int64).tobytes()
        job += np.array([model.rho, model.gamma]).tobytes()
        arrays = {**self._arrays, "start": self._starts}
        order = [name for name, _ in model._fields_ if name in arrays]
        job += b"".join(arrays[name].tobytes() for name in order) + pixels.tobytes()
        done = subprocess.run(self._command, input=job, capture_output=True, check=True)
        return kernel._Scores.from_buffer_copy(done.stdout)


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return tmp_path_factory.mktemp("ports")


@pytest.fixture(scope="module", params=CASES, ids="-".join)
def operator(request, folder):
    name, build = request.param
    port = PORTS[name]
    emulator = next(filter(None, map(shutil.which, port.emulators)), None)
    if not shutil.which("cmake") or not shutil.which(port.compiler):
        pytest.skip(f"needs cmake and {port.compiler}")
    if port.emulators and not emulator:
        pytest.skip(f"needs {port.emulators[0]}")
    driver = folder / name / "score"
    if not driver.exists():
        _make(port.compiler, driver)
    command = [emulator, "-L", port.emulated_root] if emulator else []
    operator = Classical()
    operator._kernel = Elsewhere([*command, driver, driver.parent / f"_{build}.so"])
    return operator


def _make(compiler, driver):
    """Build all kernels as an installation would, and the driver beside them."""
    options = [f"-DCMAKE_C_COMPILER={compiler}", "-DCMAKE_C_FLAGS=-Werror"]
    subprocess.run(["cmake", "-S", ROOT, "-B", driver.parent, *options], check=True)
    subprocess.run(["cmake", "--build", driver.parent], check=True)
    kernels = ROOT / "iqcurate" / "kernels" / "src"
    command = [compiler, "-std=c11", "-Wall", "-Werror", "-I", kernels, DRIVER, "-ldl"]
    subprocess.run([*command, "-o", driver], check=True)


@pytest.mark.slow
def test_scores_and_reasons_are_those_of_the_definitions(operator, pictures, expected):
    found = {name: score(operator, pixels) for name, pixels in pictures.items()}
    wrong = {metric: out_of_bounds(found, expected, metric) for metric in METRICS}
    assert not any(wrong.values()), wrong
