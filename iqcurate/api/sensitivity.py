"""Whether a classifier is sensitive to quality, on a user's images."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING, Unpack

from iqcurate.analysis.sensitivity.protocol import make_plan
from iqcurate.api.options import Options, make_options
from iqcurate.api.sensitivity_asked import ask_models
from iqcurate.api.sensitivity_images import AT_INPUT
from iqcurate.api.sensitivity_study import Study

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from iqcurate.api.robustness_cost import CheckCost
    from iqcurate.api.sensitivity_result import SensitivityResult

    PathLike = str | os.PathLike[str]

SAMPLE = 300


def check_sensitivity(
    source: PathLike | Sequence[PathLike],
    output: PathLike,
    *,
    models: Sequence[str],
    distortions: Sequence[str] | None = None,
    levels: Sequence[str] | str | None = None,
    at: str | int = AT_INPUT,
    sample: int = SAMPLE,
    seed: int = 0,
    checkpoint: Sequence[PathLike] | PathLike | None = None,
    classes: Sequence[PathLike] | PathLike | None = None,
    input: Sequence[str] | str | None = None,  # noqa: A002 - as in `predict`
    outputs: Sequence[str] | str | None = None,
    pretrained: bool = False,
    batch: int | None = None,
    announce: Callable[[CheckCost], None] | None = None,
    **options: Unpack[Options],
) -> SensitivityResult:
    """Measure how accuracy falls when images are damaged, and at which quality score.

    Parameters
    ----------
    source
        As for `iqcurate.score`; images need labels.
    output
        Folder of the rows; an existing one is continued. `SensitivityResult.save` writes the
        report into it.
    models
        As for `iqcurate.predict` (but no probe), or ``NAME=MODEL``; those after the first are
        compared with it.
    distortions
        Of ``blur``, ``noise``, ``contrast``, ``jpeg``, ``jpeg2000``, ``resolution``, ``motion``,
        ``defocus``; default: the first six.
    levels
        ``full`` (default; those of the paper), ``coarse``, or ``["blur=1,2,4"]``.
    at
        What is distorted: ``input`` (what the largest of the networks sees, at its size),
        ``image`` (the whole image), or a number of pixels.
    sample
        At most so many images, by chance.
    seed
        Of the sample, the noise and the draws.
    checkpoint, classes, input, outputs
        As for `iqcurate.predict`: one for all models, or one a model in their order (``-`` for
        none).
    pretrained
        Download the parameters that torchvision or timm name.
    batch
        Images at a time.
    announce
        Called with what it will take, before it begins.
    options
        Metrics (``["none"]`` for none), device, what is listed, limits, progress: as for
        `iqcurate.score`.

    Returns
    -------
    SensitivityResult, whose ``verdicts``, ``curves``, ``falls`` and ``links`` are tables.

    Raises
    ------
    SourceError, StoreError, MetricError, ModelError, UsageError
        Where the call cannot be carried out.

    Examples
    --------
    >>> result = iqcurate.check_sensitivity(
    ...     "photos/", "sensitivity/", models=["efficientnet-lite0"], levels="coarse"
    ... )
    >>> result.verdicts[["model", "distortion", "verdict", "sensitive_from"]]
    >>> result.save()
    """
    names: list[PathLike] = [source] if isinstance(source, str | os.PathLike) else list(source)
    made = make_options(**options)
    per_model = {"checkpoint": checkpoint, "classes": classes, "input": input, "outputs": outputs}
    asked = ask_models(
        models, {n: _listed(v) for n, v in per_model.items()}, made, pretrained, batch,
        options.get("device") or "auto",
    )  # fmt: skip
    study = Study(
        [os.fspath(n) for n in names], Path(output), made, asked,
        plan=make_plan(_listed(distortions), _listed(levels)), at=str(at), sample=sample, seed=seed,
    )  # fmt: skip
    if announce is not None:
        announce(study.cost())
    return study.run()


def _listed(value: Sequence[PathLike] | PathLike | None) -> list[str] | None:
    if value is None:
        return None
    return [os.fspath(v) for v in ([value] if isinstance(value, str | os.PathLike) else value)]
