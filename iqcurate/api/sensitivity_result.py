"""What a study of sensitivity gives back: tables, figures, and a folder of files."""

from __future__ import annotations

from dataclasses import asdict, dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, Any

from iqcurate.analysis.sensitivity.words import link_words, verdict_words
from iqcurate.spec import Direction

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from pathlib import Path

    import pandas as pd
    from matplotlib.figure import Figure

    from iqcurate.analysis.sensitivity.classes import ClassFall
    from iqcurate.analysis.sensitivity.curves import Curve
    from iqcurate.analysis.sensitivity.link import Link
    from iqcurate.analysis.sensitivity.paired import Estimate
    from iqcurate.analysis.sensitivity.protocol import Plan
    from iqcurate.api.run import RunReport
    from iqcurate.api.sensitivity_pictures import Example, Layers
    from iqcurate.spec import MetricSpec


@dataclass(frozen=True, slots=True)
class Found:
    """What was found of a model.

    Parameters
    ----------
    curves
        By distortion.
    classes
        By distortion, those that fall most first.
    links
        By metric: one a distortion, and one of all.
    """

    curves: Mapping[str, Curve]
    classes: Mapping[str, list[ClassFall]]
    links: Mapping[str, list[Link]]


@dataclass(frozen=True)
class SensitivityResult:
    """What `check_sensitivity` gives back.

    Parameters
    ----------
    models
        By name; empty after an interruption.
    plan
        Levels by distortion, from mild to harsh.
    metrics
        That were scored.
    provenance
        How it came about.
    folder
        Of the rows and, once saved, the report.
    report
        What the run did.
    examples
        Some images in all their versions.
    layers
        By model: what damage does to its layers; torch models only.
    groups
        Of the images of the sample, by id; None where one has none.
    """

    models: Mapping[str, Found]
    plan: Plan
    metrics: Mapping[str, MetricSpec]
    provenance: Mapping[str, Any]
    folder: Path
    report: RunReport
    examples: Sequence[Example] = ()
    layers: Mapping[str, Layers] = field(default_factory=dict)
    groups: Mapping[str, str | None] = field(default_factory=dict)

    @cached_property
    def verdicts(self) -> pd.DataFrame:
        """One row a model and distortion: verdict, from which level, and a sentence."""
        return _frame(
            {
                "model": model,
                "distortion": name,
                "verdict": str(curve.verdict),
                "sensitive_from": curve.sensitive_from,
                "harmless_to": curve.harmless_to,
                "clean_accuracy": curve.clean.mean,
                "images": curve.clean.images,
                "reason": verdict_words(curve),
            }
            for model, name, curve in self._curves()
        )

    @cached_property
    def curves(self) -> pd.DataFrame:
        """One row a model, distortion and level: accuracy, top 5, falls, with their intervals."""
        return _frame(
            {
                "model": model,
                "distortion": name,
                "level": point.level,
                "images": point.fall.images,
                **_columns("accuracy", point.accuracy),
                **_columns("fall", point.fall),
                **_columns("top5", point.top5),
                **_columns("fall_top5", point.fall_top5),
                "p_true": point.p_true,
            }
            for model, name, curve in self._curves()
            for point in curve.points
        )

    @cached_property
    def falls(self) -> pd.DataFrame:
        """One row a model, distortion and share: the level at which so much accuracy is lost."""
        return _frame(
            {
                "model": model, "distortion": name, "share": c.share, "reached": str(c.reached),
                "level": c.level, "mild": c.mild, "harsh": c.harsh,
            }
            for model, name, curve in self._curves()
            for c in curve.crossings
        )  # fmt: skip

    @cached_property
    def links(self) -> pd.DataFrame:
        """One row a model, metric and distortion: AUC, and the scores at which accuracy is lost."""
        return _frame(
            {"model": model, "metric": metric, **_link(link)}
            for model, found in self.models.items()
            for metric, links in found.links.items()
            for link in links
        )

    @cached_property
    def classes(self) -> pd.DataFrame:
        """One row a model, distortion and class with enough images: its fall over all levels."""
        return _frame(
            {
                "model": model, "distortion": name, "class": c.label, "images": c.fall.images,
                "clean_accuracy": c.clean.mean, **_columns("fall", c.fall),
                "stands_out": c.stands_out,
            }
            for model, found in self.models.items()
            for name, classes in found.classes.items()
            for c in classes
        )  # fmt: skip

    @cached_property
    def layer_changes(self) -> pd.DataFrame:
        """One row a torch model, distortion and layer: mean relative change of its responses."""
        return _frame(
            {
                "model": model, "distortion": name, "level": layers.levels[name], "layer": layer,
                "number": number, "change": sum(values) / len(values), "images": len(values),
            }
            for model, layers in self.layers.items()
            for name, found in layers.changes.items()
            for number, (layer, values) in enumerate(found.items(), 1)
        )  # fmt: skip

    def sentences(self, model: str) -> list[str]:
        """What each metric says about when a model is right."""
        links = self.models[model].links
        return [link_words(metric, found) for metric, found in links.items()]

    def document(self) -> dict[str, Any]:
        """What ``sensitivity.json`` holds."""
        return {
            "format": "iqcurate-sensitivity",
            "version": 1,
            "models": {name: asdict(found) for name, found in self.models.items()},
            "verdicts": self.verdicts.to_dict("records"),
            "provenance": dict(self.provenance),
        }

    def plot(self, distortion: str) -> Figure:
        """Accuracy of all models against the level of a distortion."""
        from iqcurate.analysis.plots.sensitivity import plot_curves

        curves = {name: found.curves[distortion] for name, found in self.models.items()}
        return plot_curves(curves, self.provenance["distorted"])

    def plot_overview(self) -> Figure:
        """Accuracy of all models under every distortion."""
        from iqcurate.analysis.plots.sensitivity import plot_overview

        every = [
            {name: found.curves[distortion] for name, found in self.models.items()}
            for distortion in self.plan
        ]
        return plot_overview(every, self.provenance["distorted"])

    def plot_link(self, model: str, metric: str) -> Figure:
        """Accuracy of a model against a quality score, by distortion."""
        from iqcurate.analysis.plots.sensitivity import plot_links

        return plot_links(
            model, metric, self.models[model].links[metric],
            self.metrics[metric].direction is Direction.LOWER, self.provenance["distorted"],
        )  # fmt: skip

    def plot_examples(self, distortion: str) -> Figure:
        """Some images across the levels, with the probability of the true class."""
        from iqcurate.analysis.plots.examples import plot_examples

        return plot_examples(
            distortion, self.plan[distortion], [e.title for e in self.examples],
            [e.pictures for e in self.examples], [e.p_true for e in self.examples],
            self.provenance["distorted"],
        )  # fmt: skip

    def plot_layers(self, model: str) -> Figure:
        """Relative change of the responses of each layer of a torch model."""
        from iqcurate.analysis.plots.examples import plot_layers

        layers = self.layers[model]
        return plot_layers(model, layers.changes, layers.levels, self.provenance["distorted"])

    def plot_responses(self, model: str) -> Figure:
        """Responses of the first and last layer of a torch model, clean and damaged."""
        from iqcurate.analysis.plots.examples import plot_responses

        layers = self.layers[model]
        return plot_responses(
            model, layers.title, layers.given, layers.first, layers.last,
            self.provenance["distorted"],
        )  # fmt: skip

    def save(self) -> list[Path]:
        """Write report, tables, figures, and the rows that `cutoff` takes, into the folder."""
        from iqcurate.api.sensitivity_files import save

        return save(self)

    def _curves(self) -> Iterator[tuple[str, str, Curve]]:
        for model, found in self.models.items():
            for name, curve in found.curves.items():
                yield model, name, curve


def _frame(rows: Iterator[dict[str, Any]]) -> pd.DataFrame:
    import pandas as pd

    return pd.DataFrame(list(rows))


def _columns(name: str, found: Estimate | None) -> dict[str, float | None]:
    if found is None:
        return {name: None, f"{name}_low": None, f"{name}_high": None}
    return {name: found.mean, f"{name}_low": found.low, f"{name}_high": found.high}


def _link(link: Link) -> dict[str, Any]:
    low, middle, high = link.auc or (None, None, None)
    row: dict[str, Any] = {
        "distortion": link.distortion, "images": link.images, "rows": link.rows,
        "auc": middle, "auc_low": low, "auc_high": high,
    }  # fmt: skip
    for each in link.thresholds:
        name = f"score_{each.share * 100:.0f}"
        ends = each.interval or (None, None)
        row |= {name: each.score, f"{name}_low": ends[0], f"{name}_high": ends[1]}
    return row | _columns("worse", link.worse) | _columns("better", link.better)
