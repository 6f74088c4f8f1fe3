"""Every file of weights that those of pyiqa's models need which are run here.

The records are in ``records.csv``. Names of files and addresses are those of pyiqa 0.1.16; hashes
and sizes are those that the publisher's site states, rounded where it rounds. Nothing that is
not published is filled in: a size, a hash or both may be empty. Backbones trained on ImageNet are
left out, since the checkpoints overwrite them.
"""

from __future__ import annotations

import csv
import re
from functools import cache
from importlib import resources
from urllib.parse import quote

from iqcurate.errors import UsageError
from iqcurate.spec import Weights

_PYIQA = "https://huggingface.co/chaofengc/IQA-PyTorch-Weights/resolve/main/"
_PYIQA_LICENCE = "CC BY-NC-SA 4.0, authors' terms"
_CLIP = "https://openaipublic.azureedge.net/clip/models/"
_CLIP_LICENCE = "MIT"
_PREFIX = re.compile(r"-([0-9a-f]{8})\.\w+$")  # of the sha256, in the names of pyiqa's files

_NEEDED = {
    "clipiqa": ("clip-rn50",),
    "clipiqa+": ("clip-rn50", "clipiqa+"),
    "clipiqa+_rn50_512": ("clip-rn50", "clipiqa+_rn50_512"),
    "clipiqa+_vitl14_512": ("clip-vit-l14", "clipiqa+_vitl14_512"),
    "qualiclip": ("clip-rn50", "qualiclip"),
    "liqe": ("clip-vit-b32", "liqe"),
    "liqe_mix": ("clip-vit-b32", "liqe_mix"),
    "laion_aes": ("clip-vit-l14", "laion_aes"),
    "afine_nr": ("clip-vit-b32", "afine_nr"),
    "niqe": ("pyiqa-niqe",),
    "niqe_matlab": ("pyiqa-niqe_matlab",),
    "brisque": ("pyiqa-brisque",),
    "brisque_matlab": ("pyiqa-brisque_matlab",),
    "pi": ("pyiqa-niqe", "nrqm"),
    "piqe": (),
    "entropy": (),
}
"""Of the metrics that need another file than the one of their own name, or more."""
_TOGETHER = {"qualiclip+": ("clip-rn50", "qualiclip")}
"""What all metrics whose names begin so need besides the file of their own name."""
_NO_METRIC = {"clip-rn50", "clip-vit-b32", "clip-vit-l14"}


@cache
def records() -> dict[str, Weights]:
    """Return every record by its name, in the order people are shown them."""
    text = resources.files("iqcurate.weights").joinpath("records.csv").read_text("utf-8")
    made = [_record(row) for row in csv.DictReader(text.splitlines())]
    return {record.name: record for record in made}


def needed_by(metric: str) -> tuple[Weights, ...]:
    """Return the files that a metric of pyiqa needs.

    Parameters
    ----------
    metric
        Its name, with or without ``pyiqa:`` before it.

    Raises
    ------
    UsageError
        Where its files are not known: models made of many files (such as qalign), of sets of
        images (fid), or unknown ones.
    """
    known = records()
    name = metric.removeprefix("pyiqa:").lower()
    if name in _NEEDED:
        return tuple(known[n] for n in _NEEDED[name])
    if name not in known or name in _NO_METRIC or name.startswith("pyiqa-"):
        raise UsageError(f"which files of weights {metric!r} needs is not known")
    also = next((more for start, more in _TOGETHER.items() if name.startswith(start)), ())
    return tuple(known[n] for n in (*also, name))


def _record(row: dict[str, str]) -> Weights:
    file, sha256 = row["file"], row["sha256"] or None
    digits = _PREFIX.search(file)
    openai = row["name"].startswith("clip-")
    return Weights(
        name=row["name"],
        file=file,
        url=f"{_CLIP}{sha256}/{file}" if openai else _PYIQA + quote(file),
        bytes=int(row["bytes"]) if row["bytes"] else None,
        sha256=sha256,
        sha256_prefix=digits[1] if digits else None,
        licence=_CLIP_LICENCE if openai else _PYIQA_LICENCE,
        trained_on=row["trained_on"],
    )
