"""What a metric says of itself, without importing anything heavy."""

from __future__ import annotations

import math
import re
from dataclasses import dataclass
from enum import StrEnum

from iqcurate.errors import MetricError, UnknownMetricError

FIXED_COLUMNS = (
    "id",
    "uri",
    "label",
    "split",
    "group",
    "width",
    "height",
    "mode",
    "format",
    "bytes",
    "fingerprint",
    "sha256",
    "status",
    "error",
    "metric_errors",
)
"""Columns of every score table that are not metrics, in their order."""

OTHER_FORMAT = "other_format"
"""Why an image of a format that a metric is not about has no value: no fault, nothing lacks."""

_RESERVED = frozenset(FIXED_COLUMNS) | {
    "variant", "level", "keep", "reason", "votes_low", "votes_cast",
    "predicted", "confidence", "p_true", "correct", "correct_top5", "model", "fold",
}  # fmt: skip
_NAME = re.compile(r"[a-z0-9][a-z0-9_.:+-]*")


class Direction(StrEnum):
    """Which way a score points."""

    HIGHER = "higher"
    """A higher score is a better image."""
    LOWER = "lower"
    """A lower score is a better image."""
    NONE = "none"
    """A plain property, neither good nor bad; never voted on."""


class Input(StrEnum):
    """What a metric function is called with."""

    HEADER = "header"
    """`iqcurate.types.Header`: size, mode, format; no pixels."""
    GREY = "grey"
    """float64 (H, W), whole numbers in [0, 255]: BT.601 of the decoded RGB, rounded."""
    RGB = "rgb"
    """uint8 (H, W, 3)."""


class Stage(StrEnum):
    """Where a metric runs."""

    IMAGE = "image"
    """One image at a time on a CPU thread."""
    BATCH = "batch"
    """Many images at a time on a device."""


class Response(StrEnum):
    """What a distortion does to a score; checked by the contract tests."""

    WORSE = "worse"
    SAME = "same"
    BETTER = "better"


@dataclass(frozen=True, slots=True)
class Range:
    """The values a score takes: `hard` ones never leave it, others seldom do."""

    low: float = -math.inf
    high: float = math.inf
    hard: bool = False


@dataclass(frozen=True, slots=True)
class Weights:
    """A file of trained parameters that is not part of the package.

    Parameters
    ----------
    name
        What users call it, as in ``iqcurate weights fetch musiq``. One file may serve several
        metrics.
    file
        Its name in the folder of weights.
    url
        Where it is published, https.
    bytes
        About how large it is, for people; None where that is not known. Never used to check it.
    sha256
        Of the whole file, where it is published.
    sha256_prefix
        The first digits of it, where only those are published.
    licence
        Of the file, not of the code that runs it.
    trained_on
        The data set of opinions, or what else it was trained on.
    """

    name: str
    file: str
    url: str
    bytes: int | None
    sha256: str | None
    sha256_prefix: str | None
    licence: str
    trained_on: str


@dataclass(frozen=True, slots=True)
class Cost:
    """Seconds an image takes; None where that was not measured.

    Parameters
    ----------
    cpu, gpu
        Seconds.
    measured
        On what: images, machine, threads.
    """

    cpu: float | None = None
    gpu: float | None = None
    measured: str = ""


@dataclass(frozen=True, slots=True)
class MetricSpec:
    """Everything iqcurate needs to know of a metric before it runs.

    Exactly one of `function` and `operator` is given, each as ``"package.module:name"``,
    imported when the metric is first used.

    Parameters
    ----------
    name
        Lower case, pyiqa's name where it has one. Becomes a column of the store.
    version
        Goes up whenever the same image may get another score.
    title
        One line for people.
    direction
        Whether higher or lower is better, or neither.
    input
        What `function` is called with.
    function
        ``f(input) -> float``; raises `UndefinedScoreError` where the score is undefined.
    operator
        ``make(setup) -> ImageOperator | BatchOperator`` (see `iqcurate.operators`); metrics
        that name the same operator are computed by one call of it an image. With a second
        colon, as in ``"package.module:make:WHAT"``, it is ``make(setup, "WHAT")``.
    stage
        Which of the engine's two stages runs it.
    dtype
        Column type: ``float64``, ``int64``, ``bool`` or ``binary``.
    range
        Values it takes.
    ordinary
        5%, 50% and 95% quantile over ordinary photographs, if measured.
    min_size
        Least height and width in pixels.
    formats
        File formats (Pillow's names) on which it is defined; all, where none is named.
    size_policy
        What it does with large images, in words.
    max_side
        Pixels above which the longer side is made smaller where the user says nothing;
        `math.inf` for none; None where it does not heed `Setup.max_side`.
    precisions
        Those of `Setup.precision` that it can run in; empty where it has no choice.
    devices
        Where it can run.
    deterministic
        Same image, same score, always.
    batch
        Preferred number of images at a time (batch stage).
    cost
        Seconds an image, where measured.
    weights
        Files it needs.
    licence
        Of the code.
    extra
        The extra of iqcurate that must be installed.
    citation
        The paper.
    groups
        Names that stand for several metrics, as in ``-m classical``.
    responses
        What named distortions do to the score, on any photograph.
    """

    name: str
    version: int
    title: str
    direction: Direction
    input: Input
    function: str = ""
    operator: str = ""
    stage: Stage = Stage.IMAGE
    dtype: str = "float64"
    range: Range = Range()
    ordinary: tuple[float, float, float] | None = None
    min_size: tuple[int, int] = (1, 1)
    formats: tuple[str, ...] = ()
    size_policy: str = "full resolution"
    max_side: float | None = None
    precisions: tuple[str, ...] = ()
    devices: tuple[str, ...] = ("cpu",)
    deterministic: bool = True
    batch: int = 1
    cost: Cost = Cost()
    weights: tuple[Weights, ...] = ()
    licence: str = "Apache-2.0"
    extra: str = ""
    citation: str = ""
    groups: tuple[str, ...] = ()
    responses: tuple[tuple[str, Response], ...] = ()

    def __post_init__(self) -> None:
        check_column_name(self.name)
        if bool(self.function) == bool(self.operator):
            raise MetricError(f"metric {self.name!r} must name a function or an operator, not both")
        if self.stage is Stage.BATCH and not self.operator:
            raise MetricError(f"metric {self.name!r} runs in batches, so it must name an operator")
        if self.dtype not in ("float64", "int64", "bool", "binary"):
            raise MetricError(f"metric {self.name!r} has an unknown column type {self.dtype!r}")

    @property
    def how_to_install(self) -> str:
        """Command that installs what it needs; "" where it needs nothing."""
        return f"pip install 'iqcurate[{self.extra}]'" if self.extra else ""


def check_column_name(name: str) -> None:
    """Raise `UnknownMetricError` where `name` cannot be the column of a metric."""
    if not _NAME.fullmatch(name):
        raise UnknownMetricError(
            f"{name!r} is no metric name: use lower case letters, digits, _ . : + -"
        )
    if name in _RESERVED or name.endswith("_vote"):
        raise UnknownMetricError(
            f"{name!r} cannot be a metric name: tables have a column of that name"
        )
