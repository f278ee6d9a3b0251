"""What an instrument read off one case: whole numbers, not samples."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

INSTRUCTIONS = ("instructions",)
SIMULATED_LAST_LEVEL = ("LL instruction misses", "LL read misses", "LL write misses")
LAST_LEVEL = (*SIMULATED_LAST_LEVEL, "LLC load misses")


@dataclass(frozen=True, slots=True, kw_only=True)
class Counts:
    """Raw numbers of one case.

    Args:
        instrument: its registry name.
        machine: fingerprint of the machine, or name of the simulated one.
        cpu: features that the machine showed to the runtimes.
        isa: the cap under which it was read.
        states: numbers by state of the machine and quantity. `cold` is the inference right after the caches were emptied,
            `warm` one right after another.
        executed_graph: as in CaseRecord, of the inference that was read, where another one of the case was timed.
        place: digest of what decides where stack and heap begin (`archbench.measurement.place`).
    """

    instrument: str
    machine: str
    cpu: tuple[str, ...]
    states: Mapping[str, Mapping[str, int]]
    isa: str | None = None
    executed_graph: tuple[str, ...] = ()
    place: str = ""


def total(counts: Mapping[str, int], quantities: tuple[str, ...]) -> int | None:
    """Sum of those of the quantities that were read; None if none was."""
    found = [counts[name] for name in quantities if name in counts]
    return sum(found) if found else None


def warm_misses(counts: Counts) -> int | None:
    """Cache lines that a warm inference fetched past the last level; None if the instrument does not read them."""
    return total(counts.states.get("warm", {}), LAST_LEVEL)
