"""Image quality for data sets: score, check, decide, prove.

The public names are imported when they are first used.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from iqcurate.api.audit import audit
    from iqcurate.api.audited import AuditResult
    from iqcurate.api.categories import categories
    from iqcurate.api.categorised import CategoriesResult
    from iqcurate.api.compare import compare
    from iqcurate.api.compared import CompareResult
    from iqcurate.api.curate import curate
    from iqcurate.api.curated import CurateResult
    from iqcurate.api.cutoff import find_cutoffs
    from iqcurate.api.cutoff_result import CutoffResult
    from iqcurate.api.demo import DemoResult, demo
    from iqcurate.api.metrics import list_metrics
    from iqcurate.api.predict import PredictResult, predict
    from iqcurate.api.representation import representation
    from iqcurate.api.represented import RepresentationResult
    from iqcurate.api.robustness import RobustnessResult, check_robustness
    from iqcurate.api.score import ScoreResult, score
    from iqcurate.api.sensitivity import check_sensitivity
    from iqcurate.api.sensitivity_result import SensitivityResult
    from iqcurate.api.single import ImageScores, score_image
    from iqcurate.api.tables import export_scores, load_scores
    from iqcurate.api.training import high_vs_all, remove_worst
    from iqcurate.api.training_result import TrainingResult
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
    "CategoriesResult",
    "CompareResult",
    "CurateResult",
    "CutoffResult",
    "DemoResult",
    "ImageScores",
    "MetricSpec",
    "PredictResult",
    "RepresentationResult",
    "RobustnessResult",
    "ScoreResult",
    "SensitivityResult",
    "TrainingResult",
    "WeightsFile",
    "add_weights",
    "audit",
    "categories",
    "check_robustness",
    "check_sensitivity",
    "compare",
    "curate",
    "demo",
    "export_scores",
    "fetch_weights",
    "find_cutoffs",
    "high_vs_all",
    "list_metrics",
    "list_weights",
    "load_scores",
    "predict",
    "read_manifest",
    "remove_worst",
    "representation",
    "score",
    "score_image",
    "verify_weights",
]

_HOMES = {
    "AuditResult": "iqcurate.api.audited",
    "CategoriesResult": "iqcurate.api.categorised",
    "CompareResult": "iqcurate.api.compared",
    "CurateResult": "iqcurate.api.curated",
    "CutoffResult": "iqcurate.api.cutoff_result",
    "DemoResult": "iqcurate.api.demo",
    "ImageScores": "iqcurate.api.single",
    "MetricSpec": "iqcurate.spec",
    "PredictResult": "iqcurate.api.predict",
    "RepresentationResult": "iqcurate.api.represented",
    "RobustnessResult": "iqcurate.api.robustness",
    "ScoreResult": "iqcurate.api.score",
    "SensitivityResult": "iqcurate.api.sensitivity_result",
    "TrainingResult": "iqcurate.api.training_result",
    "WeightsFile": "iqcurate.api.weights",
    "add_weights": "iqcurate.api.weights",
    "audit": "iqcurate.api.audit",
    "categories": "iqcurate.api.categories",
    "check_robustness": "iqcurate.api.robustness",
    "check_sensitivity": "iqcurate.api.sensitivity",
    "compare": "iqcurate.api.compare",
    "curate": "iqcurate.api.curate",
    "demo": "iqcurate.api.demo",
    "export_scores": "iqcurate.api.tables",
    "fetch_weights": "iqcurate.api.weights",
    "find_cutoffs": "iqcurate.api.cutoff",
    "high_vs_all": "iqcurate.api.training",
    "list_metrics": "iqcurate.api.metrics",
    "list_weights": "iqcurate.api.weights",
    "load_scores": "iqcurate.api.tables",
    "predict": "iqcurate.api.predict",
    "read_manifest": "iqcurate.manifest.read",
    "remove_worst": "iqcurate.api.training",
    "representation": "iqcurate.api.representation",
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
