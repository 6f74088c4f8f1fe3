"""Every file of weights that pyiqa's no-reference models of single images need.

Names of files and addresses are those of pyiqa 0.1.16. Not here: models that are made of many
files (qalign, compare2score, qrealign), need a caption (clipscore) or whole sets of images (fid).
Nor are ImageNet weights of backbones, which the checkpoints overwrite.
"""

from __future__ import annotations

import re

from iqcurate.errors import UsageError
from iqcurate.spec import Weights

_PYIQA = "https://huggingface.co/chaofengc/IQA-PyTorch-Weights/resolve/main/"
_PYIQA_LICENCE = "CC BY-NC-SA 4.0 (pyiqa's collection)"
_CLIP = "https://openaipublic.azureedge.net/clip/models/"
_PREFIX = re.compile(r"-([0-9a-f]{8})\.\w+$")


def _published(name: str, file: str, trained_on: str, size: int | None = None) -> Weights:
    """A file of pyiqa's collection, where a name ends in the first digits of its sha256."""
    digits = _PREFIX.search(file)
    return Weights(
        name=name,
        file=file,
        url=_PYIQA + file,
        bytes=size,
        sha256=None,
        sha256_prefix=digits[1] if digits else None,
        licence=_PYIQA_LICENCE,
        trained_on=trained_on,
    )


def _clip(name: str, file: str, sha256: str, size: int | None = None) -> Weights:
    """A model of OpenAI, whose address holds the sha256."""
    return Weights(
        name=name,
        file=file,
        url=f"{_CLIP}{sha256}/{file}",
        bytes=size,
        sha256=sha256,
        sha256_prefix=None,
        licence="MIT",
        trained_on="400 million captioned images of the web",
    )


CLIP_RN50 = _clip(
    "clip-rn50",
    "RN50.pt",
    "afeb0e10f9e5a86da6080e35cf09123aca3b358a0c3e3b6c78a7b63bc04b6762",
    244_000_000,
)
CLIP_VIT_B32 = _clip(
    "clip-vit-b32",
    "ViT-B-32.pt",
    "40d365715913c9da98579312b702a82c18be219cc2a73407c4526f58eba950af",
)
CLIP_VIT_L14 = _clip(
    "clip-vit-l14",
    "ViT-L-14.pt",
    "b8cca3fd41ae0c99ba7e8951adf17d267cdb84cd88be6f7c2e0eca1737a03836",
)

_NEEDED: dict[str, tuple[Weights, ...]] = {
    "musiq": (_published("musiq", "musiq_koniq_ckpt-e95806b9.pth", "KonIQ-10k", 109_000_000),),
    "musiq-spaq": (_published("musiq-spaq", "musiq_spaq_ckpt-358bb6af.pth", "SPAQ"),),
    "musiq-paq2piq": (_published("musiq-paq2piq", "musiq_paq2piq_ckpt-364c0c84.pth", "PaQ-2-PiQ"),),
    "musiq-ava": (_published("musiq-ava", "musiq_ava_ckpt-e8d3f067.pth", "AVA"),),
    "maniqa": (_published("maniqa", "ckpt_koniq10k.pt", "KonIQ-10k", 543_000_000),),
    "maniqa-kadid": (_published("maniqa-kadid", "ckpt_kadid10k.pt", "KADID-10k"),),
    "maniqa-pipal": (_published("maniqa-pipal", "MANIQA_PIPAL-ae6d356b.pth", "PIPAL"),),
    "hyperiqa": (
        _published("hyperiqa", "HyperIQA-resnet50-koniq10k-c96c41b1.pth", "KonIQ-10k", 110_000_000),
    ),
    "cnniqa": (_published("cnniqa", "CNNIQA_koniq10k-e6f14c91.pth", "KonIQ-10k", 2_900_000),),
    "dbcnn": (_published("dbcnn", "DBCNN_KonIQ10k-2de81c0a.pth", "KonIQ-10k", 61_000_000),),
    "clipiqa": (CLIP_RN50,),
}

RECORDS = {record.name: record for needed in _NEEDED.values() for record in needed}
"""Every record, by name."""


def needed_by(metric: str) -> tuple[Weights, ...]:
    """Return the files that a metric of pyiqa needs, by its name without ``pyiqa:``.

    Raises
    ------
    UsageError
        Where nothing is known of its files.
    """
    if metric in _NEEDED:
        return _NEEDED[metric]
    raise UsageError(f"the files of weights that {metric!r} needs are not known")
