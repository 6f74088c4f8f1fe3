"""How often the intervals of `iqcurate cutoff` hold the truth, and its verdicts are right.

``python -m benchmarks.coverage`` draws samples whose true crossing is known and prints the tables
of docs/cutoffs.md: an hour on one core with the default of 1000 draws a case.
"""

from __future__ import annotations

import argparse
import sys
from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol
from zlib import crc32

import numpy as np
from scipy import stats

from iqcurate.analysis.cutoffs.find import Settings, find_cutoff
from iqcurate.analysis.cutoffs.methods import Method
from iqcurate.analysis.cutoffs.sample import Sample
from iqcurate.cutoffs import Verdict
from iqcurate.spec import Direction

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    import numpy.typing as npt

    from iqcurate.cutoffs import Cutoff

TOTAL = 1000
WRONG = (30, 100, 300)
BOOTSTRAPS = 300
"""Of each draw; fewer than the command takes, which makes the intervals a little rougher."""
_CLASSES = 10


class Distribution(Protocol):
    """What of scipy's distributions is used."""

    def cdf(self, x: Any) -> Any:
        """Distribution function."""

    def ppf(self, q: Any) -> Any:
        """Quantiles."""

    def rvs(self, size: Any, random_state: Any) -> Any:
        """Random values."""


@dataclass(frozen=True)
class Mixture:
    """Distributions with their weights, which add up to 1."""

    parts: tuple[tuple[float, Distribution], ...]

    def cdf(self, x: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
        """Distribution function."""
        return np.asarray(sum(w * d.cdf(x) for w, d in self.parts))

    def draw(self, n: int, random: np.random.Generator) -> npt.NDArray[np.float64]:
        """`n` values."""
        which = random.choice(len(self.parts), size=n, p=[w for w, _ in self.parts])
        drawn = [d.rvs(size=n, random_state=random) for _, d in self.parts]
        return np.choose(which, drawn)


def _one(distribution: Distribution) -> Mixture:
    return Mixture(((1.0, distribution),))


_STANDARD = _one(stats.norm())
CASES: Mapping[str, tuple[Mixture, Mixture]] = {
    "two Gaussians, equal spread": (_STANDARD, _one(stats.norm(-1, 1))),
    "two Gaussians, unequal spread": (_STANDARD, _one(stats.norm(-1, 1.3))),
    "no crossing between the modes": (_STANDARD, _one(stats.norm(-1, 2))),
    "lognormal": (_one(stats.lognorm(0.8)), _one(stats.lognorm(0.8, scale=np.exp(-0.8)))),
    "bounded (beta)": (_one(stats.beta(5, 2)), _one(stats.beta(2, 2))),
    "bimodal wrong ones": (
        _STANDARD,
        Mixture(((0.5, stats.norm(-2, 0.5)), (0.5, stats.norm(0, 1)))),
    ),
}
"""Scores of right and of wrong images; higher is better."""


def true_crossing(right: Mixture, wrong: Mixture) -> float:
    """Where F_wrong - F_right is largest."""
    ends = [d.ppf(q) for m in (right, wrong) for _, d in m.parts for q in (1e-4, 1 - 1e-4)]
    grid = np.linspace(min(ends), max(ends), 400_001)
    return float(grid[np.argmax(wrong.cdf(grid) - right.cdf(grid))])


def draw(right: Mixture, wrong: Mixture, n_right: int, n_wrong: int, seed: int) -> Sample:
    """A sample with classes that have nothing to do with scores or errors."""
    random = np.random.default_rng(seed)
    values = np.concatenate([right.draw(n_right, random), wrong.draw(n_wrong, random)])
    classes = random.integers(_CLASSES, size=len(values)).astype(np.int32)
    return Sample(values, np.arange(len(values)) >= n_right, None, classes)


def found(sample: Sample, seed: int, method: Method | None = None) -> Cutoff:
    """The cut-off of a sample whose higher scores are better."""
    settings = Settings(method or Method(), BOOTSTRAPS, seed)
    return find_cutoff(sample, Direction.HIGHER, settings)


def coverage(name: str, n_wrong: int, draws: int) -> float:
    """Share of draws in which the interval holds the true crossing."""
    right, wrong = CASES[name]
    truth = true_crossing(right, wrong)
    held = 0
    first = crc32(f"{name} {n_wrong}".encode())
    for seed in range(first, first + draws):
        ends = found(draw(right, wrong, TOTAL - n_wrong, n_wrong, seed), seed).interval
        held += ends is not None and ends[0] <= truth <= ends[1]
    return held / draws


def verdicts(name: str, draws: int) -> Counter[Verdict]:
    """Verdicts on samples made from seeds in a row."""
    first = crc32(name.encode())
    make = VERDICTS[name]
    return Counter(found(make(s), s).verdict for s in range(first, first + draws))


def auc_sample(
    auc: float, n_right: int, n_wrong: int, spread: float = 1.0
) -> Callable[[int], Sample]:
    """Gaussians at a distance that gives the area under the curve."""
    distance = float(stats.norm.ppf(auc)) * float(np.hypot(1, spread))
    wrong = _one(stats.norm(-distance, spread))
    return lambda seed: draw(_STANDARD, wrong, n_right, n_wrong, seed)


def confounded(seed: int) -> Sample:
    """Two of ten classes are plain and hard; within classes quality does not matter.

    Over all, the area under the curve is .68.
    """
    random = np.random.default_rng(seed)
    classes = random.integers(_CLASSES, size=TOTAL).astype(np.int32)
    plain = classes < 2
    wrong = random.random(TOTAL) < np.where(plain, 0.4, 0.05)
    return Sample(random.normal(np.where(plain, -1.4, 0.0)), wrong, None, classes)


def many_classes(n_classes: int) -> Callable[[int], Sample]:
    """AUC .7, 35 of 700 wrong, in more or fewer classes."""

    def make(seed: int) -> Sample:
        sample = auc_sample(0.7, 665, 35)(seed)
        random = np.random.default_rng([seed, n_classes])
        classes = random.integers(n_classes, size=700).astype(np.int32)
        return Sample(sample.goodness, sample.wrong, None, classes)

    return make


VERDICTS: Mapping[str, Callable[[int], Sample]] = {
    "equal, 35 wrong of 700": auc_sample(0.5, 665, 35),
    "equal, 100 of 1000": auc_sample(0.5, 900, 100),
    "AUC .5, sd ratio 2, 35 of 700": auc_sample(0.5, 665, 35, 2.0),
    "AUC .5, sd ratio 2, 100 of 1000": auc_sample(0.5, 900, 100, 2.0),
    "AUC .5, sd ratio 1/2, 35 of 700": auc_sample(0.5, 665, 35, 0.5),
    "AUC .5, sd ratio 1/2, 100 of 1000": auc_sample(0.5, 900, 100, 0.5),
    "plain classes are hard, about 120 of 1000": confounded,
    "AUC .7, 35 of 700": auc_sample(0.7, 665, 35),
    "AUC .7, 35 of 700, 31 classes": many_classes(31),
    "AUC .7, 35 of 700, 100 classes": many_classes(100),
    "AUC .7, 35 of 700, 350 classes": many_classes(350),
    "AUC .7, 100 of 1000": auc_sample(0.7, 900, 100),
}
"""Samples by seed."""


def main() -> None:
    """Print both tables."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n")[0])
    parser.add_argument("--draws", type=int, default=1000, help="of each case")
    draws = parser.parse_args().draws
    print("| true crossing held |", " | ".join(f"{n} wrong" for n in WRONG), "|")
    print("|---|" + "---:|" * len(WRONG))
    every = []
    for name in CASES:
        held = [coverage(name, n, draws) for n in WRONG]
        every += held
        print(f"| {name} |", " | ".join(f"{h:.3f}" for h in held), "|")
        sys.stdout.flush()
    print(f"\nmean {np.mean(every):.3f}, least {min(every):.3f}\n")
    kinds = [Verdict.NONE, Verdict.WEAK, Verdict.USABLE]
    print("| verdicts |", " | ".join(kinds), "|")
    print("|---|" + "---:|" * len(kinds))
    for name in VERDICTS:
        counts = verdicts(name, draws)
        print(f"| {name} |", " | ".join(str(counts[k]) for k in kinds), "|")
        sys.stdout.flush()


if __name__ == "__main__":
    main()
