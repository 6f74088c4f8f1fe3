"""What stands out in a data set, in sentences."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

from iqcurate.analysis.audit.confounds import STRONG
from iqcurate.analysis.audit.doubles import extra
from iqcurate.report.flag_words import title
from iqcurate.words import counted

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Mapping, Sequence

    import pandas as pd

    from iqcurate.analysis.audit.doubles import Group
    from iqcurate.analysis.audit.failures import Kind
    from iqcurate.analysis.effect import Effect
    from iqcurate.analysis.flags import Flag

_MANY = 0.15
"""Three times the share of ordinary photos that score worse than their worst 5%."""
_CHANCE = 0.01
_EVEN = 0.1
"""Cramer's V from which class and rejection are said to go together ("small": Cohen 1988)."""


class Weight(StrEnum):
    """How much a sentence matters."""

    GOOD = "good"
    NOTE = "note"
    LOOK = "look"
    """Worth a look before the data are used."""


WEIGHTS = (Weight.LOOK, Weight.NOTE, Weight.GOOD)
"""What matters most comes first."""


@dataclass(frozen=True, slots=True)
class Finding:
    """A sentence, how much it matters, and the section of the page that shows more."""

    weight: Weight
    text: str
    section: str


def on_failures(images: int, kinds: Sequence[Kind]) -> Iterator[Finding]:
    """What could not be read."""
    failed = sum(kind.images for kind in kinds)
    if not images:
        yield Finding(Weight.LOOK, "There are no images.", "failures")
    elif not failed:
        yield Finding(Weight.GOOD, f"All {_images(images)} could be read.", "failures")
    else:
        by_name: dict[str, int] = {}
        for kind in kinds:
            by_name[kind.name] = by_name.get(kind.name, 0) + kind.images
        what = ", ".join(f"{n:,} {name}" for name, n in by_name.items())
        text = (
            f"{failed:,} of {_images(images)} ({share(failed, images)}) could not be read: {what}."
        )
        yield Finding(Weight.LOOK, text, "failures")


def on_undefined(lacking: Mapping[str, int], readable: int) -> Iterator[Finding]:
    """Readable images without a score."""
    for name, n in lacking.items():
        if n == readable and n:
            yield Finding(Weight.LOOK, f"{name} has no score for any image.", "failures")
    some = [f"{name} for {share(n, readable)}" for name, n in lacking.items() if 0 < n < readable]
    if some:
        text = f"Some readable images have no score: {', '.join(some)} of them."
        yield Finding(Weight.NOTE, text, "failures")


def on_ordinary(worse: Mapping[str, float]) -> Iterator[Finding]:
    """Metrics in which many images are worse than nearly all ordinary photos.

    Parameters
    ----------
    worse
        By metric: share of the scores that are worse than the worst 5% of ordinary photos.
    """
    many = [f"{part:.0%} in {name}" for name, part in worse.items() if part >= _MANY]
    if many:
        text = (
            "More images than usual (5%) score worse than 95% of ordinary photos do: "
            f"{', '.join(many)}."
        )
        yield Finding(Weight.LOOK, text, "decide")


def on_cutoffs(known: int, voting: int) -> Iterator[Finding]:
    """Whether there are cut-offs, and any to rely on."""
    if known and not voting:
        which = "The cut-off" if known == 1 else f"None of the {known} cut-offs"
        text = (
            f"{which} can{'not' if known == 1 else ''} be relied on: by these predictions, a low "
            "score does not mean a likelier error. Nothing is rejected unless you decide so."
        )
        yield Finding(Weight.LOOK, text, "decide")


def on_decision(effect: Effect | None, policy: str) -> Iterator[Finding]:
    """What the cut-offs that are set would do."""
    if effect is None or not effect.images:
        return
    kept = f"{effect.kept:,} of {_images(effect.images)} ({share(effect.kept, effect.images)})"
    words = {"majority": "by majority vote", "any": "if any low vote rejects",
             "all": "if only all votes together reject"}  # fmt: skip
    how = words.get(policy, f"if {policy} low votes reject")
    text = f"The cut-offs that are set keep {kept} {how}."
    yield Finding(Weight.NOTE, text, "decide")
    if gone := effect.vanished:
        few = ", ".join(gone[:5]) + (", ..." if len(gone) > 5 else "")
        text = f"Of {len(gone):,} of {len(effect.classes):,} classes nothing would be left: {few}."
        yield Finding(Weight.LOOK, text, "classes")
    link = effect.association
    if link is None or link.cramers_v is None or link.p is None:
        return
    if link.cramers_v >= _EVEN and link.p < _CHANCE:
        text = (
            "The cut-offs reject some classes more than others (Cramér's V "
            f"{link.cramers_v:.2f}, where 0 is not at all and 1 is wholly)."
        )
        yield Finding(Weight.LOOK, text, "classes")


def on_doubles(exact: Sequence[Group], near: Sequence[Group], known: int) -> Iterator[Finding]:
    """Images that are one.

    Parameters
    ----------
    exact, near
        Groups with the same bytes, and with nearly the same look.
    known
        Images whose hash is known.
    """
    if not exact and known:
        yield Finding(Weight.GOOD, "No two images are the same file.", "duplicates")
    for groups, what in (
        (exact, "the same file as another"),
        (near, "nearly the same picture as another"),
    ):
        if not groups:
            continue
        text = f"{counted(extra(groups), 'image is', 'images are')} {what}"
        if splits := sum(group.across_splits for group in groups):
            text += f"; {_of_groups(splits, groups)} in more than one split (leakage)"
        if labels := sum(group.across_labels for group in groups):
            text += f"; {_of_groups(labels, groups)} under more than one label"
        yield Finding(Weight.LOOK, f"{text}.", "duplicates")


def on_flags(flags: Sequence[Flag]) -> Iterator[Finding]:
    """Images that are unlike the rest."""
    found = [f"{len(flag.rows):,} {title(flag.name)}" for flag in flags if len(flag.rows)]
    if found:
        text = f"Some images are unlike the rest: {', '.join(found)}."
        yield Finding(Weight.LOOK, text, "flags")


def on_confounds(correlations: pd.DataFrame, natural: Collection[str]) -> Iterator[Finding]:
    """Scores that go with a plain property of the image.

    Parameters
    ----------
    correlations
        As `iqcurate.analysis.audit.confounds.confounds` gives them.
    natural
        Properties that go with quality anyway, such as the size of a file.
    """
    for name, column in correlations.items():
        strong = column[column.abs() >= STRONG].dropna()
        if not len(strong):
            continue
        who = _listed([f"{metric} ({v:+.2f})" for metric, v in strong.items()])
        go, on = ("goes", "it") if len(strong) == 1 else ("go", "them")
        text = f"{who} {go} with {name} (rank correlation in brackets)"
        if name in natural:
            yield Finding(
                Weight.NOTE, f"{text}, as is natural: more detail takes more bytes.", "confounds"
            )
        else:
            text += f": a cut-off on {on} is partly a cut-off on that."
            yield Finding(Weight.LOOK, text, "confounds")


def on_families(groups: Sequence[Sequence[str]]) -> Iterator[Finding]:
    """Metrics that rank alike."""
    for group in groups:
        text = f"{_listed(group)} rank the images almost alike: their votes are nearly one."
        yield Finding(Weight.NOTE, text, "agreement")


def share(part: float, whole: float) -> str:
    """A share in percent, with a digit more where it is small."""
    percent = 100 * part / whole if whole else 0.0
    return f"{percent:.2g}%" if 0 < percent < 1 else f"{percent:.1f}%"


def _listed(names: Sequence[str]) -> str:
    return f"{', '.join(names[:-1])} and {names[-1]}" if len(names) > 1 else names[0]


def _images(n: int) -> str:
    return f"{n:,} image{'s' * (n != 1)}"


def _of_groups(n: int, groups: Sequence[Group]) -> str:
    whole = counted(len(groups), "group")
    return (
        "the group lies" if len(groups) == 1 else f"{n:,} of {whole} {'lies' if n == 1 else 'lie'}"
    )
