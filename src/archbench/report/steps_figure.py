"""Staircases as a picture: latency along channels, a row a sweep, a column a platform, steps where they were found."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from archbench.records.interval import Interval

if TYPE_CHECKING:
    from matplotlib.axes import Axes

_POINTS, _EDGES = "#0072b2", "#d55e00"
_PANEL = (4.4, 3.0)
#: More edges than this would hide the curve.
_SHOWN_EDGES = 24


@dataclass(frozen=True, slots=True, kw_only=True)
class Staircase:
    """A sweep on one platform: seconds by count, what they show, and the counts worth using."""

    sweep: str
    platform: str
    points: Sequence[tuple[int, Interval]]
    described: str
    edges: Sequence[int]


def steps_figure(staircases: Sequence[Staircase], path: Path) -> None:
    """Write the picture. There must be at least one staircase."""
    import matplotlib as mpl

    mpl.use("agg")
    from matplotlib import pyplot as plt

    sweeps = list(dict.fromkeys(entry.sweep for entry in staircases))
    platforms = list(dict.fromkeys(entry.platform for entry in staircases))
    size = (_PANEL[0] * len(platforms) + 0.4, _PANEL[1] * len(sweeps) + 0.6)
    figure, panels = plt.subplots(len(sweeps), len(platforms), figsize=size, squeeze=False, layout="constrained")
    for axes in panels.flat:
        axes.set_visible(False)
    for entry in staircases:
        row, column = sweeps.index(entry.sweep), platforms.index(entry.platform)
        _draw(panels[row, column], entry, first=column == 0)
    figure.suptitle("Latency of one unit along its channels; lines mark the last count of each step")
    figure.savefig(path, dpi=150)
    plt.close(figure)


def _draw(axes: Axes, staircase: Staircase, *, first: bool) -> None:
    axes.set_visible(True)
    counts = [count for count, _ in staircase.points]
    middle = [interval.estimate * 1e6 for _, interval in staircase.points]
    low = [interval.bounded[0] * 1e6 for _, interval in staircase.points]
    high = [interval.bounded[1] * 1e6 for _, interval in staircase.points]
    for edge in staircase.edges if len(staircase.edges) <= _SHOWN_EDGES else ():
        axes.axvline(edge, color=_EDGES, linewidth=0.8, linestyle="--")
    axes.fill_between(counts, low, high, color=_POINTS, alpha=0.25, linewidth=0)
    axes.plot(counts, middle, color=_POINTS, marker=".", markersize=4, linewidth=1)
    axes.set_ylim(bottom=0)
    axes.set_title(f"{staircase.sweep}\n{staircase.platform}: {staircase.described}", fontsize=8)
    axes.set_xlabel("channels", fontsize=8)
    if first:
        axes.set_ylabel("microseconds", fontsize=8)
    axes.tick_params(labelsize=8)
