"""Shares and paired differences against published values, and coverage by simulation."""

import numpy as np
import pytest

from archbench.stats.proportion import mcnemar_p, paired_difference, share


@pytest.mark.parametrize(
    ("successes", "count", "low", "high"),
    [(81, 263, 0.2553, 0.3662), (15, 148, 0.0624, 0.1605), (0, 20, 0.0, 0.1611), (1, 29, 0.0061, 0.1718)],
)
def test_wilson_as_published(successes, count, low, high):
    """Newcombe 1998, "Two-sided confidence intervals for the single proportion", Table I, method 3."""
    found = share(successes, count)

    assert found.bounded == pytest.approx((low, high), abs=5e-5)
    assert found.estimate == successes / count


def test_a_share_of_all_ends_at_one():
    assert share(50, 50).high == 1.0
    assert share(50, 50).low == pytest.approx(1 - share(0, 50).high)


def test_mcnemar_as_published():
    """Fagerland, Lydersen and Laake 2013, "The McNemar test for binary matched-pairs data": 1 against 7 of 21."""
    assert mcnemar_p(1, 7) == pytest.approx(0.0703, abs=5e-5)


def test_mcnemar_without_a_difference_is_one():
    assert mcnemar_p(0, 0) == mcnemar_p(3, 3) == 1.0


def test_a_paired_difference_by_hand():
    """Bonett and Price: (2 - 8) / 23, and 1.96 times the root of (10 / 23 - (6 / 23) ** 2) / 23, of 1 against 7 of 21."""
    found = paired_difference(1, 7, 21)

    assert found.estimate == pytest.approx(-6 / 21)
    assert found.bounded == pytest.approx((-0.508, -0.013), abs=5e-4)


def test_the_difference_turned_around_is_its_negative():
    there, back = paired_difference(9, 2, 100), paired_difference(2, 9, 100)

    assert there.bounded == pytest.approx([-bound for bound in reversed(back.bounded)])


@pytest.mark.parametrize(("lost", "won"), [(0.01, 0.01), (0.06, 0.01), (0.3, 0.05)])
def test_intervals_cover_the_truth(lost, won):
    generator = np.random.default_rng(5)
    counts = generator.multinomial(300, [lost, won, 1 - lost - won], size=2000)

    covered = [
        found.low <= lost - won <= found.high
        for first, second, _ in counts
        for found in [paired_difference(first, second, 300)]
    ]

    assert np.mean(covered) > 0.94
