"""Where the time of the kernels goes, and how near each part is to what the processor gives.

    python benchmarks/roofline.py PHOTO.jpg ... [--build avx2] [--rounds 40]

Compiles the kernels with timers between the parts (needs gcc or clang, found as CC or gcc), and
prints for each part the best time, and the least time that its arithmetic, its roots and divisions
and its bytes allow at the rates measured in the same process. docs/speed.md says how they are
counted. RGB photos of at least 96x96.
"""

from __future__ import annotations

import argparse
import ctypes
import os
import subprocess
import tempfile
from dataclasses import dataclass
from pathlib import Path
from time import thread_time

import numpy as np
import simplejpeg

import iqcurate.kernels
from iqcurate.kernels import Kernel, runnable
from iqcurate.metrics.classical import tables

HERE = Path(__file__).parent
SOURCE = Path(iqcurate.kernels.__file__).parent / "src"
FLAGS = "-std=c11 -O3 -fPIC -shared -D_POSIX_C_SOURCE=200809L -fopenmp-simd -fno-math-errno"
FLAGS += " -fno-trapping-math -ffp-contract=fast -w"
BUILDS = {
    "baseline": "",
    "avx2": "-mavx2 -mfma",
    "avx512": "-mavx2 -mfma -mavx512f -mavx512bw -mavx512dq -mavx512vl -mprefer-vector-width=512",
}


@dataclass(frozen=True)
class Part:
    """What one part does for each pixel of the image it is given, in 32-bit lanes."""

    name: str
    share: float  # of the pixels of the photo
    multiplications: float  # a fused multiply-add is one
    other: float
    roots: int  # and as many divisions
    bytes: float  # from and to arrays that the first cache does not hold


PARTS = (
    Part("grey", 1, 3, 7, 0, 4),
    Part("LAPV, LAPM", 1, 0.5, 9, 0, 1),
    Part("WAVS", 1, 35, 18, 0, 1.1),
    Part("halving", 1, 2.3, 4.3, 0, 2),
    Part("MSCN, scale 1", 1, 23, 24, 1, 6.1),
    Part("MSCN, scale 2", 0.25, 23, 24, 1, 11.6),
    Part("sums, scale 1", 1, 14, 10, 0, 8.5),
    Part("sums, scale 2", 0.25, 14, 10, 0, 8.5),
    Part("fits, models", 1, 0, 0, 0, 0),
)


@dataclass(frozen=True)
class Rates:
    """What the processor gives at best, a second."""

    multiplications: float
    other: float
    roots: float
    bytes: float


def compiled(build: str, folder: Path) -> ctypes.CDLL:
    """Compile the kernels with timers."""
    names = [p for p in SOURCE.glob("*.c") if p.name not in ("kernels.c", "cpu.c")]
    library = folder / "roofline.so"
    compiler = os.environ.get("CC", "gcc")
    options = [*FLAGS.split(), *BUILDS[build].split(), f"-I{SOURCE}"]
    subprocess.run(
        [compiler, *options, HERE / "roofline.c", *names, "-o", library, "-lm", "-lpthread"],
        check=True,
    )
    return ctypes.CDLL(str(library))


def measured_rates(library: ctypes.CDLL, rounds: int) -> Rates:
    """Measure the rates: the best of several rounds."""
    sink = ctypes.c_double()
    found = []
    for name in ("peak_multiply", "peak_other", "peak_root_and_division"):
        function = getattr(library, name)
        function.restype = ctypes.c_double
        found.append(max(function(ctypes.byref(sink)) for _ in range(rounds)))
    library.time_copy.restype = ctypes.c_double
    size = 3 << 20  # a photo of one megapixel
    source, target = np.ones(size, np.uint8), np.ones(size, np.uint8)
    arguments = target.ctypes.data, source.ctypes.data, size
    pointers = ctypes.c_void_p(arguments[0]), ctypes.c_void_p(arguments[1])
    copy = min(library.time_copy(*pointers, ctypes.c_int64(size)) for _ in range(5 * rounds))
    multiplications, other, roots = found
    return Rates(multiplications, other, roots, bytes=2 * size / copy)


def least_seconds(part: Part, rates: Rates, pixels: float) -> tuple[float, str]:
    """Return the time that the slowest of its needs takes, and which that is."""
    needs = {
        "multiplications": part.multiplications / rates.multiplications,
        "other arithmetic": part.other / rates.other,
        "roots, divisions": part.roots / rates.roots,
        "bytes": part.bytes / rates.bytes,
    }
    limit = max(needs, key=lambda name: needs[name])
    return needs[limit] * part.share * pixels, limit


def best_times(library: ctypes.CDLL, build: str, blobs: list[bytes], rounds: int) -> list[float]:
    """Return seconds of the decode, then of each part, a photo: the best of each photo.

    The sums are what the best time of the whole scale exceeds that of its coefficients by.
    """
    kernel = Kernel(tables(), build)
    model = ctypes.byref(kernel._model)  # noqa: SLF001 - the same struct, filled in the same way
    best = np.full((len(blobs), len(PARTS) + 1), np.inf)
    spent = np.empty(len(PARTS))
    for _ in range(rounds):
        for i, blob in enumerate(blobs):
            start = thread_time()
            photo = simplejpeg.decode_jpeg(blob)
            best[i, 0] = min(best[i, 0], thread_time() - start)
            height, width = photo.shape[:2]
            pointers = ctypes.c_void_p(photo.ctypes.data), ctypes.c_void_p(spent.ctypes.data)
            sides = ctypes.c_int64(height), ctypes.c_int64(width)
            if library.time_image(model, pointers[0], *sides, pointers[1]):
                raise MemoryError
            best[i, 1:] = np.minimum(best[i, 1:], spent)
    mean = best.mean(axis=0)
    mean[7:9] -= mean[5:7]
    return list(mean)


def main() -> None:
    """Run it."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("photos", nargs="+", type=Path)
    parser.add_argument("--build", default=runnable()[-1], choices=runnable())
    parser.add_argument("--rounds", type=int, default=40)
    given = parser.parse_args()
    blobs = [path.read_bytes() for path in given.photos]
    headers = [simplejpeg.decode_jpeg_header(blob) for blob in blobs]
    pixels = float(np.mean([header[0] * header[1] for header in headers]))
    with tempfile.TemporaryDirectory() as folder:
        library = compiled(given.build, Path(folder))
        rates = measured_rates(library, given.rounds)
        decode, *times = best_times(library, given.build, blobs, given.rounds)
    print(
        f"{given.build}: {rates.multiplications / 1e9:.1f} G multiply-adds, {rates.other / 1e9:.1f}"
        f" G additions, {rates.roots / 1e9:.2f} G roots with a division, {rates.bytes / 1e9:.1f}"
        " GB a second\n"
        f"{'decode':16} {decode * 1e3:6.3f} ms"
    )
    for part, time in zip(PARTS, times, strict=True):
        least, limit = least_seconds(part, rates, pixels)
        roof = f"{least * 1e3:6.3f} ms ({limit}), {least / time:4.0%}" if least else ""
        print(f"{part.name:16} {time * 1e3:6.3f} ms  {roof}")
    print(f"{'all':16} {sum(times) * 1e3:6.3f} ms, {sum(times) / decode:.2f}x the decode")


if __name__ == "__main__":
    main()
