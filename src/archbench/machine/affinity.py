"""Which CPUs a worker runs on."""

from __future__ import annotations

import os

from archbench.errors import UsageError


def worker_cpus(threads: int) -> tuple[int, ...]:
    """The last CPUs given to us, one a thread: the first one serves most interrupts, and the parent process.

    Raises:
        UsageError: more threads than CPUs.
    """
    cpus = sorted(os.sched_getaffinity(0))
    if threads > len(cpus):
        raise UsageError(f"{threads} threads were asked for but this machine gives {len(cpus)} CPUs; ask for fewer.")
    return tuple(cpus[-threads:])
