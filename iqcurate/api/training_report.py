"""An experiment with training sets in words."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from iqcurate.experiments.training.design import Kind, Question
from iqcurate.experiments.training.measures import ACCURACY, AUC, BALANCED
from iqcurate.experiments.training.study import HIGH, TEST
from iqcurate.experiments.training.verdict import points
from iqcurate.report.markdown import literal
from iqcurate.words import counted

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from iqcurate.api.training_result import TrainingResult
    from iqcurate.experiments.training.study import Comparison

_ASKED = {
    Question.QUALITY: "Does quality matter?",
    Question.REMOVAL: "Should {what} be removed?",
    Question.WEIGHTING: "Should bad images count less?",
}
_COMPARED = {
    Question.QUALITY: "trained without {what}, against without as many of each class at random",
    Question.REMOVAL: "trained without {what}, against with all images of the draw",
    Question.WEIGHTING: "trained with weights by quality, against all images alike",
}
_TRAINED = {
    Kind.ALL: "all",
    Kind.REMOVED: "without the worst",
    Kind.RANDOM: "without as many at random",
    Kind.WEIGHTED: "all, weighted by quality",
}
_ON = {TEST: "all qualities", HIGH: "high quality"}
_MEASURES = {ACCURACY: "accuracy", BALANCED: "balanced accuracy", AUC: "AUC"}
_VERDICTS = (
    "*No effect*: the 90% interval lies within what does not matter. *Helps*, *hurts*: the 95% "
    "interval excludes 0. *Cannot tell*: this data shows neither, which is not the same as no "
    "effect."
)


def asked(question: Question, share: float) -> str:
    """The question, of a share or of what a rule rejects."""
    return _ASKED[question].format(what="the worst" if share else "what the rule rejects")


def trained(arm: str) -> str:
    """What a training set is, in words."""
    return _TRAINED[Kind(arm)]


def removed(result: TrainingResult, arm: Mapping[Any, Any]) -> str:
    """What share of a draw an arm (a row of `arms`) lacks: as asked, or as the rule rejects."""
    share = arm["share"] or 1 - arm["images"] / result.sizes["drawn"]
    return f"{share:.0%}" if share else ""


def headline(answer: Comparison, measure: str) -> str:
    """An answer in a sentence or two."""
    return f"{_verdict(answer)} {_reason(answer, measure)}"


def _verdict(answer: Comparison) -> str:
    return f"{asked(answer.question, answer.share)} {str(answer.verdict).capitalize()}:"


def _reason(answer: Comparison, measure: str) -> str:
    low, high = (100 * end for end in answer.difference.interval(0.95))
    what = f"the worst {answer.share:.0%}" if answer.share else "what the rule rejects"
    return (
        f"{_COMPARED[answer.question].format(what=what)}: {_MEASURES[measure]} "
        f"{100 * answer.difference.mean:+.1f} points (95%: {low:+.1f} to {high:+.1f}) on "
        f"{answer.difference.images} test images of {_ON[answer.part]}; {answer.reason}."
    )


def report(result: TrainingResult) -> str:
    """Markdown: answers, tables, and how it was done."""
    return "\n".join(_lines(result)) + "\n"


def _lines(result: TrainingResult) -> Iterator[str]:
    yield from ("# What removing bad images does", "")
    yield from _answers(result, TEST)
    if any(answer.part == HIGH for answer in result.answers):
        yield from ("", "On test images of high quality alone, which flatter a filter:", "")
        yield from _answers(result, HIGH)
    yield from ("", _VERDICTS)
    if result.report.notes:
        yield from ("", "To keep in mind:", "")
        yield from (f"- {literal(note)}" for note in result.report.notes)
    yield from ("", "![](result.png)", "")
    yield (
        "Bars are intervals of 95%. Those above also hold how hard the test images are, which all "
        "ways to train share; those below are of differences on the same images, and narrower. A "
        "circle marks what is judged. In the grey band differences do not matter."
    )
    yield from ("", "## Differences", "")
    yield from _differences(result)
    yield from ("", "## Means over the seeds, %, standard deviation in brackets", "")
    yield from _arms(result)
    yield from ("", "## How", "", _how(result), "", "```")
    yield from (f"{name}: {json.dumps(told)}" for name, told in result.provenance.items())
    yield "```"


def _answers(result: TrainingResult, part: str) -> Iterator[str]:
    measure = str(result.provenance["measure"])
    for answer in result.answers:
        if answer.part == part:
            yield f"- **{_verdict(answer)}** {literal(_reason(answer, measure))}"


def _how(result: TrainingResult) -> str:
    sizes, told = result.sizes, result.provenance
    return (
        f"Each of {told['seeds']} seeds draws {sizes['drawn']} of {sizes['pool']} images and "
        "trains a model on these, one on what is left without the worst, one without as many of "
        "each class at random, and one with weights. All are tested on the same "
        f"{counted(sizes['test'], 'image')}, {sizes[HIGH]} of them of high quality, which like "
        f"{counted(sizes['validation'], 'validation image')} were held out before; groups are "
        "never parted. Where several shares are tried, the validation images choose one. "
        "Intervals are clustered by test image (or group) and by seed. Differences up to "
        f"{points(float(told['margin']))} do not matter."
    )


def _differences(result: TrainingResult) -> Iterator[str]:
    yield "| question | removed | tested on | difference, points | 95% interval | judged |"
    yield "|---|--:|---|--:|---|---|"
    for row in result.differences.to_dict("records"):
        low, high = 100 * row["low"], 100 * row["high"]
        question = asked(Question(row["question"]), row["share"])
        yield (
            f"| {question} | {_share(row['share'])} "
            f"| {_ON[row['tested_on']]} | {100 * row['difference']:+.1f} "
            f"| {low:+.1f} to {high:+.1f} | {'yes' if row['chosen'] else ''} |"
        )


def _arms(result: TrainingResult) -> Iterator[str]:
    names = {
        f"{part}_{name}": f"{said}, {_ON[part]}"
        for part in (TEST, HIGH)
        for name, said in _MEASURES.items()
        if f"{part}_{name}" in result.arms
    }
    yield f"| trained on | removed | images | groups | {' | '.join(names.values())} |"
    yield f"|---|--:|--:|--:|{'--:|' * len(names)}"
    for row in result.arms.to_dict("records"):
        cells = [f"{100 * row[n]:.1f} ({100 * row[f'{n}_sd']:.1f})" for n in names]
        yield (
            f"| {trained(row['arm'])} | {removed(result, row)} | {row['images']:.0f} "
            f"| {row['groups']:.0f} | {' | '.join(cells)} |"
        )


def _share(share: float) -> str:
    return f"{share:.0%}" if share else ""
