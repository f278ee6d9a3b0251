"""The mean accuracy of several trainings: examples and seeds both count."""

import numpy as np
import pytest

from archbench.stats.proportion import share, share_over_seeds


def test_one_seed_is_a_share():
    assert share_over_seeds([90], 100) == share(90, 100)


def test_equal_seeds_are_no_more_examples():
    assert share_over_seeds([90, 90, 90], 100) == share(90, 100)


def test_seeds_that_differ_widen_it():
    apart, alike = share_over_seeds([80, 90, 100], 100), share_over_seeds([89, 90, 91], 100)

    assert apart.estimate == alike.estimate == pytest.approx(0.9)
    assert apart.bounded[0] < alike.bounded[0]
    assert apart.bounded[1] > alike.bounded[1]


@pytest.mark.parametrize("correct", [[0, 0], [100, 100]])
def test_all_or_nothing_stays_within_one(correct):
    low, high = share_over_seeds(correct, 100).bounded

    assert 0 <= low < high <= 1


def test_its_95_per_cent_hold_over_examples_and_seeds():
    """Simulated: examples of varying difficulty, shared by three seeds that vary by two points."""
    generator = np.random.default_rng(0)
    hits = []
    for _ in range(2000):
        hardness = generator.normal(size=300)
        skills = 1.2 + 0.1 * generator.normal(size=3)
        correct = [int((hardness < skill).sum()) for skill in skills]
        low, high = share_over_seeds(correct, 300).bounded
        truth = 0.8840  # P(normal + 0.1 normal < 1.2)
        hits.append(low <= truth <= high)

    assert 0.92 < np.mean(hits) <= 0.99
