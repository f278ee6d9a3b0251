"""Rank correlation: values worked by hand, its interval's coverage, and what it refuses."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import norm

from archbench.stats.correlation import rank_correlation


def test_a_coefficient_and_interval_worked_by_hand():
    # Ranks 1 2 3 4 5 against 2 1 4 3 5: the squared differences add up to 4, so rho is 1 - 6 * 4 / (5 * 24).
    found = rank_correlation([([1, 2, 3, 4, 5], [20, 10, 40, 30, 50])])

    reach = 1.959964 * math.sqrt((1 + 0.8**2 / 2) / 2)
    assert found.estimate == pytest.approx(0.8)
    assert found.low == pytest.approx(math.tanh(math.atanh(0.8) - reach), rel=1e-6)
    assert found.high == pytest.approx(math.tanh(math.atanh(0.8) + reach), rel=1e-6)


@pytest.mark.parametrize("sign", [1, -1])
def test_a_perfect_ranking_reaches_to_the_end_but_proves_little_from_five_points(sign):
    found = rank_correlation([([1, 2, 3, 4, 5], [sign * value for value in (1, 4, 9, 16, 25)])])

    ends = (found.low, found.high)
    assert found.estimate == sign
    assert sign in ends
    assert min(abs(end) for end in ends) < 0.5


def test_groups_share_their_evidence_and_their_levels_do_not_matter():
    one = rank_correlation([([1, 2, 3, 4, 5], [2, 1, 4, 3, 5])])
    four = rank_correlation([([1, 2, 3, 4, 5], [2 + shift, 1 + shift, 4 + shift, 3 + shift, 5 + shift])
                             for shift in (0, 100, -100, 1000)])  # fmt: skip

    assert four.estimate == pytest.approx(one.estimate)
    assert four.low > one.low
    assert four.high < one.high


@pytest.mark.parametrize(("x", "y"), [([1, 2, 3], [1, 2, 3]), ([1, 1, 1, 1], [1, 2, 3, 4]), ([], [])])
def test_too_few_points_or_a_constant_have_no_correlation(x, y):
    assert rank_correlation([(x, y)]) is None


@given(st.lists(st.tuples(st.integers(0, 50), st.integers(0, 50)), min_size=4, max_size=30))
def test_the_interval_holds_its_estimate_and_stays_within_one(pairs):
    found = rank_correlation([([x for x, _ in pairs], [y for _, y in pairs])])

    if found is not None:
        assert -1 <= found.low <= found.estimate <= found.high <= 1


def test_ninety_five_of_a_hundred_intervals_cover_the_truth():
    generator = np.random.default_rng(7)
    # Spearman's coefficient of a bivariate normal: 6 / pi * arcsin(rho / 2).
    rho = 0.6
    truth = 6 / math.pi * math.asin(rho / 2)
    covered = 0
    for _ in range(1000):
        x = norm.rvs(size=25, random_state=generator)
        y = rho * x + math.sqrt(1 - rho**2) * norm.rvs(size=25, random_state=generator)
        found = rank_correlation([(x.tolist(), y.tolist())])
        covered += found.low <= truth <= found.high

    assert 930 <= covered <= 975
