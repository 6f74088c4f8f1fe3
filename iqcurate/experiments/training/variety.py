"""Whether a removal takes whole groups or classes, and with them more than bad images."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from iqcurate.experiments.training.design import Arm, Kind

if TYPE_CHECKING:
    from collections.abc import Iterator

    import numpy.typing as npt

    from iqcurate.experiments.training.study import Study

    Ints = npt.NDArray[np.int64]

_FEWER = 0.05


@dataclass(frozen=True, slots=True)
class Left:
    """Groups, and draws without some class, that training sets come down to.

    Parameters
    ----------
    share
        That is removed; 0 where a rule rejects.
    drawn, removed, random
        Groups in all images of a draw, without the worst, and without as many of each class at
        random; means over the seeds.
    lacking
        Draws in which all images of a class are removed, at random as well.
    """

    share: float
    drawn: float
    removed: float
    random: float
    lacking: int

    @property
    def what(self) -> str:
        """Such as ``the worst 30%``."""
        return f"the worst {self.share:.0%}" if self.share else "what is rejected"


def left(study: Study, share: float) -> Left:
    """Count what the removal of a share leaves."""
    arms = Arm(Kind.ALL), Arm(Kind.REMOVED, share), Arm(Kind.RANDOM, share)
    sets = [[study.training(arm, n).rows for n in range(study.settings.seeds)] for arm in arms]
    units, labels = study.taking.units, study.taking.labels
    lacking = sum(
        _distinct(labels[some]) < _distinct(labels[every])
        for every, some in zip(sets[0], sets[1], strict=True)
    )
    drawn, removed, random = (
        float(np.mean([_distinct(units[rows]) for rows in arm])) for arm in sets
    )
    return Left(share, drawn, removed, random, lacking)


def warnings(study: Study) -> Iterator[str]:
    """What the removal of the worst takes besides bad images, in words.

    Groups are told where a twentieth fewer are left than after a random removal.
    """
    found = [left(study, share) for share in study.settings.shares]
    if fewer := [one for one in found if one.removed < (1 - _FEWER) * one.random]:
        said = [
            f"{_number(one.removed)} without {one.what} ({_number(one.random)} at random)"
            for one in fewer
        ]
        yield (
            f"removing the worst removes whole groups: of {_number(fewer[0].drawn)} in a draw "
            f"there are left {', '.join(said)}; so it takes variety, too, and the comparison is "
            "not of quality alone"
        )
    if lacking := [one for one in found if one.lacking]:
        n = study.settings.seeds
        said = [f"{one.what} in {one.lacking} of {n} draws" for one in lacking]
        yield (
            f"all images of a class are among what is removed ({', '.join(said)}): what is left "
            "cannot predict it; --per-class removes the worst of each class"
        )


def _distinct(values: Ints) -> int:
    return len(np.unique(values))


def _number(mean: float) -> str:
    return f"{mean:.0f}" if abs(mean - round(mean)) < 0.05 or mean >= 100 else f"{mean:.1f}"
