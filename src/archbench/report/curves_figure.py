"""Curves with intervals in small multiples: latency along depth, width, batch or kernel, one panel a pattern or layer."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from archbench.records.interval import Interval
from archbench.report.paint import (
    DASHES,
    INK,
    PAPER,
    SOFT,
    Canvas,
    colour_of,
    log_axis,
    marker_of,
    places_of,
    small_multiples,
)

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

#: Inches that a panel needs at least, and its height.
_LEAST, _HEIGHT = 1.75, 2.0

#: Inches beside a panel's axis, and of a letter below it.
_FRAME, _LETTER = 0.5, 0.09


@dataclass(frozen=True, slots=True, kw_only=True)
class Curve:
    """One line.

    Args:
        panel: where it is drawn.
        series: by its colour and marker; "" for what is computed and not measured, which has neither.
        style: by how it is dashed; "" is solid and has no entry in the legend.
        points: by place, upwards.
        is_right: whether it belongs to the axis on the right.
    """

    panel: str
    series: str
    style: str
    points: tuple[tuple[float, Interval], ...]
    is_right: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Scale:
    """An axis: what it is of, and how its numbers are written. All but the lower one are logarithmic."""

    title: str
    shown: Callable[[float], str]
    is_log: bool = True


def curves_figure(curves: Sequence[Curve], across: Scale, up: Scale, right: Scale | None, canvas: Canvas) -> Figure:
    """Draw them, a panel each; `right` is the axis of the curves on the right. There must be at least one curve."""
    names = list(dict.fromkeys(curve.panel for curve in curves))
    entries = len(_series(curves)) + len(_styles(curves))
    least = _LEAST + (0.35 if right is not None else 0.0)
    extra = 0.45 + 0.2 * -(-entries // _legend_columns(canvas))
    figure, panels = small_multiples(len(names), canvas, least=least, height=_HEIGHT, extra=extra)
    columns = canvas.columns(len(names), least)
    places = sorted({place for curve in curves for place, _ in curve.points})
    twins = []
    for index, (axes, name) in enumerate(zip(panels, names, strict=True)):
        axes.set_title(name, loc="left")
        own = [curve for curve in curves if curve.panel == name]
        _draw([curve for curve in own if not curve.is_right], curves, axes)
        if right is not None:
            twin = axes.twinx()
            twin.spines[["top"]].set_visible(False)
            _draw([curve for curve in own if curve.is_right], curves, twin)
            twin.tick_params(labelright=index % columns == columns - 1 or index == len(names) - 1)
            twins.append(twin)
    _scale_across(panels, across, _spaced(places, across, canvas.width / columns - _FRAME))
    log_axis(panels[0].yaxis, up.shown)
    if right is not None:
        _share_scale(twins, right)
        figure.supylabel(f"{up.title}; dashed, on the right: {right.title}", fontsize=8)
    else:
        figure.supylabel(up.title, fontsize=8)
    figure.supxlabel(across.title, fontsize=8)
    _add_legend(figure, curves, canvas)
    return figure


def _draw(own: Sequence[Curve], every: Sequence[Curve], axes: Axes) -> None:
    series, styles = _series(every), _styles(every)
    for curve in own:
        xs = [place for place, _ in curve.points]
        middle = [value.estimate for _, value in curve.points]
        computed = curve.series == ""
        place = 0 if computed else series[curve.series]
        axes.errorbar(
            xs,
            middle,
            yerr=tuple(zip(*(reach_of(value) for _, value in curve.points), strict=True)),
            color=SOFT if computed else colour_of(place),
            marker="none" if computed else marker_of(place),
            markersize=4,
            markeredgecolor=PAPER,
            markeredgewidth=0.5,
            linestyle=_dash(curve, styles),
            linewidth=1.2,
            elinewidth=1.0,
            capsize=2,
        )


def reach_of(value: Interval) -> tuple[float, float]:
    """How far the interval reaches below and above the estimate; nowhere if there is none."""
    below = 0.0 if value.low is None else value.estimate - value.low
    above = 0.0 if value.high is None else value.high - value.estimate
    return max(0.0, below), max(0.0, above)


def _dash(curve: Curve, styles: Sequence[str]) -> object:
    if not curve.style:
        return DASHES[0]
    named = [style for style in styles if style]
    return DASHES[(len(styles) - len(named) + named.index(curve.style)) % len(DASHES)]


def _series(curves: Sequence[Curve]) -> Mapping[str, int]:
    """By name, the place of colour and marker."""
    return places_of(curve.series for curve in curves if curve.series)


def _styles(curves: Sequence[Curve]) -> list[str]:
    return list(dict.fromkeys(curve.style for curve in curves))


def _spaced(places: Sequence[float], across: Scale, width: float) -> list[float]:
    """Those whose labels find room on so many inches."""

    def at(place: float) -> float:
        return math.log(place) if across.is_log else place

    inches = width / ((at(places[-1]) - at(places[0])) or 1.0)
    kept = [places[0]]
    for place in places[1:]:
        letters = (len(across.shown(place)) + len(across.shown(kept[-1]))) / 2
        if (at(place) - at(kept[-1])) * inches >= (letters + 0.6) * _LETTER:
            kept.append(place)
    return kept


def _scale_across(panels: Sequence[Axes], across: Scale, places: Sequence[float]) -> None:
    from matplotlib.ticker import FixedFormatter, FixedLocator, NullLocator

    axis = panels[0].xaxis
    if across.is_log and len(places) > 1:
        panels[0].set_xscale("log", base=2)
    axis.set_major_locator(FixedLocator(list(places)))
    axis.set_major_formatter(FixedFormatter([across.shown(place) for place in places]))
    axis.set_minor_locator(NullLocator())


def _share_scale(twins: Sequence[Axes], right: Scale) -> None:
    """One scale for the axes on the right of all panels."""
    low = min(axes.dataLim.y0 for axes in twins if axes.lines)
    high = max(axes.dataLim.y1 for axes in twins if axes.lines)
    for axes in twins:
        axes.set_yscale("log")
        axes.set_ylim(low / 1.5, high * 1.5)
        log_axis(axes.yaxis, right.shown)


def _legend_columns(canvas: Canvas) -> int:
    return max(1, int(canvas.width / 1.8))


def _add_legend(figure: Figure, curves: Sequence[Curve], canvas: Canvas) -> None:
    """Series by colour and marker, then styles by dashes, over the panels."""
    from matplotlib.lines import Line2D

    handles = [
        Line2D([], [], color=colour_of(place), marker=marker_of(place), markersize=4, linestyle="none", label=name)
        for name, place in _series(curves).items()
    ]
    dashes = {curve.style: _dash(curve, _styles(curves)) for curve in curves if curve.style}
    handles += [
        Line2D([], [], color=INK, linewidth=1.2, linestyle=dash, label=style)  # type: ignore[arg-type]
        for style, dash in dashes.items()
    ]
    figure.legend(handles=handles, loc="outside upper left", ncols=_legend_columns(canvas), handlelength=2.6)
