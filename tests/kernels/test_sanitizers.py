"""The kernels built with the address and the undefined-behaviour sanitizer."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

import iqcurate.kernels

SOURCE = Path(iqcurate.kernels.__file__).parent / "src"
FLAGS = ("-std=c11", "-O1", "-g", "-fopenmp-simd", "-ffp-contract=fast", "-fPIC", "-shared")
SANITIZE = ("-fsanitize=address,undefined", "-fno-sanitize-recover=all")
AVX2 = ("-mavx2", "-mfma")
AVX512 = ("-mavx512f", "-mavx512bw", "-mavx512dq", "-mavx512vl", "-mprefer-vector-width=512")
BUILDS = {"baseline": (), "avx2": AVX2, "avx512": (*AVX2, *AVX512)}
SCRIPT = """
import ctypes, sys
import numpy as np
from iqcurate.kernels import kernel
from iqcurate.metrics.classical import tables

kernel.load_library = lambda build: ctypes.CDLL(sys.argv[1])
score, rng = kernel.Kernel(tables()), np.random.default_rng(0)
least = {"lapv": 3, "lapm": 3, "wavs": 12, "brisque": 13, "niqe": 96}
sides = (1, 2, 3, 7, 12, 13, 14, 31, 95, 96, 97, 193, 255, 256, 257, 300)
for height in sides:
    for width in sides:
        wanted = [name for name, side in least.items() if min(height, width) >= side]
        for shape in ((height, width), (height, width, 3)):
            score(rng.integers(0, 256, shape, dtype=np.uint8), wanted)
            score(rng.integers(0, 2, shape, dtype=np.uint8) * 255, wanted)
            score(np.full(shape, 7, np.uint8), wanted)
print("clean")
"""


@pytest.mark.slow
@pytest.mark.parametrize("build", [b for b in iqcurate.kernels.runnable() if b in BUILDS])
def test_no_stray_access_and_nothing_undefined(tmp_path, build):
    compiler = os.environ.get("CC") or shutil.which("gcc")
    if not compiler:
        pytest.skip("needs gcc")
    library = tmp_path / "sanitized.so"
    sources = [path for path in SOURCE.glob("*.c") if path.name != "cpu.c"]
    command = [compiler, *FLAGS, *SANITIZE, *BUILDS[build], *sources, "-o", library, "-lm"]
    subprocess.run(command, check=True)
    runtimes = [
        subprocess.run(
            [compiler, f"-print-file-name={name}"], capture_output=True, text=True, check=True
        ).stdout.strip()
        for name in ("libasan.so", "libubsan.so")
    ]
    # Python itself keeps memory until it ends, which is no leak of the kernels.
    environment = {"LD_PRELOAD": " ".join(runtimes), "ASAN_OPTIONS": "detect_leaks=0"}
    done = subprocess.run(
        [sys.executable, "-c", SCRIPT, library],
        check=False,
        capture_output=True,
        text=True,
        env={**os.environ, **environment},
    )
    assert (done.returncode, done.stdout) == (0, "clean\n"), done.stderr[-4000:]
