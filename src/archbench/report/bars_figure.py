"""Bars with intervals, lying, in groups and panels: networks, blocks, activations. What a bar says is written at its end."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from archbench.records.interval import Interval
from archbench.report.curves_figure import Scale, reach_of
from archbench.report.paint import COLOURS, INK, PAPER, SOFT, Canvas, colour_of, new_figure, places_of, plain_axis

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

#: Inches of a bar and between groups, of a panel's edges, and that a panel needs at least.
_BAR, _GAP, _FRAME, _LEAST = 0.165, 0.09, 0.55, 3.4

#: Inches of a letter of a group's name, and the share of a panel that names may take; longer ones stand above their bars.
_LETTER, _BESIDE = 0.068, 0.35

#: Fills besides colours.
_HATCHES = ("", "////", "....", "xx", "\\\\\\\\", "++")


@dataclass(frozen=True, slots=True, kw_only=True)
class Bar:
    """One bar: its panel, its group in it, its series by colour and fill, its length, and what is written at its end."""

    panel: str
    group: str
    series: str
    value: Interval
    text: str


def bars_figure(bars: Sequence[Bar], along: Scale, canvas: Canvas, *, reference: float | None = None) -> Figure:
    """Draw them, with a line at `reference` if one is given. Each panel has a scale of its own. There must be a bar."""
    names = list(dict.fromkeys(bar.panel for bar in bars))
    columns = canvas.columns(len(names), _LEAST)
    rows = [names[start : start + columns] for start in range(0, len(names), columns)]
    above = max(len(bar.group) for bar in bars) * _LETTER > _BESIDE * canvas.width / columns
    heights = [max(_height([bar for bar in bars if bar.panel == name], above) for name in row) for row in rows]
    series = list(dict.fromkeys(bar.series for bar in bars))
    legend = 0.2 * -(-len(series) // max(1, int(canvas.width / 1.8))) + 0.25
    figure = new_figure(canvas.width, sum(heights) + legend + 0.25)
    grid = list(figure.subplots(len(rows), columns, squeeze=False, gridspec_kw={"height_ratios": heights}).flat)
    for axes in grid[len(names) :]:
        axes.set_visible(False)
    for axes, name in zip(grid, names, strict=False):
        _draw(axes, [bar for bar in bars if bar.panel == name], series, canvas.width / columns, above)
        axes.set_title(name, loc="left")
        plain_axis(axes.xaxis, along.shown)
        if reference is not None:
            axes.axvline(reference, color=SOFT, linewidth=1.0, linestyle="--", zorder=3)
    figure.supxlabel(along.title, fontsize=8)
    if len(series) > 1:
        _add_legend(figure, series, canvas)
    return figure


def _height(own: Sequence[Bar], above: bool) -> float:
    return _FRAME + _BAR * len(own) + (_GAP + above * _BAR) * len({bar.group for bar in own})


def _draw(axes: Axes, own: Sequence[Bar], series: Sequence[str], width: float, above: bool) -> None:
    from matplotlib.ticker import MaxNLocator

    place, ticks = 0.0, {}
    ordered: list[Bar] = []
    places: list[float] = []
    for group in dict.fromkeys(bar.group for bar in own):
        members = sorted((bar for bar in own if bar.group == group), key=lambda bar: series.index(bar.series))
        if above:
            axes.text(0.0, place, group, transform=axes.get_yaxis_transform(), fontsize=7, va="center")
            place += 1
        else:
            ticks[group] = place + (len(members) - 1) / 2
        for bar in members:
            places.append(place)
            ordered.append(bar)
            place += 1
        place += _GAP / _BAR
    _add_bars(axes, ordered, places, series)
    furthest = max(_end(bar.value) for bar in own)
    letters = max(len(bar.text) for bar in own)
    # What is written behind the longest bar has to find room.
    share = min(0.6, letters * 0.062 / max(0.8, width - (0.3 if above else 1.2)))
    axes.set_xlim(0, furthest / (1 - share))
    axes.set_ylim(place - _GAP / _BAR - 0.3, -0.7)
    axes.set_yticks(list(ticks.values()), list(ticks))
    axes.tick_params(axis="y", length=0)
    axes.xaxis.set_major_locator(MaxNLocator(4 if width < _LEAST + 1 else 6))
    axes.spines[["top", "right"]].set_visible(False)
    axes.grid(visible=True, axis="x")


def _add_bars(axes: Axes, bars: Sequence[Bar], places: Sequence[float], series: Sequence[str]) -> None:
    for name, index in places_of(series).items():
        own = [(bar, place) for bar, place in zip(bars, places, strict=True) if bar.series == name]
        axes.barh(
            [place for _, place in own],
            [bar.value.estimate for bar, _ in own],
            height=0.82,
            color=colour_of(index),
            hatch=_hatch_of(index),
            edgecolor=PAPER,
            linewidth=0.4,
        )
    axes.errorbar(
        [bar.value.estimate for bar in bars],
        places,
        xerr=tuple(zip(*(reach_of(bar.value) for bar in bars), strict=True)),
        color=INK,
        linestyle="none",
        elinewidth=0.9,
        capsize=2,
    )
    for bar, place in zip(bars, places, strict=True):
        end = _end(bar.value)
        axes.annotate(bar.text, (end, place), xytext=(4, 0), textcoords="offset points", va="center", fontsize=7)


def _hatch_of(place: int) -> str:
    """Another one for the next series of the same colour."""
    return _HATCHES[(place + place // len(COLOURS)) % len(_HATCHES)]


def _end(value: Interval) -> float:
    high = value.bounded[1]
    return high if math.isfinite(high) else value.estimate


def _add_legend(figure: Figure, series: Sequence[str], canvas: Canvas) -> None:
    from matplotlib.patches import Patch

    handles = [
        Patch(facecolor=colour_of(place), hatch=_hatch_of(place), edgecolor=PAPER, label=name)
        for name, place in places_of(series).items()
    ]
    figure.legend(handles=handles, loc="outside upper left", ncols=max(1, int(canvas.width / 1.8)))
