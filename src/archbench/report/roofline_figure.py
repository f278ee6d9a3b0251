"""The roofline as a picture: a panel a backend, ceilings of arithmetic and of every level of memory, workloads as points."""

from __future__ import annotations

import itertools
import math
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from archbench.report.paint import COLOURS, INK, LINE, PAPER, SOFT, Canvas, log_axis, new_figure, write_figure
from archbench.report.roofline import Placed, Roofline
from archbench.stats.roofline import Bound, Roof
from archbench.units import format_count

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure
    from matplotlib.text import Text
    from matplotlib.transforms import Bbox

_LOOKS = {
    Bound.COMPUTE: (COLOURS[0], "s"),
    Bound.BANDWIDTH: (COLOURS[2], "^"),
    Bound.OVERHEAD: (COLOURS[1], "o"),
}
#: Inches from which the legend has room beside the title.
_BROAD = 6
#: Areas of the points: of operators alone, and of everything else.
_SMALL, _LARGE = 16, 44
_DASHES = ("solid", (0, (6, 2)), (0, (3, 2)), (0, (1, 1.5)))
#: Where more points of a sort are drawn than this, they are not all named: of each family the highest and the lowest are.
_NAMED = 24
#: Pixels between what stands for a line.
_LINE_STEP = 6
#: Points of the printer between lines that each have a name.
_CEILING_STEP = 8
#: Where a label may stand: in so many directions around its point, at these distances in points of the printer.
_DIRECTIONS, _DISTANCES = 16, (12, 18, 25, 33, 43, 55, 70, 88, 110, 140)


def roofline_figure(roofline: Roofline, title: str, path: Path) -> None:
    """Write the picture."""
    write_figure(lambda canvas: draw_roofline(roofline, title, canvas), Canvas(width=11), path)


def draw_roofline(roofline: Roofline, title: str, canvas: Canvas) -> Figure:
    """Draw a panel a backend, with names at the points that there is room for."""
    panels = {backend: [entry for entry in roofline.placed if entry.backend == backend] for backend in roofline.roofs}
    figure = new_figure(canvas.width, 1.0 + min(5.6, 1.15 * canvas.width) * len(panels))
    # Places are fixed by hand below, once.
    figure.set_layout_engine("tight")
    grid = figure.subplots(len(panels), 1, sharex=True, sharey=True, squeeze=False)
    _set_limits(grid[0, 0], roofline)
    for axes, (backend, placed) in zip(grid[:, 0], panels.items(), strict=True):
        _draw(axes, backend, placed, roofline.roofs[backend], canvas)
    grid[-1, 0].set_xlabel("intensity: operations a byte of memory access")
    if title:
        figure.suptitle(title)
    figure.draw_without_rendering()
    figure.set_layout_engine("none")
    # Where a label fits is known only once nothing else moves any more.
    for axes, (backend, placed) in zip(grid[:, 0], panels.items(), strict=True):
        ceilings = _name_ceilings(axes, roofline.roofs[backend])
        _name_points(axes, placed, ceilings)
    return figure


def _set_limits(axes: Axes, roofline: Roofline) -> None:
    """Axes around all points and around where ceilings bend."""
    intensities = [entry.placement.intensity for entry in roofline.placed if entry.placement.attained > 0] or [1.0]
    attained = [entry.placement.attained for entry in roofline.placed if entry.placement.attained > 0] or [1.0]
    peaks = [roof.operations_per_second for roof in roofline.roofs.values()]
    ridges = [roof.operations_per_second / level.bytes_per_second for roof in roofline.roofs.values() for level in roof.levels]
    axes.set_xlim(min(*intensities, *ridges) / 4, max(*intensities, *ridges) * 2.5)
    axes.set_ylim(min(attained) / 2.5, max(*peaks, *attained) * 2.5)
    log_axis(axes.xaxis, "{:g}".format)
    log_axis(axes.yaxis, format_count)


def _draw(axes: Axes, backend: str, placed: Sequence[Placed], roof: Roof, canvas: Canvas) -> None:
    left, right = axes.get_xlim()
    for index, level in enumerate(roof.levels):
        ridge = roof.operations_per_second / level.bytes_per_second
        xs = [left, min(max(ridge, left), right)]
        axes.plot(
            xs,
            [roof.ceiling(level, x) for x in xs],
            color=INK,
            linewidth=1.2,
            linestyle=_DASHES[index % len(_DASHES)],
            zorder=1,
        )
    first = min(roof.operations_per_second / level.bytes_per_second for level in roof.levels)
    axes.plot([max(first, left), right], [roof.operations_per_second] * 2, color=INK, linewidth=1.8, zorder=1)
    for bound, (colour, marker) in _LOOKS.items():
        points = [entry for entry in placed if entry.placement.bound is bound and entry.placement.attained > 0]
        if points:
            axes.scatter(
                [entry.placement.intensity for entry in points],
                [entry.placement.attained for entry in points],
                s=[_SMALL if entry.is_operator else _LARGE for entry in points],
                color=colour,
                marker=marker,
                edgecolor=PAPER,
                linewidth=0.6,
                label=f"bound by {bound.value}: {len(points)}",
                zorder=3,
            )
    axes.set_ylabel("operations a second")
    small = " (small: single operators)" if any(entry.is_operator for entry in placed) else ""
    is_broad = canvas.width > _BROAD
    axes.set_title(f"{backend}{small}", loc="left", pad=None if is_broad else 44)
    axes.spines[["top", "right"]].set_visible(False)
    axes.grid(which="major", color=LINE, linewidth=0.6, zorder=0)
    if is_broad:
        axes.legend(ncols=3, loc="lower right", bbox_to_anchor=(1.0, 1.0))
    else:
        axes.legend(ncols=1, loc="lower left", bbox_to_anchor=(0.0, 1.0), borderaxespad=0.2)


def _name_ceilings(axes: Axes, roof: Roof) -> list[Bbox]:
    """The limit of each level along its line if it is apart from the one above, that of arithmetic at its end; their space."""
    left, _ = axes.get_xlim()
    low, _ = axes.get_ylim()
    texts = []
    above = math.inf
    for level in roof.levels:
        start = max(left, low / level.bytes_per_second) * 1.15
        (x0, y0), (x1, y1), (_, height) = axes.transData.transform(
            [
                (start, start * level.bytes_per_second),
                (2 * start, 2 * start * level.bytes_per_second),
                (1, level.bytes_per_second),
            ]
        )
        angle = math.degrees(math.atan2(y1 - y0, x1 - x0))
        if (above - height) * math.cos(math.radians(angle)) < _CEILING_STEP * axes.figure.dpi / 72:
            continue
        above = height
        texts.append(
            axes.annotate(
                f"{level.name} {format_count(level.bytes_per_second)}B/s",
                (start, roof.ceiling(level, start)),
                xytext=(-3 * math.sin(math.radians(angle)), 3 * math.cos(math.radians(angle))),
                textcoords="offset points",
                rotation=angle,
                rotation_mode="anchor",
                fontsize=7,
                color=INK,
            )
        )
    first = min(roof.operations_per_second / level.bytes_per_second for level in roof.levels)
    peak = f"arithmetic {format_count(roof.operations_per_second)}op/s"
    texts.append(
        axes.annotate(
            peak,
            (max(left, first), roof.operations_per_second),
            xytext=(4, 3),
            textcoords="offset points",
            fontsize=7,
            color=INK,
        )
    )
    return [text.get_window_extent() for text in texts]


def _name_points(axes: Axes, placed: Sequence[Placed], taken: list[Bbox]) -> None:
    """A label beside each named point where neither another label nor a point is, with a line to it where it stands off."""
    from matplotlib.transforms import Bbox

    points = [entry for entry in placed if entry.placement.attained > 0]
    named = list(_worth_a_name(points))
    where = axes.transData.transform([(entry.placement.intensity, entry.placement.attained) for entry in points])
    scale = axes.figure.dpi / 72
    half = 4 * scale
    taken = [*taken, *_line_boxes(axes), *(Bbox.from_extents(x - half, y - half, x + half, y + half) for x, y in where)]
    inside = axes.get_window_extent()
    for entry in sorted(named, key=lambda entry: -entry.placement.attained):
        text = axes.annotate(
            entry.label,
            (entry.placement.intensity, entry.placement.attained),
            textcoords="offset points",
            xytext=(0, 0),
            ha="center",
            va="center",
            fontsize=6.5,
            color=INK,
            arrowprops={"arrowstyle": "-", "color": SOFT, "linewidth": 0.5, "shrinkA": 0, "shrinkB": 3},
            zorder=4,
        )
        size = _space(text)
        x, y = axes.transData.transform((entry.placement.intensity, entry.placement.attained))
        edges = np.array([box.extents for box in taken])
        for dx, dy in _offsets(size.width / scale, size.height / scale):
            box = Bbox.from_bounds(x + dx * scale - size.width / 2, y + dy * scale - size.height / 2, size.width, size.height)
            if _contains(inside, box) and not _overlaps(box, edges):
                text.set_position((dx, dy))
                taken.append(box)
                break
        else:
            text.remove()


def _line_boxes(axes: Axes) -> Iterator[Bbox]:
    """Small boxes along the ceilings, which no label should cross."""
    from matplotlib.transforms import Bbox

    for line in axes.get_lines():
        (x0, y0), (x1, y1) = axes.transData.transform(line.get_xydata())
        steps = max(1, int(math.hypot(x1 - x0, y1 - y0) / _LINE_STEP))
        for step in range(steps + 1):
            x, y = x0 + (x1 - x0) * step / steps, y0 + (y1 - y0) * step / steps
            yield Bbox.from_extents(x - 1, y - 1, x + 1, y + 1)


def _worth_a_name(points: Sequence[Placed]) -> Iterator[Placed]:
    """Networks and blocks, or operators where there is nothing else."""
    points = [entry for entry in points if not entry.is_operator] or points
    if len(points) <= _NAMED:
        yield from points
        return
    families: dict[str, list[Placed]] = {}
    for entry in points:
        families.setdefault(entry.family, []).append(entry)
    for family in families.values():
        family.sort(key=lambda entry: entry.placement.attained)
        yield from {id(entry): entry for entry in (family[0], family[-1])}.values()


def _offsets(width: float, height: float) -> Iterator[tuple[float, float]]:
    """From near to far, where the middle of a label may stand: its edge at the distance, to the right and the left first."""
    angles = sorted((2 * math.pi * step / _DIRECTIONS for step in range(_DIRECTIONS)), key=lambda angle: abs(math.sin(angle)))
    for distance, angle in itertools.product(_DISTANCES, angles):
        across, up = math.cos(angle), math.sin(angle)
        yield across * (distance / 2 + width / 2), up * (distance / 2 + height / 2)


def _space(text: Text) -> Bbox:
    """The box on the canvas, without an arrow."""
    from matplotlib.text import Text as PlainText

    return PlainText.get_window_extent(text)


def _overlaps(box: Bbox, edges: NDArray[np.float64]) -> bool:
    """Whether it shares a place with any of the boxes, a row each of their left, lower, right and upper edge."""
    left, lower, right, upper = edges.T
    return bool(np.any((left < box.x1) & (box.x0 < right) & (lower < box.y1) & (box.y0 < upper)))


def _contains(outer: Bbox, inner: Bbox) -> bool:
    return bool(outer.x0 <= inner.x0 and inner.x1 <= outer.x1 and outer.y0 <= inner.y0 and inner.y1 <= outer.y1)
