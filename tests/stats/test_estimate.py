"""Log estimates, effects, pooling and multiple testing, by hand, with published values, and with known truth."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import false_discovery_control

from archbench.records.interval import Interval
from archbench.stats.effect import Effect, effect_of
from archbench.stats.estimate import LogEstimate
from archbench.stats.multiple import adjusted
from archbench.stats.pool import pool

estimates = st.builds(LogEstimate, value=st.floats(-1, 1), squared_error=st.floats(1e-6, 1e-2), degrees=st.floats(2, 50))


def known(value, error, degrees=10):
    return LogEstimate(value=value, squared_error=error**2, degrees=degrees)


def interval(low, high):
    return Interval(estimate=math.sqrt(low * high), low=low, high=high, confidence=0.95)


def test_an_interval_by_hand():
    found = known(0.1, 0.02, degrees=10).interval()

    # t(0.975, 10) = 2.2281
    assert found.low == pytest.approx(math.exp(0.1 - 2.2281 * 0.02), rel=1e-5)
    assert found.high == pytest.approx(math.exp(0.1 + 2.2281 * 0.02), rel=1e-5)


def test_welch_by_hand():
    ratio = known(0.3, 0.03, degrees=4).over(known(0.1, 0.04, degrees=9))

    # (9 + 16)^2 / (81 / 4 + 256 / 9) with errors in hundredths
    assert ratio.value == pytest.approx(0.2)
    assert ratio.squared_error == pytest.approx(0.05**2)
    assert ratio.degrees == pytest.approx(625 / (81 / 4 + 256 / 9))


@given(estimates, st.floats(0.5, 2))
def test_p_values_and_intervals_agree(estimate, bound):
    found = estimate.interval(0.95)

    assert (found.low > bound) == (estimate.p_above(bound) < 0.025) or found.low == pytest.approx(bound)
    assert (found.high < bound) == (estimate.p_below(bound) < 0.025) or found.high == pytest.approx(bound)
    assert estimate.p_above(bound) + estimate.p_below(bound) == pytest.approx(1)


@given(estimates, st.floats(0.1, 10))
def test_inverse_and_times(estimate, factor):
    assert estimate.inverse().inverse() == estimate
    assert estimate.times(factor).interval().estimate == pytest.approx(estimate.interval().estimate * factor)


def test_what_has_no_error_proves_nothing_and_what_has_none_at_all_everything():
    unknown = LogEstimate(value=1.0, squared_error=None, degrees=0)

    assert (unknown.p_above(1.0), unknown.p_below(10.0)) == (1.0, 1.0)
    assert unknown.widened(1.0) == unknown
    assert unknown.over(known(0, 1)).squared_error is None
    assert known(0.5, 0.0).p_above(1.0) == 0.0
    assert known(0.5, 0.0).p_below(1.0) == 1.0


@pytest.mark.parametrize(
    ("low", "high", "effect"),
    [
        (1.03, 1.10, Effect.ABOVE),
        (0.90, 0.95, Effect.BELOW),
        (0.99, 1.01, Effect.INSIDE),
        (0.99, 1.03, Effect.OPEN),
        (1.01, 1.03, Effect.OPEN),
        (0.90, 1.10, Effect.OPEN),
    ],
)
def test_effects(low, high, effect):
    assert effect_of(interval(low, high), 0.02) is effect


def test_without_bounds_everything_is_open():
    assert effect_of(Interval(estimate=5.0, low=None, high=None, confidence=0.95), 0.02) is Effect.OPEN


@given(st.integers(0, 10_000))
def test_the_equivalence_test_passes_a_true_border_case_at_most_as_often_as_stated(seed):
    generator = np.random.default_rng(seed)
    border = math.log(1.02) + 0.001 * generator.standard_normal(1000)
    inside = sum(effect_of(known(value, 0.001, degrees=1e6).interval(), 0.02) is Effect.INSIDE for value in border)

    assert inside / 1000 <= 0.025 + 4 * math.sqrt(0.025 * 0.975 / 1000)


def test_adjusted_p_values_of_benjamini_and_hochberg_1995():
    """Their example of fifteen comparisons rejects four at a rate of 5 %."""
    values = (
        0.0001, 0.0004, 0.0019, 0.0095, 0.0201, 0.0278, 0.0298, 0.0344, 0.0459, 0.3240, 0.4262, 0.5719, 0.6528, 0.7590, 1.0,
    )  # fmt: skip
    found = adjusted(dict(enumerate(values)))

    assert [index for index, value in found.items() if value <= 0.05] == [0, 1, 2, 3]
    assert adjusted({}) == {}


@given(st.lists(st.floats(0, 1) | st.sampled_from([0.0, 0.01, 0.5, 1.0]), min_size=1, max_size=40))
def test_adjusted_p_values_are_those_of_scipy(values):
    found = adjusted(dict(enumerate(values)))

    assert list(found.values()) == pytest.approx(false_discovery_control(values), rel=1e-12, abs=1e-300)


def test_the_false_discovery_rate_is_kept_with_a_known_truth():
    generator = np.random.default_rng(5)
    shares = []
    for _ in range(400):
        truth = np.where(generator.random(100) < 0.2, 0.05, 0.0)
        seen = truth + 0.01 * generator.standard_normal(100)
        p_values = {index: known(value, 0.01, degrees=1e6).p_above(1.0) for index, value in enumerate(seen)}
        rejected = [index for index, value in adjusted(p_values).items() if value <= 0.05]
        shares.append(sum(truth[index] == 0 for index in rejected) / max(1, len(rejected)))

    assert np.mean(shares) <= 0.05
    assert np.mean(shares) > 0.02


def test_pooling_equal_members_by_hand():
    pooled = pool([known(0.1, 0.02), known(0.1, 0.02), known(0.1, 0.02), known(0.1, 0.02)])

    assert pooled.value == pytest.approx(0.1)
    assert pooled.squared_error == pytest.approx(0.01**2)
    assert pooled.degrees == 3


def test_members_that_disagree_widen_the_pool():
    agreeing = pool([known(0.10, 0.01), known(0.11, 0.01), known(0.09, 0.01)])
    disagreeing = pool([known(0.0, 0.01), known(0.2, 0.01), known(0.1, 0.01)])

    assert disagreeing.value == pytest.approx(agreeing.value)
    assert disagreeing.squared_error > 20 * agreeing.squared_error


def test_one_member_or_one_without_error_pools_to_no_interval():
    assert pool([known(0.1, 0.02)]).squared_error is None
    assert pool([known(0.1, 0.02), LogEstimate(value=0.1, squared_error=None, degrees=0)]).squared_error is None


def test_the_pooled_interval_covers_the_truth_93_to_97_per_cent_of_the_time():
    """Twelve members with effects of their own around a truth of 0.03."""
    generator = np.random.default_rng(6)
    covered = 0
    for _ in range(3000):
        values = 0.03 + 0.01 * generator.standard_normal(12) + 0.01 * generator.standard_normal(12)
        found = pool([known(value, 0.01, degrees=1e6) for value in values]).interval()
        covered += found.low <= math.exp(0.03) <= found.high

    assert 0.93 <= covered / 3000 <= 0.97
