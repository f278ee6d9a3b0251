"""Steps of a channel sweep: planted ones are found where they are, and curves without steps stay so."""

import dataclasses
import time

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from archbench.stats.steps import ALPHA, MIN_POINTS, Shape, Steps, changed_steps, find_steps

COUNTS = np.arange(1, 129)
NOISE = 0.01


def noisy(latencies, seed=0, level=NOISE):
    """Heavier at the slow end, and two bad points.

    Where one is the last of a tread, a free jump may be a count off: the tests of those have seeds where none is.
    """
    draw = np.random.default_rng(seed)
    factor = np.exp(level * (draw.standard_normal(len(latencies)) + draw.exponential(1, len(latencies))) / 1.4)
    factor[draw.integers(len(latencies), size=2)] *= 1.3
    return latencies * factor


def found(latencies, counts=COUNTS, seed=0, level=NOISE):
    return find_steps(counts.tolist(), noisy(latencies, seed, level).tolist())


def test_a_staircase_is_told_with_its_width_its_counts_and_its_height():
    steps = found(5.0 * np.ceil(COUNTS / 16) + 10)

    assert steps.shape is Shape.STAIRCASE
    assert steps.is_stepped
    assert steps.width == 16
    assert steps.edges == tuple(range(16, 129, 16))
    # Rises of 5 on 15, 20, ..., 45.
    assert steps.height == pytest.approx(5 / 30, rel=0.15)
    assert steps.p_value < 1e-12


@pytest.mark.parametrize("width", [2, 3, 4, 8, 12, 32])
def test_harmonics_are_not_mistaken_for_the_width(width):
    assert found(1.1 ** np.ceil(COUNTS / width)).width == width


def test_of_coarse_and_fine_steps_the_dominant_ones_are_told():
    assert found(4 + np.ceil(COUNTS / 16) + 0.15 * np.ceil(COUNTS / 8)).width == 16
    assert found(4 + 0.15 * np.ceil(COUNTS / 16) + np.ceil(COUNTS / 8)).width == 8


@pytest.mark.parametrize("trend", [0.0, 0.02])
def test_fast_multiples_are_a_saw_tooth(trend):
    steps = found((1 + trend * COUNTS) * (1 + 0.1 * (COUNTS % 16 != 0)))

    assert steps.shape is Shape.SAW_TOOTH
    assert steps.width == 16
    assert steps.edges == tuple(range(16, 129, 16))
    assert steps.height == pytest.approx(0.1, abs=0.03)


def test_counts_just_after_a_multiple_may_be_the_slow_ones():
    steps = found((1 + 0.02 * COUNTS) * (1 + 0.15 * (COUNTS % 8 == 1)))

    assert steps.shape is Shape.SAW_TOOTH
    assert steps.width == 8
    assert steps.edges == tuple(range(8, 129, 8))


def test_a_remainder_that_grows_until_the_next_multiple_is_a_saw_tooth_too():
    steps = found((1 + 0.01 * COUNTS) * (1 + 0.01 * (COUNTS % 16)))

    assert steps.shape is Shape.SAW_TOOTH
    assert steps.width == 16
    assert steps.edges == tuple(range(16, 129, 16))


def test_uneven_steps_have_edges_but_no_width():
    edges = (10, 22, 50, 70, 101)

    steps = found(1.2 ** np.searchsorted(edges, COUNTS), seed=4)

    assert steps.shape is Shape.STAIRCASE
    assert steps.width is None
    assert steps.edges == edges


def test_one_cliff_is_an_uneven_staircase():
    steps = found((1 + 0.002 * COUNTS) * (1 + 0.2 * (COUNTS > 70)), seed=4)

    assert (steps.shape, steps.width, steps.edges) == (Shape.STAIRCASE, None, (70,))


def test_a_sweep_with_a_stride_knows_widths_and_counts_it_measured():
    counts = np.arange(4, 257, 4)

    steps = found(1.1 ** np.ceil(counts / 32), counts)

    assert steps.width == 32
    assert steps.edges == tuple(range(32, 257, 32))


def test_known_errors_may_differ_between_counts():
    errors = np.where(COUNTS < 40, 0.05, 0.005)
    latencies = 1.1 ** np.ceil(COUNTS / 16)
    noise = errors * np.random.default_rng(1).standard_normal(len(COUNTS))

    steps = find_steps(COUNTS.tolist(), (latencies * (1 + noise)).tolist(), (latencies * errors).tolist())

    assert steps.width == 16
    assert steps.edges == tuple(range(16, 129, 16))


def test_steps_are_exact_without_noise():
    assert found(np.ceil(COUNTS / 8), level=0.0).width == 8
    assert find_steps(COUNTS.tolist(), [3.0] * len(COUNTS)).shape is Shape.LINEAR


@pytest.mark.parametrize(
    ("shape", "latencies"),
    [
        (Shape.LINEAR, 3 + 0.1 * COUNTS),
        (Shape.LINEAR, 0.1 * COUNTS),
        (Shape.SMOOTH, np.sqrt(COUNTS)),
        (Shape.SMOOTH, 1 + (COUNTS / 50) ** 2),
        (Shape.SMOOTH, np.maximum(3, 0.1 * COUNTS)),
        (Shape.SMOOTH, (1 + 0.02 * COUNTS) * (1 + 0.4 / (1 + np.exp(-(COUNTS - 64) / 8)))),
    ],
)
def test_curves_without_steps(shape, latencies):
    steps = found(latencies)

    assert (steps.shape, steps.width, steps.edges, steps.height) == (shape, None, (), 0.0)
    assert not steps.is_stepped
    assert steps.p_value > ALPHA


def test_a_drift_along_the_sweep_is_no_step():
    draw = np.random.default_rng(3)
    drift = 0.01 * np.cumsum(draw.standard_normal(len(COUNTS))) / np.sqrt(20)

    assert not found((1 + COUNTS) * np.exp(drift), level=0.003).is_stepped


def test_a_sweep_of_128_counts_takes_well_below_a_second():
    found(1.0 * COUNTS)
    before = time.process_time()
    found(np.ceil(COUNTS / 8))

    assert time.process_time() - before < 1


@settings(max_examples=15, deadline=None)
@given(width=st.sampled_from([4, 8, 16, 24]), phase=st.integers(0, 23), slope=st.floats(0, 0.004), seed=st.integers(0, 2**32))
def test_a_planted_width_and_phase_are_recovered(width, phase, slope, seed):
    phase %= width
    steps = found((1 + slope * COUNTS) * 1.1 ** np.ceil((COUNTS - phase) / width), seed=seed, level=0.005)

    assert steps.width == width
    assert steps.edges == tuple(count for count in COUNTS.tolist() if count % width == phase)


@settings(max_examples=10, deadline=None)
@given(
    factor=st.floats(1e-9, 1e9),
    step=st.sampled_from([1, 8, 16]),
    seed=st.integers(0, 2**32),
)
def test_the_unit_of_latency_does_not_matter(factor, step, seed):
    latencies = noisy(2 + np.ceil(COUNTS / step), seed)

    one = find_steps(COUNTS.tolist(), latencies.tolist())
    other = find_steps(COUNTS.tolist(), (factor * latencies).tolist())

    assert dataclasses.replace(other, height=0, p_value=0) == dataclasses.replace(one, height=0, p_value=0)
    assert other.height == pytest.approx(one.height, abs=1e-6)
    assert other.p_value == pytest.approx(one.p_value, rel=1e-3, abs=1e-9)


@settings(max_examples=20, deadline=None)
@given(overhead=st.floats(0, 50), level=st.floats(0, 0.05), seed=st.integers(0, 2**32), size=st.integers(MIN_POINTS, 160))
@example(overhead=0.0, level=0.0, seed=5562, size=157)
def test_a_line_has_no_steps(overhead, level, seed, size):
    counts = np.arange(1, size + 1)

    steps = found(overhead + counts, counts, seed, level)

    # Of very many sweeps one shows steps: hypothesis may find it, but not with this certainty.
    assert not steps.is_stepped or steps.p_value > ALPHA / 1e6


@pytest.mark.parametrize(
    ("counts", "latencies", "errors", "message"),
    [
        (range(1, 9), [1.0] * 8, None, "at least 12 channel counts must be given, but got 8"),
        (range(1, 21), [1.0] * 19, None, "one latency, and one error if any, for each of the 20"),
        (range(1, 21), [1.0] * 20, [1.0], "one latency, and one error if any, for each of the 20"),
        (range(20), [1.0] * 20, None, "channel counts must increase from 1 or more"),
        ([*range(1, 20), 19], [1.0] * 20, None, "channel counts must increase from 1 or more"),
        (range(1, 21), [0.0] + [1.0] * 19, None, "latencies must be positive"),
        (range(1, 21), [float("nan")] + [1.0] * 19, None, "latencies must be positive"),
        (range(1, 21), [1.0] * 20, [-1.0] * 20, "standard errors must not be negative"),
    ],
)
def test_what_is_no_sweep_is_refused(counts, latencies, errors, message):
    with pytest.raises(ValueError, match=message):
        find_steps(list(counts), latencies, errors)


def steps_of(width, *edges):
    return Steps(shape=Shape.STAIRCASE, width=width, edges=edges, height=0.1, p_value=0.0)


def test_sweeps_are_compared_by_their_width_and_counts():
    before = steps_of(16, 16, 32, 48)

    same = changed_steps(before, dataclasses.replace(before, height=0.2, p_value=1e-9))
    moved = changed_steps(before, steps_of(16, 15, 32, 48))
    finer = changed_steps(before, steps_of(8, 8, 16, 24, 32, 40, 48))
    lost = changed_steps(before, steps_of(None))

    assert not same
    assert (moved.width, moved.gone, moved.new) == (None, (16,), (15,))
    assert moved
    assert (finer.width, finer.gone, finer.new) == ((16, 8), (), (8, 24, 40))
    assert (lost.width, lost.gone) == ((16, None), (16, 32, 48))


@given(
    gaps=st.lists(st.sampled_from([1, 1, 2, 4, 16, 40]), min_size=MIN_POINTS, max_size=60),
    width=st.sampled_from([4, 8, 16]),
    seed=st.integers(0, 2**32),
)
def test_a_sweep_may_leave_out_whole_steps(gaps, width, seed):
    counts = np.cumsum(gaps)
    steps = found(10 + 4.0 * np.ceil(counts / width), counts, seed)

    assert set(steps.edges) <= set(counts.tolist())
