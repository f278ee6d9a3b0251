"""The clock that replays recorded durations."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from archbench.plugin.replay import ReplayClock


class Rounds:
    """Stands where the benchmark fixture does and reads the timer as it does."""

    def __init__(self, clock):
        self.clock = clock
        self.seen = []

    def pedantic(self, target, rounds, iterations):
        for _ in range(rounds):
            start = self.clock.now()
            target()
            self.seen.append(self.clock.now() - start)


@given(st.lists(st.lists(st.floats(1e-9, 1e3), min_size=1), min_size=1, max_size=4))
def test_each_round_lasts_exactly_the_recorded_duration(series):
    clock = ReplayClock()

    for seconds in series:
        rounds = Rounds(clock)
        clock.replay(rounds, seconds)
        assert rounds.seen == seconds


def test_nothing_is_made_up_when_the_durations_run_out():
    clock = ReplayClock()
    clock.replay(Rounds(clock), [1.0])

    clock.now()
    with pytest.raises(StopIteration):
        clock.now()
