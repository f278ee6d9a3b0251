"""Where measured work stands under what the machine can do at most: the roofline (Williams, Waterman and Patterson 2009).

Work of so many operations on so many bytes takes no less than `operations / compute peak`, and no less than `bytes / bandwidth`
of the level of memory that the bytes come from. The larger of the two is its ideal time; attained over ceiling, in operations a
second, is the same as ideal time over time.

Which level the bytes come from is not measured. A warm network finds its data in the first level that holds all it touches;
what runs faster than that level allows had part of it nearer. What takes more than twice its ideal time, or no more than twice
what its operators cost empty, is bound by neither arithmetic nor bandwidth.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import Enum

#: Of its time, what is bound by a ceiling spends at least this share on it; what is bound by overhead spends it on overhead.
HALF = 0.5


class Bound(Enum):
    """What keeps work from being faster."""

    COMPUTE = "compute"
    BANDWIDTH = "bandwidth"
    OVERHEAD = "overhead"


@dataclass(frozen=True, slots=True, kw_only=True)
class Level:
    """A level of memory; `capacity_bytes` is infinite for the last one."""

    name: str
    capacity_bytes: float
    bytes_per_second: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Roof:
    """The limits of one precision; `levels` has the nearest first and at least one."""

    operations_per_second: float
    levels: tuple[Level, ...]

    def ceiling(self, level: Level, intensity: float) -> float:
        """min(peak, intensity x bandwidth): operations a second that work on data in `level` can attain at most."""
        return min(self.operations_per_second, intensity * level.bytes_per_second)


@dataclass(frozen=True, slots=True, kw_only=True)
class Placement:
    """Work on the roofline.

    Args:
        intensity: operations a byte.
        attained: operations a second.
        ceilings: operations a second that each level allows.
        level: the one whose ceiling applies.
        share: of that ceiling; above 1 if more was attained than the measured peaks allow.
        bound: by what; if by bandwidth, by that of `level`.
    """

    intensity: float
    attained: float
    ceilings: Mapping[str, float]
    level: str
    share: float
    bound: Bound

    @property
    def ceiling(self) -> float:
        """The one that applies."""
        return self.ceilings[self.level]

    @property
    def bound_text(self) -> str:
        """What it is bound by, with the level."""
        return f"{self.bound.value} {self.level}" if self.bound is Bound.BANDWIDTH else self.bound.value


def place(
    *, operations: float, moved_bytes: float, resident_bytes: float, seconds: float, roof: Roof, overhead_seconds: float = 0.0
) -> Placement:
    """Place work that moved `moved_bytes` at least, of `resident_bytes` that it touches again and again, and took `seconds`.

    `overhead_seconds` is what its operators would cost if they computed nothing.

    Raises:
        ValueError: no time, or no bytes.
    """
    if seconds <= 0 or moved_bytes <= 0:
        raise ValueError(f"`seconds > 0` and `moved_bytes > 0` must hold, but got {seconds} and {moved_bytes}.")
    arithmetic = operations / roof.operations_per_second
    level = _level(arithmetic, moved_bytes, resident_bytes, seconds, roof.levels)
    transfer = moved_bytes / level.bytes_per_second
    share = max(arithmetic, transfer) / seconds
    if share < HALF or overhead_seconds >= HALF * seconds:
        bound = Bound.OVERHEAD
    else:
        bound = Bound.COMPUTE if arithmetic >= transfer else Bound.BANDWIDTH
    intensity = operations / moved_bytes
    return Placement(
        intensity=intensity,
        attained=operations / seconds,
        ceilings={entry.name: roof.ceiling(entry, intensity) for entry in roof.levels},
        level=level.name,
        share=share,
        bound=bound,
    )


def _level(arithmetic: float, moved: float, resident: float, seconds: float, levels: Sequence[Level]) -> Level:
    """From the first level that holds everything inwards, the first that explains the time; else the fastest of these."""
    home = next((index for index, level in enumerate(levels) if resident <= level.capacity_bytes), len(levels) - 1)
    nearer = levels[home::-1]
    explaining = (level for level in nearer if max(arithmetic, moved / level.bytes_per_second) <= seconds)
    return next(explaining, max(nearer, key=lambda level: level.bytes_per_second))


def roof_of(operations_per_second: float, levels: Sequence[tuple[str, float | None, float]]) -> Roof:
    """A roof from (name, capacity in bytes or None, bytes a second) of each level, the nearest first."""
    return Roof(
        operations_per_second=operations_per_second,
        levels=tuple(
            Level(name=name, capacity_bytes=math.inf if capacity is None else capacity, bytes_per_second=rate)
            for name, capacity, rate in levels
        ),
    )
