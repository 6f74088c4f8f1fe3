"""An experiment with training sets in words."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from iqcurate.experiments.training.design import Question
from iqcurate.experiments.training.study import HIGH, TEST
from iqcurate.report.markdown import literal

if TYPE_CHECKING:
    from collections.abc import Iterator

    from iqcurate.api.training_result import TrainingResult
    from iqcurate.experiments.training.study import Comparison

ASKED = {
    Question.QUALITY: "Does quality matter?",
    Question.REMOVAL: "Should the worst be removed?",
    Question.WEIGHTING: "Should bad images count less?",
}
_AGAINST = {
    Question.QUALITY: "{what} removed, against as many of each class at random",
    Question.REMOVAL: "{what} removed, against nothing removed",
    Question.WEIGHTING: "weighted by quality, against all alike",
}
_ON = {TEST: "all qualities", HIGH: "high quality"}


def headline(answer: Comparison, measure: str) -> str:
    """An answer in a sentence or two."""
    low, high = (100 * end for end in answer.difference.interval(0.95))
    return (
        f"{ASKED[answer.question]} {str(answer.verdict).capitalize()}: "
        f"{against(answer)}: {measure.replace('_', ' ')} {100 * answer.difference.mean:+.1f} "
        f"points (95%: {low:+.1f} to {high:+.1f}) on {answer.difference.images} test images of "
        f"{_ON[answer.part]}; {answer.reason}."
    )


def against(answer: Comparison) -> str:
    """What is compared with what."""
    what = f"the worst {answer.share:.0%}" if answer.share else "what the rule rejects"
    return _AGAINST[answer.question].format(what=what)


def report(result: TrainingResult) -> str:
    """Markdown: answers, tables, and how it was done."""
    return "\n".join(_lines(result)) + "\n"


def _lines(result: TrainingResult) -> Iterator[str]:
    sizes, told = result.sizes, result.provenance
    measure = str(told["measure"])
    yield from ("# What removing bad images does", "")
    for answer in result.answers:
        if answer.part == TEST:
            yield f"- {literal(headline(answer, measure))}"
    if flattering := [a for a in result.answers if a.part == HIGH]:
        yield from ("", "On test images of high quality alone, which flatter a filter:", "")
        yield from (f"- {literal(headline(answer, measure))}" for answer in flattering)
    yield from ("", "![](result.png)", "")
    yield (
        "Bars are intervals of 95%. A circle marks the difference that is judged; within the grey "
        "band differences do not matter."
    )
    yield from ("", "## Differences", "")
    yield from _differences(result)
    yield from ("", "## Means over the seeds, standard deviation in brackets", "")
    yield from _arms(result)
    yield from ("", "## How", "")
    yield (
        f"Each of {told['seeds']} seeds draws {sizes['drawn']} of {sizes['pool']} images and "
        "trains on these, on what is left without the worst, without as many of each class at "
        f"random, and with weights. All are tested on the same {sizes['test']} images, "
        f"{sizes[HIGH]} of them of high quality, which like {sizes['validation']} validation "
        "images were held out before; groups are never parted. Where several shares are tried, "
        "the validation images choose one. Intervals are clustered by test image (or group) and "
        f"by seed. Differences up to {100 * float(told['margin']):g} points do not matter."
    )
    yield ""
    yield from (f"- {literal(note)}" for note in result.report.notes)
    yield from ("", "```", *_provenance(told), "```")


def _differences(result: TrainingResult) -> Iterator[str]:
    yield "| question | removed | tested on | difference, points | 95% interval | chosen |"
    yield "|---|--:|---|--:|---|---|"
    for row in result.differences.to_dict("records"):
        low, high = 100 * row["low"], 100 * row["high"]
        yield (
            f"| {ASKED[Question(row['question'])]} | {_share(row['share'])} "
            f"| {_ON[row['tested_on']]} | {100 * row['difference']:+.1f} "
            f"| {low:+.1f} to {high:+.1f} | {'yes' if row['chosen'] else ''} |"
        )


def _arms(result: TrainingResult) -> Iterator[str]:
    names = [n for n in result.arms.columns if f"{n}_sd" in result.arms.columns]
    yield f"| trained on | removed | images | {' | '.join(n.replace('_', ' ') for n in names)} |"
    yield f"|---|--:|--:|{'--:|' * len(names)}"
    for row in result.arms.to_dict("records"):
        cells = [f"{100 * row[n]:.1f} ({100 * row[f'{n}_sd']:.1f})" for n in names]
        yield (
            f"| {row['arm']} | {_share(row['share'])} | {row['images']:.0f} | {' | '.join(cells)} |"
        )


def _provenance(told: Any) -> Iterator[str]:
    for name, value in told.items():
        yield f"{name}: {value}"


def _share(share: float) -> str:
    return f"{share:.0%}" if share else ""
