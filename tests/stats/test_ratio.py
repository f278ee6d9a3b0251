"""Intervals with known answers and known truth."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats as scipy_stats

from archbench.stats.ratio import location, mean_of, ratio_of

positive = st.floats(1e-6, 1e3)


def test_the_location_is_the_first_decile():
    assert location(range(11)) == pytest.approx(1.0)
    assert location([5.0]) == 5.0


def test_two_processes_by_hand():
    interval = mean_of([1.0, math.e**2])

    # logs 0 and 2: mean 1, standard error 1, one degree of freedom: t = 12.706
    assert interval.estimate == pytest.approx(math.e)
    assert interval.low == pytest.approx(math.exp(1 - 12.7062), rel=1e-3)
    assert interval.high == pytest.approx(math.exp(1 + 12.7062), rel=1e-3)


def test_ten_processes_agree_with_scipys_trimmed_t_test():
    generator = np.random.default_rng(3)
    first, second = np.exp(generator.standard_normal((2, 10)) * 0.1 + [[0.2], [0.0]])

    interval = ratio_of(first.tolist(), second.tolist())

    expected = scipy_stats.ttest_ind(np.log(first), np.log(second), equal_var=False, trim=0.2)
    half = (math.log(interval.high) - math.log(interval.low)) / 2
    standard_error = half / scipy_stats.t.ppf(0.975, expected.df)
    assert math.log(interval.estimate) / standard_error == pytest.approx(expected.statistic)


def test_an_outlying_process_hardly_moves_the_estimate():
    assert mean_of([1.0, 1.001, 0.999, 1.002, 0.998, 5.0]).estimate == pytest.approx(1.0, abs=0.005)


@given(st.lists(positive, min_size=2, max_size=12), st.floats(0.1, 10))
def test_scaling_all_values_scales_the_interval(values, factor):
    before, after = mean_of(values), mean_of([value * factor for value in values])

    assert after.estimate == pytest.approx(before.estimate * factor)
    assert after.low <= after.estimate * (1 + 1e-12)
    assert after.high >= after.estimate * (1 - 1e-12)


@given(st.lists(positive, min_size=2, max_size=12), st.lists(positive, min_size=2, max_size=12))
def test_swapping_the_sides_inverts_the_interval(first, second):
    forth, back = ratio_of(first, second), ratio_of(second, first)

    assert forth.estimate * back.estimate == pytest.approx(1)


def test_one_process_gives_no_interval():
    for interval in (mean_of([2.0]), ratio_of([2.0], [1.0, 1.0])):
        assert interval.estimate == 2.0
        assert interval.bounded == (-math.inf, math.inf)


@pytest.mark.parametrize("values", [[], [1.0, 0.0], [-1.0]])
def test_what_is_not_a_latency_is_refused(values):
    with pytest.raises(ValueError, match="one positive value a process"):
        mean_of(values)


@pytest.mark.parametrize("noise", ["normal", "heavy"])
@pytest.mark.parametrize("count", [5, 10])
def test_a_95_per_cent_interval_covers_the_truth_93_to_97_per_cent_of_the_time(noise, count):
    """Ratio of two sets of processes with equal truth, over 4000 simulations."""
    generator = np.random.default_rng(11)
    trials = 4000
    shape = (trials, 2, count)
    effects = generator.standard_normal(shape) if noise == "normal" else generator.standard_t(4, shape)
    values = np.exp(0.02 * effects)

    covered = 0
    for first, second in values:
        low, high = ratio_of(first.tolist(), second.tolist()).bounded
        covered += low <= 1.0 <= high

    assert 0.93 <= covered / trials <= 0.97
