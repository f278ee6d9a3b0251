"""Pictures of one line, for a cell of a table: an interval against a threshold, and a series.

They are made by hand since there may be thousands of them. They hold no text; the cell beside them says the numbers.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

from archbench.records.interval import Interval

_WIDTH, _HEIGHT = 132, 18
_MIDDLE = _HEIGHT / 2
_EDGE = 3

#: Points of a series that are drawn.
_SHOWN = 60


def interval_strip(ratio: Interval, min_effect: float, reach: float, mark: str) -> str:
    """A ratio with its interval on a logarithmic line that ends at `reach` and 1/`reach`, the threshold as a band around 1.

    What lies beyond an end is drawn at it. `mark` names the colour.
    """
    scale = math.log(max(reach, 1 + 2 * min_effect))

    def place(value: float) -> float:
        share = math.log(value) / scale if value > 0 else -1.0
        return _WIDTH / 2 + max(-1.0, min(1.0, share)) * (_WIDTH / 2 - _EDGE)

    low, high = (place(bound) for bound in _finite(ratio))
    inner, outer = place(1 / (1 + min_effect)), place(1 + min_effect)
    return (
        f'<svg class="strip" viewBox="0 0 {_WIDTH} {_HEIGHT}" aria-hidden="true">'
        f'<rect class="band" x="{inner:.1f}" y="1" width="{outer - inner:.1f}" height="{_HEIGHT - 2}"/>'
        f'<path class="axis" d="M{_WIDTH / 2:g} 1V{_HEIGHT - 1}"/>'
        f'<path class="bar {mark}" d="M{low:.1f} {_MIDDLE:g}H{high:.1f}M{low:.1f} 5V13M{high:.1f} 5V13"/>'
        f'<circle class="dot {mark}" cx="{place(ratio.estimate):.1f}" cy="{_MIDDLE:g}" r="2.8"/></svg>'
    )


def _finite(ratio: Interval) -> tuple[float, float]:
    low, high = ratio.bounded
    return (low if math.isfinite(low) else 0.0), (high if math.isfinite(high) else 1e9)


def series_strip(logarithms: Sequence[float], changed: Sequence[int]) -> str:
    """A series of logarithms, its last point marked, with a line where its level changed."""
    values = list(logarithms)[-_SHOWN:]
    dropped = len(logarithms) - len(values)
    low, high = min(values), max(values)
    span = max(high - low, 0.02)
    step = (_WIDTH - 2 * _EDGE) / max(1, len(values) - 1)
    points = [
        (_EDGE + index * step, _HEIGHT - _EDGE - (value - low) / span * (_HEIGHT - 2 * _EDGE))
        for index, value in enumerate(values)
    ]
    marks = "".join(
        f'<path class="axis" d="M{_EDGE + (index - dropped - 0.5) * step:.1f} 1V{_HEIGHT - 1}"/>'
        for index in changed
        if index > dropped
    )
    line = " ".join(f"{x:.1f},{y:.1f}" for x, y in points)
    x, y = points[-1]
    return (
        f'<svg class="strip" viewBox="0 0 {_WIDTH} {_HEIGHT}" aria-hidden="true">{marks}'
        f'<polyline class="line" points="{line}"/><circle class="dot" cx="{x:.1f}" cy="{y:.1f}" r="2.4"/></svg>'
    )
