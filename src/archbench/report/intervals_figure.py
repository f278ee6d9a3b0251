"""Ratios with their intervals, one a line, against the threshold: what changed most since the baseline, or between two sets."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from archbench.records.interval import Interval
from archbench.report.paint import INK, LINE, PAPER, SOFT, Canvas, colour_of, log_axis, marker_of, new_figure
from archbench.units import format_ratio

if TYPE_CHECKING:
    from matplotlib.figure import Figure

#: Inches of a line.
_ROW = 0.32

#: Places of colour and marker: what got worse, what got better, what stayed; anything else has the last.
_LOOKS = {"regressed": 1, "B is slower": 1, "improved": 2, "B is faster": 2, "pass": 0, "alike": 0}
_OTHER = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class RatioRow:
    """A line: what it is of, the ratio, and its kind by colour and marker."""

    name: str
    ratio: Interval
    kind: str


def intervals_figure(rows: Sequence[RatioRow], title: str, threshold: float | None, canvas: Canvas) -> Figure:
    """Draw them from the top, names above their lines, with a band of `threshold` around 1. There must be a row."""
    from matplotlib.lines import Line2D
    from matplotlib.ticker import NullLocator

    kinds = list(dict.fromkeys(row.kind for row in rows))
    figure = new_figure(canvas.width, 0.9 + _ROW * len(rows))
    axes = figure.subplots()
    if threshold is not None:
        axes.axvspan(1 / (1 + threshold), 1 + threshold, color=LINE, linewidth=0)
    axes.axvline(1, color=SOFT, linewidth=1.0)
    for place, row in enumerate(rows):
        kind = _LOOKS.get(row.kind, _OTHER)
        low, high = _within(row.ratio)
        axes.plot([low, high], [place, place], color=colour_of(kind), linewidth=1.6, solid_capstyle="butt")
        axes.plot(
            [row.ratio.estimate],
            [place],
            color=colour_of(kind),
            marker=marker_of(kind),
            markersize=5,
            markeredgecolor=PAPER,
            markeredgewidth=0.5,
        )
        axes.text(0.0, place - 0.42, _short(row.name, canvas), transform=axes.get_yaxis_transform(), fontsize=6.5, va="center")
    axes.set_ylim(len(rows) - 0.5, -0.85)
    axes.yaxis.set_major_locator(NullLocator())
    log_axis(axes.xaxis, format_ratio)
    _spread(axes.get_xlim(), axes)
    axes.set_xlabel(title)
    axes.spines[["top", "right", "left"]].set_visible(False)
    handles = [
        Line2D([], [], color=colour_of(place), marker=marker_of(place), markersize=5, label=name)
        for name in kinds
        for place in [_LOOKS.get(name, _OTHER)]
    ]
    figure.legend(handles=handles, loc="outside upper left", ncols=max(1, int(canvas.width / 1.6)), labelcolor=INK)
    return figure


def _within(ratio: Interval) -> tuple[float, float]:
    """Bounds that can be drawn."""
    low, high = ratio.bounded
    return (low if math.isfinite(low) and low > 0 else ratio.estimate), (high if math.isfinite(high) else ratio.estimate)


def _spread(limits: tuple[float, float], axes: object) -> None:
    """Around 1 on both sides, and with labels where the range is narrow, too."""
    from matplotlib.axes import Axes
    from matplotlib.ticker import FixedLocator

    assert isinstance(axes, Axes)
    reach = max(limits[1], 1 / limits[0], 1.05)
    axes.set_xlim(1 / reach, reach)
    if reach < _NARROW_RANGE:
        step = math.log(reach) / 2.5
        axes.xaxis.set_major_locator(FixedLocator([math.exp(step * index) for index in (-2, -1, 0, 1, 2)]))


#: Within this there are no round ratios enough.
_NARROW_RANGE = 3.0


def _short(name: str, canvas: Canvas) -> str:
    """The end of a long name tells cases apart no less than its beginning."""
    most = int(canvas.width * 17)
    return name if len(name) <= most else f"{name[: most // 2]}…{name[-(most // 2 - 1) :]}"
