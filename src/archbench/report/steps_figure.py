"""Staircases as a picture: latency along channels, a panel a sweep and platform, steps where they were found."""

from __future__ import annotations

import textwrap
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from archbench.records.interval import Interval
from archbench.report.paint import COLOURS, Canvas, small_multiples, write_figure

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

_POINTS, _EDGES = COLOURS[0], COLOURS[1]
_LEAST, _USUAL, _HEIGHT = 2.9, 4.4, 2.3
#: Inches of a letter of a title.
_LETTER = 0.063
#: More edges than this would hide the curve, and more points than this each other.
_SHOWN_EDGES, _SHOWN_POINTS = 24, 200


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
    platforms = {entry.platform for entry in staircases}
    write_figure(lambda canvas: draw_steps(staircases, canvas), Canvas(width=_USUAL * len(platforms) + 0.4), path)


def draw_steps(staircases: Sequence[Staircase], canvas: Canvas) -> Figure:
    """Draw a panel a staircase; lines mark the last count of each step. There must be at least one staircase."""
    sweeps = list(dict.fromkeys(entry.sweep for entry in staircases))
    platforms = list(dict.fromkeys(entry.platform for entry in staircases))
    ordered = sorted(staircases, key=lambda entry: (sweeps.index(entry.sweep), platforms.index(entry.platform)))
    # One platform alone has as many sweeps side by side as there is room for.
    least = max(_LEAST, canvas.width / max(2, len(platforms)) - 0.1) if canvas.width > 2 * _LEAST else canvas.width
    figure, panels = small_multiples(len(ordered), canvas, least=least, height=_HEIGHT, extra=0.3, share=False)
    letters = int(canvas.width / canvas.columns(len(ordered), least) / _LETTER)
    for axes, entry in zip(panels, ordered, strict=True):
        _draw(axes, entry, letters)
    figure.supylabel("microseconds a unit", fontsize=8)
    figure.supxlabel("channels", fontsize=8)
    return figure


def _draw(axes: Axes, staircase: Staircase, letters: int) -> None:
    counts = [count for count, _ in staircase.points]
    middle = [interval.estimate * 1e6 for _, interval in staircase.points]
    low = [_known(interval.low, interval) * 1e6 for _, interval in staircase.points]
    high = [_known(interval.high, interval) * 1e6 for _, interval in staircase.points]
    for edge in staircase.edges if len(staircase.edges) <= _SHOWN_EDGES else ():
        axes.axvline(edge, color=_EDGES, linewidth=0.8, linestyle="--")
    axes.fill_between(counts, low, high, color=_POINTS, alpha=0.25, linewidth=0)
    marker = "." if len(counts) <= _SHOWN_POINTS else "none"
    axes.plot(counts, middle, color=_POINTS, marker=marker, markersize=4, linewidth=1)
    axes.set_ylim(bottom=0)
    said = textwrap.fill(f"{staircase.platform}: {staircase.described}", letters)
    axes.set_title(f"{staircase.sweep}\n{said}", fontsize=7, loc="left")


def _known(bound: float | None, interval: Interval) -> float:
    return interval.estimate if bound is None else bound
