"""The timed loop, with a clock that counts instead of ticking."""

import gc

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from archbench.measurement.sampling import BLOCK_NS, Runnable, sample_rounds, warm_up


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


def sample(clock, runnables, *, seconds=0.0, min_rounds=5, seed=0):
    return sample_rounds(runnables, seconds=seconds, min_rounds=min_rounds, generator=np.random.default_rng(seed), clock=clock)


def test_each_block_is_timed_alone():
    clock = FakeClock()

    timed = sample(
        clock,
        {"slow": Runnable(run=clock.takes(700), inferences=1), "fast": Runnable(run=clock.takes(30), inferences=10)},
    )

    assert timed.duration_ns == {"slow": (700,) * 5, "fast": (300,) * 5}
    assert timed.loop_ns == 5 * 1000


@given(st.floats(0, 1e-5), st.integers(1, 20))
def test_rounds_go_on_until_both_the_time_and_the_least_count_are_reached(seconds, min_rounds):
    clock = FakeClock()

    timed = sample(clock, {"one": Runnable(run=clock.takes(100), inferences=1)}, seconds=seconds, min_rounds=min_rounds)

    rounds = len(timed.duration_ns["one"])
    assert rounds >= min_rounds
    assert timed.loop_ns >= int(seconds * 1e9)
    assert rounds == min_rounds or (rounds - 1) * 100 < int(seconds * 1e9)


def test_the_order_within_a_round_is_drawn_anew_and_follows_the_seed():
    def orders(seed):
        calls = []
        runnables = {name: Runnable(run=lambda name=name: calls.append(name), inferences=1) for name in "ab"}
        sample(FakeClock(), runnables, min_rounds=40, seed=seed)
        return ["".join(calls[index : index + 2]) for index in range(0, 80, 2)]

    assert set(orders(0)) == {"ab", "ba"}
    assert 10 < orders(0).count("ab") < 30
    assert orders(0) == orders(0)
    assert orders(0) != orders(1)


@pytest.mark.parametrize("enabled", [True, False])
def test_the_garbage_collector_is_off_meanwhile_and_as_before_afterwards(enabled):
    seen = []
    before = gc.isenabled()
    (gc.enable if enabled else gc.disable)()
    try:
        sample(FakeClock(), {"one": Runnable(run=lambda: seen.append(gc.isenabled()), inferences=1)})
        assert gc.isenabled() is enabled
    finally:
        (gc.enable if before else gc.disable)()

    assert seen == [False] * 5


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
def test_a_block_is_just_long_enough(latency):
    clock = FakeClock()

    runnable = warm_up(clock.takes(latency), clock)

    assert runnable.inferences * latency >= BLOCK_NS
    assert (runnable.inferences - 1) * latency < BLOCK_NS
