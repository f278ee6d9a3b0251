"""Where a ratio lies against the smallest change that counts."""

from __future__ import annotations

from enum import Enum

from archbench.records.interval import Interval


class Effect(Enum):
    """A ratio's interval against the band from 1 / (1 + min_effect) to 1 + min_effect."""

    ABOVE = "above"
    BELOW = "below"
    INSIDE = "inside"
    OPEN = "open"


def effect_of(interval: Interval, min_effect: float) -> Effect:
    """ABOVE, BELOW or INSIDE the band if the interval lies wholly there (inside is an equivalence test), else OPEN."""
    low, high = interval.bounded
    floor, ceiling = 1 / (1 + min_effect), 1 + min_effect
    if low > ceiling:
        return Effect.ABOVE
    if high < floor:
        return Effect.BELOW
    return Effect.INSIDE if low >= floor and high <= ceiling else Effect.OPEN
