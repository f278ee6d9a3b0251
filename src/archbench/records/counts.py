"""What a counting instrument read off one inference: exact numbers, not samples."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

INSTRUCTIONS = "instructions"
LAST_LEVEL = ("LL instruction misses", "LL read misses", "LL write misses")


@dataclass(frozen=True, slots=True, kw_only=True)
class Counts:
    """Raw counts of one cold and one warm inference, by quantity.

    Args:
        instrument: its registry name.
        machine: the simulated machine, as the instrument names it.
        cpu: features that the machine showed to the runtimes.
        cold: the inference right after the caches were emptied.
        warm: the inference right after that one.
        place: digest of what decides where stack and heap begin: interpreter, cache folder, environment.
    """

    instrument: str
    machine: str
    cpu: tuple[str, ...]
    cold: Mapping[str, int]
    warm: Mapping[str, int]
    place: str = ""


def instructions(counts: Mapping[str, int]) -> int:
    """Instructions executed."""
    return counts[INSTRUCTIONS]


def last_level_misses(counts: Mapping[str, int]) -> int:
    """Cache lines fetched past the last level, of instructions and data, read and written."""
    return sum(counts[name] for name in LAST_LEVEL)
