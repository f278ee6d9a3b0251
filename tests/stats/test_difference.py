"""The latency of one copy from networks of many and of few: known answers, and what cannot be resolved."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from archbench.stats.difference import difference, estimates
from archbench.stats.location import log_mean
from archbench.stats.moderate import Prior


def measured(seconds, once=50e-6, copies=(2, 6), count=8, between=0.003, seed=0):
    """The difference of networks whose units truly take `seconds`, in `count` processes with effects of size `between`."""
    generator = np.random.default_rng(seed)
    few, many = (
        log_mean(list((once + number * seconds) * np.exp(between * generator.standard_normal(count)))) for number in copies
    )
    return difference(many, few, copies[1] - copies[0])


def test_exact_latencies_give_the_exact_difference():
    found = measured(20e-6, between=0.0)

    assert found.value == pytest.approx(20e-6)
    assert found.share == pytest.approx(80 / 170)
    assert math.exp(found.estimate().value) == pytest.approx(20e-6)


@given(st.floats(1e-6, 1e-2), st.floats(0, 1e-3))
def test_what_a_network_costs_once_cancels(seconds, once):
    assert measured(seconds, once, between=0.0).value == pytest.approx(seconds, rel=1e-6)


def test_the_interval_covers_the_truth_as_often_as_it_says():
    found = [measured(20e-6, seed=seed) for seed in range(400)]
    together = estimates(dict(enumerate(found)))

    for chosen in ([entry.estimate() for entry in found], list(together.values())):
        intervals = [estimate.interval() for estimate in chosen]
        # The faster half of the processes lies a little below their middle, in the one network as in the other.
        covered = sum(interval.low <= 20e-6 <= interval.high for interval in intervals)
        assert 0.88 <= covered / len(intervals) <= 1.0


def test_borrowing_narrows_what_few_processes_know():
    found = {seed: measured(20e-6, count=3, seed=seed) for seed in range(40)}
    alone, together = (
        np.median([interval.high / interval.low for estimate in chosen if (interval := estimate and estimate.interval())])
        for chosen in ([entry.estimate() for entry in found.values()], estimates(found).values())
    )

    assert together - 1 < (alone - 1) / 2


def test_a_unit_below_the_resolution_has_no_estimate():
    assert measured(1e-9, between=0.01).estimate() is None
    assert measured(20e-6).estimate(Prior(variance=1.0, degrees=10)) is None


def test_one_process_gives_none():
    one = log_mean([1e-3])

    assert difference(one, one, 4) is None
