"""The timed loop: alternate runnables in random order, round after round. Knows callables and a clock, nothing else."""

from __future__ import annotations

import gc
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass

import numpy as np

from archbench.contracts import Clock

Run = Callable[[], None]

#: A block shorter than this is dominated by what ran before it in the round: the caches it finds are another runnable's.
BLOCK_NS = 10_000_000

#: Warm means that the best run has stood for this many runs within this margin.
_WARM_STREAK = 2
_WARM_MARGIN = 0.01
_WARM_FLOOR_NS = 50_000_000
_WARM_CAP_NS = 3_000_000_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Runnable:
    """A callable and how many of its runs make one block."""

    run: Run
    inferences: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Timed:
    """Durations in nanoseconds of each runnable's blocks, one a round, and of the loop as a whole."""

    duration_ns: Mapping[str, tuple[int, ...]]
    loop_ns: int


def warm_up(run: Run, clock: Clock) -> Runnable:
    """Run until the best latency stops improving, then size a block to BLOCK_NS.

    Stops after 3 s even if the latency still improves.
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
        if (streak >= _WARM_STREAK and elapsed >= _WARM_FLOOR_NS) or elapsed >= _WARM_CAP_NS:
            return Runnable(run=run, inferences=-(-BLOCK_NS // best))


def sample_rounds(
    runnables: Mapping[str, Runnable],
    *,
    seconds: float,
    min_rounds: int,
    generator: np.random.Generator,
    clock: Clock,
) -> Timed:
    """Time one block of every runnable a round, in an order drawn anew each round, until `seconds` have passed.

    At least `min_rounds` rounds are made. The garbage collector is off meanwhile.
    """
    names = tuple(runnables)
    durations: dict[str, list[int]] = {name: [] for name in names}
    with _no_garbage_collection():
        begin = clock()
        deadline = begin + int(seconds * 1e9)
        rounds = 0
        while rounds < min_rounds or clock() < deadline:
            for index in generator.permutation(len(names)):
                name = names[index]
                durations[name].append(_time_block(runnables[name], clock))
            rounds += 1
        loop_ns = clock() - begin
    return Timed(duration_ns={name: tuple(values) for name, values in durations.items()}, loop_ns=loop_ns)


def _time_block(runnable: Runnable, clock: Clock) -> int:
    run = runnable.run
    repeats = range(runnable.inferences)
    start = clock()
    for _ in repeats:
        run()
    return clock() - start


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
