"""The speed study that our kernels were written after: scratch code outside this project.

    python -m benchmarks.peers.study_server FOLDER CLOCK

FOLDER has a ``study.py`` with ``load(build)``, which gives a function of RGB pixels.
"""

from __future__ import annotations

import sys
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path
from typing import TYPE_CHECKING, Any

import simplejpeg

from benchmarks.peers.serving import serve
from benchmarks.timing import timed
from iqcurate.kernels import runnable

if TYPE_CHECKING:
    from benchmarks.peers.serving import Handler

_ITS_NAMES = {"baseline": "sse2"}


def main() -> None:
    """Serve."""
    folder, clock = sys.argv[1:]
    serve(lambda: _handler(Path(folder), clock), ["numpy", "simplejpeg"])


def _handler(folder: Path, clock: str) -> Handler:
    study = _import(folder / "study.py")
    runs = {build: study.load(_ITS_NAMES.get(build, build)) for build in runnable()}

    def handle(paths: list[str]) -> dict[str, dict[str, float]]:
        pixels = simplejpeg.decode_jpeg(Path(paths[0]).read_bytes())
        return {
            "seconds": {
                f"study all five {build}": timed(clock, run, pixels)[0]
                for build, run in runs.items()
            }
        }

    return handle


def _import(path: Path) -> Any:
    spec = spec_from_file_location("study", path)
    if spec is None or spec.loader is None:
        raise ImportError(f"no module {path}")
    module = module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


if __name__ == "__main__":
    main()
