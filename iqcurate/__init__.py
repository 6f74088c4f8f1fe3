"""Image quality for data sets: score, check, decide, prove.

The public names are imported when they are first used.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from iqcurate.api.audit import audit
    from iqcurate.api.audited import AuditResult
    from iqcurate.api.compare import compare
    from iqcurate.api.compared import CompareResult
    from iqcurate.api.curate import curate
    from iqcurate.api.curated import CurateResult
    from iqcurate.api.cutoff import CutoffResult, find_cutoffs
    from iqcurate.api.demo import DemoResult, demo
    from iqcurate.api.metrics import list_metrics
    from iqcurate.api.predict import PredictResult, predict
    from iqcurate.api.robustness import RobustnessResult, check_robustness
    from iqcurate.api.score import ScoreResult, score
    from iqcurate.api.single import ImageScores, score_image
    from iqcurate.api.tables import export_scores, load_scores
    from iqcurate.api.weights import (
        WeightsFile,
        add_weights,
        fetch_weights,
        list_weights,
        verify_weights,
    )
    from iqcurate.manifest.read import read_manifest
    from iqcurate.spec import MetricSpec

__all__ = [
    "AuditResult",
    "CompareResult",
    "CurateResult",
    "CutoffResult",
    "DemoResult",
    "ImageScores",
    "MetricSpec",
    "PredictResult",
    "RobustnessResult",
    "ScoreResult",
    "WeightsFile",
    "add_weights",
    "audit",
    "check_robustness",
    "compare",
    "curate",
    "demo",
    "export_scores",
    "fetch_weights",
    "find_cutoffs",
    "list_metrics",
    "list_weights",
    "load_scores",
    "predict",
    "read_manifest",
    "score",
    "score_image",
    "verify_weights",
]

_HOMES = {
    "AuditResult": "iqcurate.api.audited",
    "CompareResult": "iqcurate.api.compared",
    "CurateResult": "iqcurate.api.curated",
    "CutoffResult": "iqcurate.api.cutoff",
    "DemoResult": "iqcurate.api.demo",
    "ImageScores": "iqcurate.api.single",
    "MetricSpec": "iqcurate.spec",
    "PredictResult": "iqcurate.api.predict",
    "RobustnessResult": "iqcurate.api.robustness",
    "ScoreResult": "iqcurate.api.score",
    "WeightsFile": "iqcurate.api.weights",
    "add_weights": "iqcurate.api.weights",
    "audit": "iqcurate.api.audit",
    "check_robustness": "iqcurate.api.robustness",
    "compare": "iqcurate.api.compare",
    "curate": "iqcurate.api.curate",
    "demo": "iqcurate.api.demo",
    "export_scores": "iqcurate.api.tables",
    "fetch_weights": "iqcurate.api.weights",
    "find_cutoffs": "iqcurate.api.cutoff",
    "list_metrics": "iqcurate.api.metrics",
    "list_weights": "iqcurate.api.weights",
    "load_scores": "iqcurate.api.tables",
    "predict": "iqcurate.api.predict",
    "read_manifest": "iqcurate.manifest.read",
    "score": "iqcurate.api.score",
    "score_image": "iqcurate.api.single",
    "verify_weights": "iqcurate.api.weights",
}


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module 'iqcurate' has no attribute {name!r}")
    from importlib import import_module

    return getattr(import_module(_HOMES[name]), name)


def __dir__() -> list[str]:
    return sorted(__all__)
