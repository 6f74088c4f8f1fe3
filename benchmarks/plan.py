"""How much is measured."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Plan:
    """How often, and on how many files.

    Parameters
    ----------
    rounds, slow_rounds
        On photos of 1 MP; slow tools take part in the first `slow_rounds`.
    large_rounds, slow_large_rounds
        On larger photos.
    large
        How many photos of each of the larger sizes.
    slow_pixels
        Slow tools take part in sets whose photos have no more.
    images, repetitions
        Files of a whole run, and how often each is repeated.
    tiny
        Files of the run that is started again.
    """

    rounds: int = 10
    slow_rounds: int = 4
    large_rounds: int = 5
    slow_large_rounds: int = 3
    large: int = 1
    slow_pixels: int = 13_000_000
    images: int = 360
    repetitions: int = 5
    tiny: int = 10_000


QUICK = Plan()
FULL = Plan(
    rounds=20, slow_rounds=10, large_rounds=10, slow_large_rounds=5, large=2,
    slow_pixels=30_000_000, images=960, repetitions=10, tiny=100_000,
)  # fmt: skip
