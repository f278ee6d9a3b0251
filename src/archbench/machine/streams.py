"""Streams through each level of memory: how many bytes a second arrive at the cores, from numpy alone.

A pass over a first-level cache takes less time than a call of numpy, so one call makes many passes: an axis of stride 0 repeats
the array. Each thread streams through arrays of its own on a CPU of its own; numpy lets go of the interpreter meanwhile.
"""

from __future__ import annotations

import functools
import math
import os
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from threading import Barrier

import numpy as np
from numpy.lib.stride_tricks import as_strided
from numpy.typing import NDArray

from archbench.contracts import Contender
from archbench.records.peaks import MEMORY, Limit, MemoryLevel

_Floats = NDArray[np.float32]

_BYTES = 4
#: Arrays begin at a page, and hold whole cache lines of any machine.
_PAGE = 4096
_STEP = 64
#: Bytes a call streams at least in each thread, so that the call itself takes less than a hundredth of the time; where threads
#: must be woken and waited for, more.
_CALL_BYTES, _SHARED_CALL_BYTES = 32 * 2**20, 256 * 2**20
#: The C library copies around the caches what is larger; a smaller copy takes no longer than its call.
_LEAST_COPY = 4 * 2**20
#: Memory is streamed through arrays so many times as large as the last cache, and no machine is asked for more than the bound.
_BEYOND, _LARGEST = 4, 4 * 2**30
#: Where nothing is known of caches, no cache is as large as a quarter of this.
_UNKNOWN = 2**30


def memory_levels(caches: Mapping[int, int], threads: int, free_bytes: int) -> tuple[MemoryLevel, ...]:
    """The levels to stream through, given the bytes of each level's cache for data, and how much memory may be used.

    The last cache is shared by all threads, the others belong to one each. The first level's working set is half of it, that of
    another the geometric mean of it and the level before: as far from one edge as from the other. Memory is left out where
    there is too little of it to be told from the last cache.
    """
    levels: list[MemoryLevel] = []
    last = max(caches, default=0)
    for level, size in sorted(caches.items()):
        owners = 1 if level == last else threads
        nearer = levels[-1].capacity_bytes if levels else None
        capacity = size * owners
        working_set = capacity // 2 if nearer is None else math.isqrt(nearer * capacity)
        levels.append(MemoryLevel(name=f"L{level}", capacity_bytes=capacity, working_set_bytes=working_set))
    beyond = min(_BEYOND * caches[last] if caches else _UNKNOWN, _LARGEST, free_bytes)
    if not caches or beyond >= 2 * caches[last]:
        levels.append(MemoryLevel(name=MEMORY, capacity_bytes=None, working_set_bytes=beyond))
    return tuple(levels)


def stream_attempts(
    levels: Sequence[MemoryLevel], cpus: Sequence[int], *, capped: bool
) -> Iterator[tuple[str, Callable[[], Contender]]]:
    """Ways to stream through each level on these CPUs, by name: each is made ready when it is called.

    Under a cap only what keeps to it: the library of the dot product does, numpy's own loops do not. Copying is the C library's
    and no matter of arithmetic.
    """
    for level in levels:
        # The ways through a level take turns and share its arrays: memory would not hold three pairs of them everywhere.
        arrays = functools.cache(functools.partial(_pairs, level.working_set_bytes, len(cpus)))
        for name, way in _WAYS.items():
            if (name == "negate" and capped) or (name == "copy" and level.working_set_bytes < _LEAST_COPY):
                continue
            yield f"{level.name} {name}", functools.partial(_contender, level, name, way, arrays, tuple(cpus))


def _pairs(working_set_bytes: int, threads: int) -> list[tuple[_Floats, _Floats]]:
    """Two arrays for each thread, in all of the size of the working set."""
    elements = max(_STEP, working_set_bytes // threads // (2 * _BYTES) // _STEP * _STEP)
    return [(_aligned(elements, 0), _aligned(elements, _STEP * _BYTES)) for _ in range(threads)]


def _contender(
    level: MemoryLevel,
    name: str,
    way: Callable[[_Floats, _Floats, int], Callable[[], object]],
    arrays: Callable[[], list[tuple[_Floats, _Floats]]],
    cpus: tuple[int, ...],
) -> Contender:
    pairs = arrays()
    once = sum(array.nbytes for array in pairs[0])
    least = _CALL_BYTES if len(cpus) == 1 else _SHARED_CALL_BYTES
    passes = 1 if name == "copy" else max(1, least // once)
    return Contender(
        limit=Limit.BANDWIDTH,
        of=level.name,
        way=f"numpy {name}",
        kernel="",
        work=once * passes * len(cpus),
        run=_together([way(left, right, passes) for left, right in pairs], cpus),
    )


def _together(streams: Sequence[Callable[[], object]], cpus: Sequence[int]) -> Callable[[], None]:
    """All streams at once, each on its CPU; a single one in the calling thread."""
    if len(streams) == 1:
        only = streams[0]

        def alone() -> None:
            only()

        return alone
    pools = [ThreadPoolExecutor(1, initializer=os.sched_setaffinity, initargs=(0, (cpu,))) for cpu in cpus]
    barrier = Barrier(len(streams))

    def stream(run: Callable[[], object]) -> None:
        barrier.wait()
        run()

    def run_all() -> None:
        futures: list[Future[None]] = [pool.submit(stream, run) for pool, run in zip(pools, streams, strict=True)]
        for future in futures:
            future.result()

    return run_all


def _read(left: _Floats, right: _Floats, passes: int) -> Callable[[], object]:
    """Dot products: two arrays are read, nothing is written."""
    rows, columns = _repeated(left, passes)[:, None, :], _repeated(right, passes)[:, :, None]
    products = np.empty((passes, 1, 1), np.float32)
    return lambda: np.matmul(rows, columns, out=products)


def _negate(source: _Floats, target: _Floats, passes: int) -> Callable[[], object]:
    """One array is read, one written."""
    many, changed = _repeated(source, passes), _repeated(target, passes)
    return lambda: np.negative(many, out=changed)


def _copy(source: _Floats, target: _Floats, _passes: int) -> Callable[[], object]:
    """One array is read, one written, around the caches where it is large."""
    return lambda: np.copyto(target, source)


_WAYS: Mapping[str, Callable[[_Floats, _Floats, int], Callable[[], object]]] = {
    "read": _read,
    "negate": _negate,
    "copy": _copy,
}


def _repeated(array: _Floats, passes: int) -> _Floats:
    return as_strided(array, (passes, array.size), (0, array.itemsize))


def _aligned(elements: int, offset: int) -> _Floats:
    """Ones, that begin `offset` bytes after a page: two arrays of one offset would collide in a cache."""
    raw = np.zeros(elements * _BYTES + _PAGE + offset, np.uint8)
    start = -raw.ctypes.data % _PAGE + offset
    array = raw[start : start + elements * _BYTES].view(np.float32)
    array[:] = 1
    return array
