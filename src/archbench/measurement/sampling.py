"""The timed loop: runnables take turns, round after round. Knows callables and a clock, nothing else."""

from __future__ import annotations

import gc
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass

import numpy as np

from archbench.contracts import Clock
from archbench.measurement.settings import TURN_NS, WARM_NS

Run = Callable[[], None]

#: What is timed at once: short enough to fit between the disturbances of a busy neighbour, long against the clock's own cost.
SLICE_NS = 1_000_000

#: The first slice of a turn finds the caches as another runnable left them: a turn of one slice would show nothing else.
_TURN_SLICES = 2

#: Warm means that the best run has stood for this many runs within this margin.
_WARM_STREAK = 2
_WARM_MARGIN = 0.01
_WARM_CAP_NS = 3_000_000_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Runnable:
    """A callable, how many of its runs make one slice, and what the last run took where a device keeps its time."""

    run: Run
    inferences: int
    device_ns: Callable[[], int] | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Timed:
    """Durations in nanoseconds of each runnable's slices and of the probe before each turn, and of the loop as a whole."""

    duration_ns: Mapping[str, tuple[int, ...]]
    probe_ns: tuple[int, ...]
    loop_ns: int


def warm_up(run: Run, clock: Clock, floor_ns: int = WARM_NS) -> Runnable:
    """Run until the best latency stops improving, then size a slice to SLICE_NS.

    Goes on for `floor_ns` at least, and stops after 3 s even if the latency still improves.
    """
    begin = clock()
    best: int | None = None
    streak = 0
    while True:
        start = clock()
        run()
        end = clock()
        duration = max(1, end - start)
        improved = best is None or duration < best * (1 - _WARM_MARGIN)
        best = duration if best is None else min(best, duration)
        streak = 0 if improved else streak + 1
        elapsed = end - begin
        if (streak >= _WARM_STREAK and elapsed >= floor_ns) or elapsed >= _WARM_CAP_NS:
            return Runnable(run=run, inferences=-(-SLICE_NS // best))


def sample_rounds(
    runnables: Mapping[str, Runnable],
    probe: Callable[[], int],
    *,
    seconds: float,
    min_rounds: int,
    orders: Iterator[Sequence[str]],
    clock: Clock,
    turn_ns: int = TURN_NS,
) -> Timed:
    """Give every runnable a turn of `turn_ns` a round, in the next of `orders`, until `seconds` have passed.

    A probe goes before each turn. At least `min_rounds` rounds are made.
    The garbage collector is off meanwhile. `probe` gives nanoseconds.
    """
    durations: dict[str, list[int]] = {name: [] for name in runnables}
    probes: list[int] = []
    with _no_garbage_collection():
        begin = clock()
        deadline = begin + int(seconds * 1e9)
        rounds = 0
        while rounds < min_rounds or clock() < deadline:
            for name in next(orders):
                probes.append(probe())
                durations[name].extend(_take_turn(runnables[name], clock, turn_ns))
            rounds += 1
        loop_ns = clock() - begin
    return Timed(
        duration_ns={name: tuple(values) for name, values in durations.items()},
        probe_ns=tuple(probes),
        loop_ns=loop_ns,
    )


def random_orders(names: Sequence[str], generator: np.random.Generator) -> Iterator[Sequence[str]]:
    """An order drawn anew each round."""
    while True:
        yield [names[index] for index in generator.permutation(len(names))]


def alternating_orders(names: Sequence[str]) -> Iterator[Sequence[str]]:
    """Forth and back (ABBA): what heats or throttles all cores strikes both ends alike."""
    while True:
        yield names
        yield names[::-1]


def _take_turn(runnable: Runnable, clock: Clock, turn_ns: int) -> list[int]:
    slices: list[int] = []
    time_slice = _time_slice if runnable.device_ns is None else _device_slice
    begin = clock()
    while clock() - begin < turn_ns or len(slices) < _TURN_SLICES:
        slices.append(time_slice(runnable, clock))
    return slices


def _time_slice(runnable: Runnable, clock: Clock) -> int:
    run = runnable.run
    repeats = range(runnable.inferences)
    start = clock()
    for _ in repeats:
        run()
    return clock() - start


def _device_slice(runnable: Runnable, _clock: Clock) -> int:
    assert runnable.device_ns is not None
    total = 0
    for _ in range(runnable.inferences):
        runnable.run()
        total += runnable.device_ns()
    return total


@contextmanager
def _no_garbage_collection() -> Iterator[None]:
    enabled = gc.isenabled()
    gc.collect()
    gc.disable()
    try:
        yield
    finally:
        if enabled:
            gc.enable()
