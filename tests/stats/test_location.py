"""Intervals with known answers and known truth."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from archbench.stats.location import location, log_mean, paired

positive = st.floats(1e-6, 1e3)
sets = st.lists(positive, min_size=2, max_size=12)


def ratio_of(numerator, denominator):
    return numerator.estimate.over(denominator.estimate).interval()


def mean_of(values):
    return log_mean(values).estimate.interval()


def test_the_location_is_the_2_per_cent_quantile():
    assert location(range(51)) == pytest.approx(1.0)
    assert location([5.0]) == 5.0


@given(st.lists(positive, min_size=1, max_size=150))
def test_the_location_is_numpys_quantile_to_the_last_bit(samples):
    assert location(samples) == np.quantile(samples, 0.02)


def test_two_processes_by_hand():
    interval = mean_of([1.0, math.e**2])

    # logs 0 and 2: mean 1, standard error 1, one degree of freedom: t = 12.706
    assert interval.estimate == pytest.approx(math.e)
    assert interval.low == pytest.approx(math.exp(1 - 12.7062), rel=1e-3)
    assert interval.high == pytest.approx(math.exp(1 + 12.7062), rel=1e-3)


def test_the_faster_half_of_four_processes_by_hand():
    mean = log_mean([math.exp(value) for value in (9, 1, 0, 2)])

    # the faster half is 0 and 1; winsorised 1, 1, 0, 1 have a variance of 1/4, times 3 over 2 x 1
    assert mean.value == pytest.approx(0.5)
    assert mean.winsorised == pytest.approx([1, 1, 0, 1])
    assert mean.squared_error == pytest.approx(0.375)
    assert mean.estimate.degrees == 1


def test_disturbed_processes_up_to_half_do_not_move_the_estimate():
    quiet = [1.0, 1.001, 0.999, 1.002, 0.998, 1.0]

    assert mean_of([*quiet, 1.1, 1.2, 5.0]).estimate == pytest.approx(1.0, abs=0.002)


def test_what_two_sides_share_cancels():
    generator = np.random.default_rng(2)
    shared = np.exp(0.1 * generator.standard_normal(10))
    native, own = (shared * np.exp(0.001 * generator.standard_normal(10)) * value for value in (3.0, 1.0))

    together = paired(log_mean(native.tolist()), log_mean(own.tolist())).estimate.interval()
    apart = ratio_of(log_mean(native.tolist()), log_mean(own.tolist()))

    assert together.estimate == pytest.approx(3.0, rel=0.002)
    assert together.high / together.low < 1.01 < apart.high / apart.low


@given(sets, st.floats(0.1, 10))
def test_scaling_all_values_scales_the_interval(values, factor):
    before, after = mean_of(values), mean_of([value * factor for value in values])

    assert after.estimate == pytest.approx(before.estimate * factor)
    assert after.low <= after.estimate * (1 + 1e-12)
    assert after.high >= after.estimate * (1 - 1e-12)


@given(sets, sets)
def test_swapping_the_sides_inverts_the_ratio(first, second):
    forth, back = ratio_of(log_mean(first), log_mean(second)), ratio_of(log_mean(second), log_mean(first))

    assert forth.estimate * back.estimate == pytest.approx(1)
    assert forth.low * back.high == pytest.approx(1)


def test_one_process_gives_no_interval():
    for interval in (mean_of([2.0]), ratio_of(log_mean([2.0]), log_mean([1.0, 1.0]))):
        assert interval.estimate == 2.0
        assert interval.bounded == (-math.inf, math.inf)


@pytest.mark.parametrize("values", [[], [1.0, 0.0], [-1.0]])
def test_what_is_not_a_latency_is_refused(values):
    with pytest.raises(ValueError, match="one positive value a process"):
        log_mean(values)


def effects(generator, noise, shape):
    """Logarithmic effects of processes: placement alone, heavy tails, or one process in five slowed by a tenth of it more."""
    if noise == "heavy":
        return generator.standard_t(4, shape)
    placement = generator.standard_normal(shape)
    return placement + 5 * (generator.random(shape) < 0.2) if noise == "disturbed" else placement


@pytest.mark.parametrize("noise", ["normal", "heavy", "disturbed"])
@pytest.mark.parametrize("count", [10, 20])
def test_a_95_per_cent_interval_covers_the_truth_93_to_97_per_cent_of_the_time(noise, count):
    """Ratio of two sets of processes of equal truth, over 4000 simulations."""
    generator = np.random.default_rng(11)
    values = np.exp(0.01 * effects(generator, noise, (4000, 2, count)))

    covered = sum(within(ratio_of(log_mean(first.tolist()), log_mean(second.tolist()))) for first, second in values)

    assert 0.93 <= covered / len(values) <= 0.97


@pytest.mark.parametrize("count", [10, 20])
def test_a_paired_interval_covers_the_truth_93_to_97_per_cent_of_the_time(count):
    generator = np.random.default_rng(12)
    shared = generator.standard_normal((4000, 1, count))
    values = np.exp(0.01 * (shared + 0.5 * generator.standard_normal((4000, 2, count))))

    covered = sum(within(paired(log_mean(a.tolist()), log_mean(b.tolist())).estimate.interval()) for a, b in values)

    assert 0.93 <= covered / len(values) <= 0.97


def within(interval):
    return interval.low <= 1.0 <= interval.high
