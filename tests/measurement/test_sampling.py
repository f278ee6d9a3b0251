"""The timed loop, with a clock that counts instead of ticking."""

import gc
import itertools

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from archbench.measurement.sampling import (
    SLICE_NS,
    TURN_NS,
    Runnable,
    alternating_orders,
    random_orders,
    sample_rounds,
    warm_up,
)


class FakeClock:
    """Time passes only when a runnable says so."""

    def __init__(self):
        self.now = 0

    def __call__(self):
        return self.now

    def takes(self, *durations):
        """A callable that takes these durations in turn, the last one for ever."""
        left = list(durations)

        def run():
            self.now += left.pop(0) if len(left) > 1 else left[0]

        return run


def sample(clock, runnables, *, seconds=0.0, min_rounds=5, seed=0, probe=lambda: 7):
    orders = random_orders(tuple(runnables), np.random.default_rng(seed))
    return sample_rounds(runnables, probe, seconds=seconds, min_rounds=min_rounds, orders=orders, clock=clock)


def half_turn(clock, then=lambda: None):
    """A runnable whose every run takes half a turn."""

    def run():
        clock.now += TURN_NS // 2
        then()

    return Runnable(run=run, inferences=1)


def test_each_slice_is_timed_alone_and_a_turn_holds_as_many_as_fit():
    clock = FakeClock()
    third = TURN_NS // 3 + 1

    timed = sample(
        clock,
        {
            "slow": Runnable(run=clock.takes(third), inferences=1),
            "fast": Runnable(run=clock.takes(TURN_NS // 20), inferences=10),
        },
    )

    assert timed.duration_ns == {"slow": (third,) * 15, "fast": (TURN_NS // 2,) * 10}
    assert timed.loop_ns == 5 * (3 * third + TURN_NS)


def test_every_turn_is_probed_before_it():
    clock = FakeClock()
    seen = []
    runnables = {name: half_turn(clock, lambda name=name: seen.append(name)) for name in "ab"}

    timed = sample(clock, runnables, probe=lambda: seen.append("probe") or 7)

    assert timed.probe_ns == (7,) * 10
    assert seen[::3] == ["probe"] * 10


def test_what_outlasts_a_turn_runs_twice_so_that_one_slice_is_on_its_own_caches():
    clock = FakeClock()

    timed = sample(clock, {"slow": Runnable(run=clock.takes(*[3 * TURN_NS, 2 * TURN_NS] * 5), inferences=1)})

    assert timed.duration_ns["slow"] == (3 * TURN_NS, 2 * TURN_NS) * 5


@pytest.fixture(scope="module")
def light_heap():
    """Sampling collects garbage first, which takes long beside what other tests have imported."""
    gc.freeze()
    yield
    gc.unfreeze()


@pytest.mark.usefixtures("light_heap")
@given(st.floats(0, 0.05), st.integers(1, 20))
def test_rounds_go_on_until_both_the_time_and_the_least_count_are_reached(seconds, min_rounds):
    clock = FakeClock()

    timed = sample(clock, {"one": half_turn(clock)}, seconds=seconds, min_rounds=min_rounds)

    rounds = len(timed.probe_ns)
    assert rounds >= min_rounds
    assert timed.loop_ns >= int(seconds * 1e9)
    assert rounds == min_rounds or (rounds - 1) * TURN_NS < int(seconds * 1e9)


def test_random_orders_are_drawn_anew_and_follow_the_seed():
    def drawn(seed):
        return ["".join(order) for order in itertools.islice(random_orders("ab", np.random.default_rng(seed)), 40)]

    assert set(drawn(0)) == {"ab", "ba"}
    assert 10 < drawn(0).count("ab") < 30
    assert drawn(0) == drawn(0)
    assert drawn(0) != drawn(1)


def test_alternating_orders_go_forth_and_back():
    assert ["".join(order) for order in itertools.islice(alternating_orders("abc"), 4)] == ["abc", "cba", "abc", "cba"]


@pytest.mark.parametrize("enabled", [True, False])
def test_the_garbage_collector_is_off_meanwhile_and_as_before_afterwards(enabled):
    seen = []
    before = gc.isenabled()
    (gc.enable if enabled else gc.disable)()
    try:
        clock = FakeClock()
        sample(clock, {"one": half_turn(clock, lambda: seen.append(gc.isenabled()))})
        assert gc.isenabled() is enabled
    finally:
        (gc.enable if before else gc.disable)()

    assert seen == [False] * 10


def test_the_garbage_collector_comes_back_after_an_error():
    def explode():
        raise RuntimeError("engine")

    with pytest.raises(RuntimeError, match="engine"):
        sample(FakeClock(), {"one": Runnable(run=explode, inferences=1)})

    assert gc.isenabled()


def test_warm_up_goes_on_while_the_latency_improves():
    clock = FakeClock()
    millisecond = 1_000_000
    cooling = [ms * millisecond for ms in (500, 90, 60, 50, 40, 40, 40)]

    runnable = warm_up(clock.takes(*cooling), clock)

    assert clock.now == sum(cooling)
    assert runnable.inferences == 1


def test_warm_up_gives_up_on_what_never_settles():
    clock = FakeClock()
    improving = [int(1e9 * 0.9**step) for step in range(60)]

    warm_up(clock.takes(*improving), clock)

    assert 3_000_000_000 <= clock.now < 4_000_000_000


@given(st.integers(1_000, 50_000_000))
def test_a_slice_is_just_long_enough(latency):
    clock = FakeClock()

    runnable = warm_up(clock.takes(latency), clock)

    assert runnable.inferences * latency >= SLICE_NS
    assert (runnable.inferences - 1) * latency < SLICE_NS
