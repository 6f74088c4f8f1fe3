"""The specs of the deep metrics, and of pyiqa's other no-reference models when one is named.

Names, directions and ranges are those of pyiqa 0.1.16.
"""

from __future__ import annotations

import csv
import math
from dataclasses import dataclass, replace
from difflib import get_close_matches
from functools import cache
from importlib import resources

from iqcurate.errors import UnknownMetricError
from iqcurate.spec import Cost, Direction, Input, MetricSpec, Range, Stage
from iqcurate.weights.records import needed_by

_OPERATOR = "iqcurate.metrics.deep.operator:make"
_LICENCE = "pyiqa: PolyForm Noncommercial 1.0.0 (no commercial use); of the weights: see each file"
_FAMILY = "pyiqa:"
_CAP = 1024
"""Longer side of the images of KonIQ-10k, on which most of them were trained."""
_CAPPED = "the longer side of larger images is reduced to 1024 (bicubic, antialiased)"
_CROPS = (
    "{} crops of 224x224 of the full resolution, spread evenly from the top left corner; images "
    "whose shorter side is at most 224 are enlarged to 225 first; equal crops are run once"
)
_KE = "Ke et al., MUSIQ: multi-scale image quality transformer, ICCV 2021"
_YANG = (
    "Yang et al., MANIQA: multi-dimension attention network for no-reference image quality "
    "assessment, CVPR workshops 2022"
)

_DEEP = MetricSpec(
    name="deep",
    version=1,
    title="",
    direction=Direction.HIGHER,
    input=Input.RGB,
    operator=_OPERATOR,
    stage=Stage.BATCH,
    size_policy=_CAPPED,
    max_side=_CAP,
    precisions=("fp32", "bf16"),
    devices=("cpu", "cuda", "mps"),
    batch=4,
    licence=_LICENCE,
    extra="deep",
)
"""What all of them share."""


def _takes(seconds: float) -> Cost:
    return Cost(cpu=seconds, measured="1024x768, one core of an AMD EPYC with AVX-512, in 2026")


def _named(base: MetricSpec, name: str, title: str, **changes: object) -> MetricSpec:
    operator, weights = f"{_OPERATOR}:{name}", needed_by(name)
    given = {"name": name, "title": title, "operator": operator, "weights": weights, **changes}
    return replace(base, **given)  # type: ignore[arg-type]


_MUSIQ = replace(_DEEP, citation=_KE, range=Range(0, 100), cost=_takes(2.5))
_MANIQA = replace(
    _DEEP,
    citation=_YANG,
    range=Range(0, 1),
    size_policy=_CROPS.format(20),
    max_side=math.inf,
    batch=1,
    cost=_takes(80),
)

MUSIQ = _named(_MUSIQ, "musiq", "MUSIQ, trained on KonIQ-10k", groups=("deep",))
MUSIQ_SPAQ = _named(_MUSIQ, "musiq-spaq", "MUSIQ, trained on photos of smartphones")
MUSIQ_PAQ2PIQ = _named(_MUSIQ, "musiq-paq2piq", "MUSIQ, trained on PaQ-2-PiQ")
MUSIQ_AVA = _named(_MUSIQ, "musiq-ava", "MUSIQ, trained on aesthetics", range=Range(1, 10))

MANIQA = _named(_MANIQA, "maniqa", "MANIQA, trained on KonIQ-10k", groups=("deep",))
MANIQA_KADID = _named(_MANIQA, "maniqa-kadid", "MANIQA, trained on KADID-10k")
MANIQA_PIPAL = _named(_MANIQA, "maniqa-pipal", "MANIQA, trained on restored images")

HYPERIQA = _named(
    _DEEP,
    "hyperiqa",
    "HyperIQA, trained on KonIQ-10k",
    range=Range(0, 1),
    size_policy=_CROPS.format(25),
    max_side=math.inf,
    citation=(
        "Su et al., Blindly assess image quality in the wild guided by a self-adaptive hyper "
        "network, CVPR 2020"
    ),
    cost=_takes(3.6),
    groups=("deep",),
)

CLIPIQA = _named(
    _DEEP,
    "clipiqa",
    "CLIP-IQA: nearer to 'good' or to 'bad' in words",
    range=Range(0, 1, hard=True),
    min_size=(32, 32),
    citation=(
        "Wang, Chan and Loy, Exploring CLIP for assessing the look and feel of images, AAAI 2023"
    ),
    cost=_takes(2.7),
    groups=("deep",),
)

CNNIQA = _named(
    _DEEP,
    "cnniqa",
    "CNNIQA, trained on KonIQ-10k",
    range=Range(0, 1),
    min_size=(7, 7),
    size_policy="full resolution",
    max_side=math.inf,
    citation=(
        "Kang et al., Convolutional neural networks for no-reference image quality assessment, "
        "CVPR 2014; in colour, as pyiqa has it"
    ),
    cost=_takes(0.31),
    groups=("deep",),
)

DBCNN = _named(
    _DEEP,
    "dbcnn",
    "DB-CNN, trained on KonIQ-10k",
    range=Range(0, 1),
    min_size=(16, 16),
    citation=(
        "Zhang et al., Blind image quality assessment using a deep bilinear convolutional neural "
        "network, IEEE TCSVT 30(1), 2020"
    ),
    cost=_takes(5.9),
    groups=("deep",),
)

DEEP = {
    spec.name: spec
    for spec in (
        MUSIQ, MUSIQ_SPAQ, MUSIQ_PAQ2PIQ, MUSIQ_AVA, MANIQA, MANIQA_KADID, MANIQA_PIPAL,
        HYPERIQA, CLIPIQA, CNNIQA, DBCNN,
    )
}  # fmt: skip
"""By name."""


@dataclass(frozen=True, slots=True)
class _Model:
    """A model of pyiqa that is only known by ``pyiqa:NAME``."""

    module: str
    title: str
    direction: Direction
    range: Range
    least: int
    max_side: float


_NO_NETWORKS = {"brisque_arch", "entropy_arch", "niqe_arch", "nrqm_arch", "piqe_arch"}
"""Modules of models that count and fit, which rounding to bfloat16 would spoil."""


@cache
def _models() -> dict[str, _Model]:
    text = resources.files("iqcurate.metrics.deep").joinpath("pyiqa.csv").read_text("utf-8")
    return {
        row["name"]: _Model(
            row["module"],
            row["title"],
            Direction(row["direction"]),
            Range(float(row["low"]), float(row["high"])),
            int(row["least"]),
            float(row["max_side"]),
        )
        for row in csv.DictReader(text.splitlines())
    }


def pyiqa_spec(name: str) -> MetricSpec:
    """Make the spec of ``pyiqa:NAME``.

    Raises
    ------
    UnknownMetricError
        Where there is no such model, or iqcurate cannot run it safely.
    """
    if name in DEEP:
        return _named(DEEP[name], _FAMILY + name, DEEP[name].title, groups=())
    model = _models().get(name)
    if model is None:
        raise UnknownMetricError(_unknown(name))
    return _named(
        _DEEP,
        _FAMILY + name,
        model.title,
        direction=model.direction,
        range=model.range,
        min_size=(model.least, model.least),
        max_side=model.max_side,
        size_policy=_CAPPED
        if math.isfinite(model.max_side)
        else "it takes a fixed number of pixels",
        precisions=("fp32",) if model.module in _NO_NETWORKS else _DEEP.precisions,
        citation="see pyiqa",
    )


_FETCHES = "pyiqa fetches its files itself, and nothing that they hold can be checked first"
_REFUSED = {
    "qalign": _FETCHES,
    "qrealign": _FETCHES,
    "compare2score": _FETCHES,
    "fgresq": _FETCHES,
    "maclip": "it runs on a GPU only",
    "arniqa": "its last layer is a program (TorchScript) of which no hash is published",
}
"""Why, of families of models that score single images and are not run."""


def module_of(name: str) -> str:
    """Return the module below ``pyiqa.archs`` that defines a model of `pyiqa_spec`."""
    return _models()[name].module


def _unknown(name: str) -> str:
    for family, why in _REFUSED.items():
        if name.startswith(family):
            return f"pyiqa:{name} is not run: {why}"
    known = [*DEEP, *_models()]
    close = get_close_matches(name, known)
    hint = f"did you mean {' or '.join(close)}?" if close else f"there are {', '.join(known)}"
    return f"pyiqa has no model {name!r} that scores single images alone: {hint}"
