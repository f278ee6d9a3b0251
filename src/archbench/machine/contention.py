"""What the kernel says took the CPU away: the hypervisor (steal time) and other processes (preemptions)."""

from __future__ import annotations

import os
import resource
from dataclasses import dataclass
from pathlib import Path

_STAT = Path("/proc/stat")
_STEAL_FIELD = 8


@dataclass(frozen=True, slots=True, kw_only=True)
class Contention:
    """Since boot: seconds stolen from our CPUs by the hypervisor; since its start: preemptions of this process."""

    stolen_s: float
    preemptions: int

    def since(self, earlier: Contention) -> Contention:
        """What was added after `earlier`."""
        return Contention(stolen_s=self.stolen_s - earlier.stolen_s, preemptions=self.preemptions - earlier.preemptions)


def read_contention(stat: Path = _STAT) -> Contention:
    """The counters now, over the CPUs that this process may use. Steal is 0 where the kernel does not count it."""
    mine = {f"cpu{index}" for index in os.sched_getaffinity(0)}
    try:
        lines = [line.split() for line in stat.read_text().splitlines()]
    except OSError:
        lines = []
    ticks = sum(int(line[_STEAL_FIELD]) for line in lines if line[0] in mine and len(line) > _STEAL_FIELD)
    preemptions = resource.getrusage(resource.RUSAGE_SELF).ru_nivcsw
    return Contention(stolen_s=ticks / os.sysconf("SC_CLK_TCK"), preemptions=preemptions)
