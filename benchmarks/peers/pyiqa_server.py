"""pyiqa's BRISQUE and NIQE on the CPU, on one thread; runs in the environment of pyiqa.

    python -m benchmarks.peers.pyiqa_server PARAMETERS CLOCK

pyiqa would download its parameters. They are those of the LIVE release, as are ours, so they are
written from the folder PARAMETERS of this project into the formats that pyiqa loads.
"""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pyiqa
import torch
from PIL import Image
from scipy.io import savemat

from benchmarks.peers.serving import serve
from benchmarks.timing import timed

if TYPE_CHECKING:
    from benchmarks.peers.serving import Handler


def main() -> None:
    """Serve."""
    parameters, clock = sys.argv[1:]
    serve(lambda: _handler(Path(parameters), clock), ["pyiqa", "torch"])


def _handler(parameters: Path, clock: str) -> Handler:
    torch.set_num_threads(1)
    with tempfile.TemporaryDirectory() as folder:
        metrics = {
            "brisque": _metric("brisque", _write_brisque(parameters, Path(folder))),
            "niqe": _metric("niqe", _write_niqe(parameters, Path(folder))),
        }

    def handle(paths: list[str]) -> dict[str, dict[str, float]]:
        image = _read(paths[0])
        found = {name: timed(clock, metric, image) for name, metric in metrics.items()}
        return {
            "seconds": {f"pyiqa {name}": spent for name, (spent, _) in found.items()},
            "scores": {f"pyiqa {name}": float(score) for name, (_, score) in found.items()},
        }

    return handle


def _metric(name: str, parameters: Path) -> Any:
    return pyiqa.create_metric(
        name, device=torch.device("cpu"), pretrained_model_path=str(parameters)
    )


def _read(path: str) -> Any:
    with Image.open(path) as opened:
        pixels = np.array(opened.convert("RGB"))
    return torch.from_numpy(pixels).permute(2, 0, 1)[None].contiguous().float() / 255


def _write_brisque(parameters: Path, folder: Path) -> Path:
    with np.load(parameters / "brisque_live.npz") as stored:
        arrays = [stored["sv_coef"].ravel(), stored["support_vectors"]]
    torch.save(tuple(torch.from_numpy(a.astype(np.float32)) for a in arrays), folder / "b.pth")
    return folder / "b.pth"


def _write_niqe(parameters: Path, folder: Path) -> Path:
    with np.load(parameters / "niqe_live.npz") as stored:
        model = {"mu_prisparam": stored["mu"].reshape(1, -1), "cov_prisparam": stored["cov"]}
    savemat(folder / "n.mat", model)
    return folder / "n.mat"


if __name__ == "__main__":
    main()
