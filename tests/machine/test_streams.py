"""Streams: through sets of the right size, doing what their bytes say."""

import os

import pytest
from hypothesis import given
from hypothesis import strategies as st

from archbench.machine import streams
from archbench.machine.streams import memory_levels, stream_attempts
from archbench.records.peaks import MEMORY, MemoryLevel

KIB, MIB, GIB = 2**10, 2**20, 2**30


def test_levels_by_hand():
    levels = memory_levels({1: 32 * KIB, 2: 512 * KIB, 3: 8 * MIB}, 2, 10 * GIB)

    assert [(level.name, level.capacity_bytes) for level in levels] == [
        ("L1", 64 * KIB),
        ("L2", MIB),
        ("L3", 8 * MIB),
        (MEMORY, None),
    ]
    # Half of the first; sqrt(64 Ki x 1 Mi); sqrt(1 Mi x 8 Mi); four times the last.
    assert [level.working_set_bytes for level in levels] == [32 * KIB, 256 * KIB, int(8**0.5 * MIB), 32 * MIB]


def test_memory_that_cannot_be_told_from_the_last_cache_is_left_out():
    assert [level.name for level in memory_levels({1: 32 * KIB, 2: MIB}, 1, 2 * MIB - 1)] == ["L1", "L2"]


def test_without_caches_memory_remains():
    (level,) = memory_levels({}, 1, 10 * GIB)

    assert (level.name, level.working_set_bytes) == (MEMORY, GIB)


@given(st.lists(st.integers(2**12, 2**32), max_size=4), st.integers(1, 128), st.integers(2**20, 2**40))
def test_each_set_fits_its_level_and_no_machine_is_asked_for_more_than_it_has(sizes, threads, free):
    levels = memory_levels(dict(enumerate(sorted(sizes), 1)), threads, free)

    for level in levels:
        if level.capacity_bytes is None:
            assert level.working_set_bytes <= min(free, 4 * GIB)


LEVEL = MemoryLevel(name="L2", capacity_bytes=MIB, working_set_bytes=256 * KIB)


@pytest.mark.parametrize("threads", [1, 2])
def test_a_stream_moves_what_it_says(threads):
    cpus = [min(os.sched_getaffinity(0))] * threads
    made = {name: attempt() for name, attempt in stream_attempts([LEVEL], cpus, capped=False)}

    assert list(made) == ["L2 read", "L2 negate"]
    for contender in made.values():
        contender.run()
        # Each thread has its share of the set, and a call makes as many whole passes as fit.
        assert contender.work % (256 * KIB) == 0
        assert contender.work == threads * (32 * MIB if threads == 1 else 256 * MIB)


def test_the_work_is_really_done():
    source, target = (streams._aligned(64, offset) for offset in (0, 256))
    source[:] = range(64)

    streams._negate(source, target, 3)()
    assert list(target) == [-value for value in range(64)]
    assert streams._read(source, source, 3)().ravel().tolist() == [sum(value**2 for value in range(64))] * 3
    streams._copy(source, target, 1)()
    assert list(target) == list(range(64))


def test_under_a_cap_numpys_own_loops_are_left_out_and_only_large_sets_are_copied():
    large = MemoryLevel(name=MEMORY, capacity_bytes=None, working_set_bytes=8 * MIB)

    assert [name for name, _ in stream_attempts([LEVEL, large], [0], capped=True)] == ["L2 read", "memory read", "memory copy"]
