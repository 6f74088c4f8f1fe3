"""What is remembered of an experiment: what its runs depend on, and how it came about."""

from __future__ import annotations

import hashlib
import json
from typing import TYPE_CHECKING, Any

import numpy as np

from iqcurate.api.training_options import PROBE

if TYPE_CHECKING:
    from collections.abc import Mapping

    from iqcurate.api.training_images import Judged
    from iqcurate.api.training_options import Asked
    from iqcurate.experiments.training.learners import Learner
    from iqcurate.experiments.training.study import Study


def made_by(
    command: str, judged: Judged, study: Study, learner: Learner, contents: Mapping[str, str]
) -> dict[str, Any]:
    """All that runs depend on, in words that tell the user what differs.

    Parameters
    ----------
    command
        The experiment.
    judged, study, learner
        What is run.
    contents
        Hash of each file by id.
    """
    taking, split, quality, s = study.taking, study.split, study.quality, study.settings
    ids = [judged.ids[row] for row in taking.rows.tolist()]
    rejected = np.empty(0) if quality.rejected is None else quality.rejected
    return {
        "experiment": command,
        "images, labels or groups": _hashed(
            ids,
            [contents[name] for name in ids],
            [taking.classes[k] for k in taking.labels.tolist()],
            taking.units.tolist(),
        ),
        "scores": _hashed(quality.rank.tolist(), rejected.tolist(), quality.per_class),
        "held-out images": _hashed(split.test.tolist(), split.validation.tolist()),
        "draws": {"draw": s.draw, "seed": s.seed},
        "learner": dict(learner.identity),
    }


def provenance(
    command: str, asked: Asked, judged: Judged, made_by: Mapping[str, Any]
) -> dict[str, Any]:
    """How a result came about, with `made_by` as the function of that name gives it."""
    from datetime import UTC, datetime
    from importlib.metadata import version

    s = asked.settings
    libraries = ["iqcurate", "numpy", "scipy", "scikit-learn"]
    if asked.learner != PROBE:
        libraries += ["torch", "torchvision"]
    return {
        "made": datetime.now(UTC).isoformat(timespec="minutes"),
        "experiment": command,
        "libraries": {name: version(name) for name in libraries},
        "rule": asked.rule.record(),
        "metrics": list(judged.metrics),
        "group": asked.group,
        "test": asked.test_split or asked.test,
        "validation": asked.validation,
        "shares": list(s.shares),
        "seeds": s.seeds,
        "margin": s.margin,
        "measure": s.measure,
        "shuffles": s.shuffles,
        "made_by": dict(made_by),
    }


def _hashed(*parts: Any) -> str:
    text = json.dumps(parts, ensure_ascii=True, default=str)
    return hashlib.sha256(text.encode()).hexdigest()
