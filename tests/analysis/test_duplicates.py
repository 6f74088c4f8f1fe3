"""Near duplicates are those that comparing all pairs finds, and chance is kept out."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.sparse.csgraph import connected_components

from iqcurate.analysis.duplicates import COPIES, groups_of, near, near_distance

BITS = 2.0 ** np.arange(64)


def random_hashes(n, seed=0):
    return np.random.default_rng(seed).integers(0, 2**64, n, dtype=np.uint64)


def flipped(hashes, bits, seed=1):
    """Each hash with so many of its bits changed."""
    random = np.random.default_rng(seed)
    made = hashes.copy()
    for i in range(len(made)):
        for bit in random.choice(64, bits, replace=False):
            made[i] ^= np.uint64(1) << np.uint64(bit)
    return made


def same_partition(a, b):
    return len(set(zip(a.tolist(), b.tolist(), strict=True))) == len(set(a)) == len(set(b))


@pytest.mark.parametrize("most", [0, 1, 3, 6, 10, 20])
@pytest.mark.parametrize("n", [1, 2, 60, 700])
def test_groups_are_those_of_all_pairs(n, most):
    start = random_hashes(n)
    steps = [flipped(start[::3], bits, bits) for bits in (1, 2, 4, 7)]
    hashes = np.concatenate([start, *steps, steps[1]])
    close = np.bitwise_count(hashes[:, None] ^ hashes[None]) <= most
    assert same_partition(near(hashes, most), connected_components(close)[1])


@pytest.mark.parametrize("most", [4, 6, 9])
def test_every_copy_is_found_among_many(most):
    originals = random_hashes(60_000)
    copies = flipped(originals[:2000], most)
    groups = near(np.concatenate([originals, copies]), most)
    assert np.array_equal(groups[:2000], groups[60_000:])
    assert len(set(groups.tolist())) > 59_900


def test_a_crowd_of_near_duplicates_is_one_group():
    crowd = np.unique(flipped(np.repeat(random_hashes(1), 5000), 2))
    assert len(set(near(crowd, 4).tolist())) == 1


def test_no_distance_no_groups():
    assert len(set(near(np.zeros(5, np.uint64), -1).tolist())) == 5


def test_distance_is_that_of_copies_until_chance_comes_near():
    assert near_distance(random_hashes(300)) == COPIES
    alike = random_hashes(300) & np.uint64(0x00000000FFFFFFFF)  # half the bits tell nothing
    assert near_distance(alike) < COPIES
    assert near_distance(flipped(np.repeat(random_hashes(1), 300), 3)) == -1
    assert near_distance(random_hashes(5)) == COPIES


def test_duplicates_hardly_move_the_distance():
    apart = random_hashes(400) & np.uint64(0x0000FFFFFFFFFFFF)
    doubled = np.concatenate([apart, flipped(apart, 1)])
    assert abs(near_distance(doubled) - near_distance(apart)) <= 1


def test_chance_neighbours_stay_rare():
    found = near(random_hashes(100_000), near_distance(random_hashes(100_000)))
    assert 100_000 - len(set(found.tolist())) < 100


def test_groups_of_codes():
    groups = groups_of(np.array([3, -1, 5, 3, -1, 5, 3, 8]))
    assert [g.tolist() for g in groups] == [[0, 3, 6], [2, 5]]
    assert groups_of(np.array([], np.int64)) == []
