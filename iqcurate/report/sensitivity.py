"""A study of sensitivity as Markdown: verdicts, levels, scores, classes."""

from __future__ import annotations

from typing import TYPE_CHECKING

from iqcurate.analysis.sensitivity.classes import LEAST_IMAGES
from iqcurate.analysis.sensitivity.curves import FALLS
from iqcurate.analysis.sensitivity.link import ALL
from iqcurate.analysis.sensitivity.protocol import DISTORTIONS
from iqcurate.analysis.sensitivity.words import (
    crossing_words,
    interval_words,
    link_words,
    threshold_words,
    verdict_words,
)
from iqcurate.report.markdown import literal

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from typing import Any

    from iqcurate.analysis.sensitivity.classes import ClassFall
    from iqcurate.analysis.sensitivity.curves import Curve
    from iqcurate.analysis.sensitivity.link import Link

_MOST_CLASSES = 5
_STAR = {True: "\\*", False: ""}


def markdown(
    curves: Mapping[str, Mapping[str, Curve]],
    classes: Mapping[str, Mapping[str, list[ClassFall]]],
    links: Mapping[str, Mapping[str, list[Link]]],
    provenance: Mapping[str, Any],
    figures: Mapping[str, str],
) -> str:
    """Write the report.

    Parameters
    ----------
    curves, classes
        By model and distortion.
    links
        By model and metric.
    provenance
        Of the study.
    figures
        Captions of the files beside it.
    """
    lines = ["# Is the model sensitive to image quality?", ""]
    unit = "group" if provenance["resampled_by"] == "group" else "image"
    lines += [
        f"{provenance['images']} images; damaged: {literal(provenance['distorted'])}. Intervals "
        f"are 95%, from {unit} to {unit}.",
    ]
    for model, found in curves.items():
        lines += ["", f"## {literal(model)}", "", *_verdicts(found), "", *_levels(found)]
        lines += _links(links[model])
        lines += _classes(classes[model])
    lines += ["", "## How the images were damaged", ""]
    names = next(iter(curves.values()))
    lines += [
        f"- **{DISTORTIONS[name].title}** ({DISTORTIONS[name].unit}): {DISTORTIONS[name].how}"
        for name in names
    ]
    if provenance["notes"]:
        lines += ["", "## Notes", "", *(f"- {literal(note)}" for note in provenance["notes"])]
    if figures:
        lines += ["", "## Figures"]
        for name, caption in figures.items():
            lines += ["", f"{literal(caption)}:", "", f"![{literal(caption)}]({name})"]
    return "\n".join(lines) + "\n"


def _verdicts(found: Mapping[str, Curve]) -> Iterator[str]:
    clean = next(iter(found.values())).clean
    yield f"Accuracy on the images as they are: {interval_words(clean)}, {clean.images} images."
    yield ""
    for name, curve in found.items():
        what = DISTORTIONS[name]
        yield f"- **{what.title}** ({what.unit}): {verdict_words(curve)}"


def _levels(found: Mapping[str, Curve]) -> Iterator[str]:
    heads = [f"{lost:.0%} lost at" for lost in FALLS]
    yield "Levels at which a share of that accuracy is lost, with 95% intervals; not reached: less"
    yield "is lost at every level."
    yield ""
    yield f"| distortion (level) | {' | '.join(heads)} | harshest level | fall there |"
    yield "|---|--:|--:|--:|--:|--:|"
    for name, curve in found.items():
        what = DISTORTIONS[name]
        last = curve.judged[-1]
        cells = [crossing_words(c, curve) for c in curve.crossings]
        yield (
            f"| {what.titled} | {' | '.join(cells)} | {last.level:g} | "
            f"{interval_words(last.fall)} |"
        )


def _links(links: Mapping[str, list[Link]]) -> Iterator[str]:
    if not links:
        return
    yield ""
    yield "### From score to accuracy"
    yield ""
    yield "AUC: how often a version that the model gets right scores better than one that it gets"
    yield "wrong; 0.5 is chance, less says that the score points the wrong way."
    yield ""
    yield from (f"- {link_words(literal(metric), found)}" for metric, found in links.items())
    yield ""
    yield "Score at which half of the accuracy is lost (none: it does not fall so far with it):"
    yield ""
    names = [each.distortion for each in next(iter(links.values()))]
    titles = [DISTORTIONS[n].title if n != ALL else "all damage" for n in names]
    yield f"| metric | {' | '.join(titles)} |"
    yield f"|---|{'--:|' * len(names)}"
    for metric, found in links.items():
        cells = [threshold_words(each.thresholds[-1]) for each in found]
        yield f"| {literal(metric)} | {' | '.join(cells)} |"


def _classes(classes: Mapping[str, list[ClassFall]]) -> Iterator[str]:
    known = {name: found for name, found in classes.items() if found}
    yield ""
    yield "### Which classes fall first"
    yield ""
    if not known:
        yield f"No class has {LEAST_IMAGES} images or more, so nothing is said of classes."
        return
    count = max(len(found) for found in known.values())
    yield (
        f"Mean fall over all levels, of {count} classes with {LEAST_IMAGES} images or more; * more "
        "than all images together, in view of how many classes were looked at (at most one star in "
        "twenty is there by chance). Those without a star may be at the top by chance."
    )
    yield ""
    yield "| distortion | classes that fall most |"
    yield "|---|---|"
    for name, found in known.items():
        cells = "; ".join(
            f"{literal(c.label)} {interval_words(c.fall)}{_STAR[c.stands_out]}"
            for c in found[:_MOST_CLASSES]
        )
        yield f"| {DISTORTIONS[name].title} | {cells} |"
