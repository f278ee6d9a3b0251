"""Memory allocator presets, set through the environment before a worker starts.

Eager torch allocates every layer's output. glibc moves the size above which it maps each allocation anew, with its page
faults, differently in each process, so the same network has two speeds. `retained` pins that down: nothing is mapped singly,
nothing is given back, huge pages are asked for so that physical placement matters less. `mapped` pins it down the other way:
every large buffer is mapped singly and comes back at the address that was freed last, so that simulated cache misses repeat,
which they do not where freed buffers wander over one heap.
"""

from __future__ import annotations

import ctypes.util
from collections.abc import Mapping

from archbench.errors import UnknownNameError, UsageError

DEFAULT_ALLOCATOR = "retained"

_RETAINED = {
    "MALLOC_MMAP_MAX_": "0",
    "MALLOC_TRIM_THRESHOLD_": str(2**40),
    "MALLOC_TOP_PAD_": str(64 * 2**20),
    "GLIBC_TUNABLES": "glibc.malloc.hugetlb=1",
}
_MAPPED = {"MALLOC_MMAP_THRESHOLD_": str(64 * 2**10), "MALLOC_MMAP_MAX_": str(2**20)}
_PRELOADED = ("jemalloc", "tcmalloc")
_TUNED = {"retained": _RETAINED, "mapped": _MAPPED}
ALLOCATORS = ("system", "retained", "mapped", *_PRELOADED)


def allocator_environment(name: str) -> Mapping[str, str]:
    """Environment variables that put the preset into force.

    Raises:
        UnknownNameError: no such preset.
        UsageError: its library is not installed.
    """
    if name not in ALLOCATORS:
        raise UnknownNameError("allocator", name, ALLOCATORS)
    if name == "system":
        return {}
    if name in _TUNED:
        return _TUNED[name]
    library = ctypes.util.find_library(name) or ctypes.util.find_library(f"{name}_minimal")
    if library is None:
        raise UsageError(f"allocator {name!r} is not installed here; install its shared library or use 'retained' or 'system'.")
    return {"LD_PRELOAD": library}
