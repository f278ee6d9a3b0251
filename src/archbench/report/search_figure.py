"""Accuracy against cost of everything a search tried: the search paper's Figure 4."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from archbench.records.search import SearchRecord, TrainedRecord, TrialRecord
from archbench.report.paint import COLOURS, LINE, SOFT, Canvas, log_axis, small_multiples, write_figure
from archbench.report.search import OPERATIONS, axis_text, cost_text
from archbench.units import format_count
from archbench.workloads.ids import parse_workload

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure
    from matplotlib.transforms import Bbox

_FRONT, _SEED = COLOURS[0], COLOURS[1]
#: A longer name is a network spelt out, which is in the table.
_LONGEST = len("kws-seed")
#: Where a name may stand: offset in points, and which of its corners is there.
_SIDES = (
    ((-5, 5), ("right", "bottom")),
    ((5, 5), ("left", "bottom")),
    ((-5, -5), ("right", "top")),
    ((5, -5), ("left", "top")),
)


def search_figure(record: SearchRecord, path: Path) -> None:
    """Write the picture."""
    write_figure(lambda canvas: draw_search(record, canvas), Canvas(width=1.5 + 6.5 * len(record.objectives)), path)


def draw_search(record: SearchRecord, canvas: Canvas) -> Figure:
    """Draw a panel an objective, its axis of costs logarithmic.

    Trials are dots, at their accuracy on the validation part after the short training; the front and the seed, trained in full,
    stand at their accuracy on the test part with its interval. The band is the seed's interval: what reaches it is as accurate.
    """
    count = len(record.objectives)
    figure, panels = small_multiples(count, canvas, least=3.5, height=3.8, extra=0.9, share=False)
    for axes, objective in zip(panels, record.objectives, strict=True):
        _draw(axes, record, objective)
    figure.supylabel("accuracy in per cent", fontsize=8)
    handles, labels = panels[0].get_legend_handles_labels()
    figure.legend(handles, labels, loc="outside upper left", ncols=max(1, int(canvas.width / 2.4)))
    # Where a name fits is known only once nothing else moves any more.
    figure.draw_without_rendering()
    figure.set_layout_engine("none")
    for axes, objective in zip(panels, record.objectives, strict=True):
        _name(axes, [entry for entry in (record.seed, *record.front) if _is_drawn(entry, record, objective)], objective)
    return figure


def _draw(axes: Axes, record: SearchRecord, objective: str) -> None:
    whole = [trial for trial in record.trials if not trial.stopped]
    stopped = [trial for trial in record.trials if trial.stopped]
    low, high = record.seed.accuracy.bounded
    axes.axhspan(100 * max(low, 0.0), 100 * min(high, 1.0), color=LINE, linewidth=0, label="as accurate as the seed")
    _dots(axes, whole, objective, "o", "trial, short training, validation")
    _dots(axes, stopped, objective, "x", "trial stopped early")
    _bars(axes, record.front, objective, _FRONT, "front, trained in full, test", line=True)
    if _is_drawn(record.seed, record, objective):
        _bars(axes, (record.seed,), objective, _SEED, "seed, trained in full, test")
    log_axis(axes.xaxis, format_count if objective == OPERATIONS else lambda value: cost_text(objective, value))
    axes.set_xlabel(axis_text(objective))
    axes.set_title(f"{record.dataset}: {len(record.trials)} trials", loc="left")


def _dots(axes: Axes, trials: Sequence[TrialRecord], objective: str, marker: str, label: str) -> None:
    if trials:
        costs = [trial.costs[objective] for trial in trials]
        axes.scatter(
            costs, [100 * trial.accuracy for trial in trials], s=14, marker=marker, color=SOFT, linewidth=0.8, label=label
        )


def _bars(axes: Axes, entries: Sequence[TrainedRecord], objective: str, colour: str, label: str, *, line: bool = False) -> None:
    ordered = sorted(entries, key=lambda entry: _cost(entry, objective))
    costs = [_cost(entry, objective) for entry in ordered]
    middle = [100 * entry.accuracy.estimate for entry in ordered]
    below = [100 * (entry.accuracy.estimate - entry.accuracy.bounded[0]) for entry in ordered]
    above = [100 * (entry.accuracy.bounded[1] - entry.accuracy.estimate) for entry in ordered]
    style = "-" if line else "none"
    marker = "o" if line else "s"
    axes.errorbar(costs, middle, yerr=(below, above), marker=marker, linestyle=style, color=colour, capsize=3, label=label)


def _is_drawn(entry: TrainedRecord, record: SearchRecord, objective: str) -> bool:
    """A seed whose cost was not asked has no place."""
    return entry is not record.seed or objective in entry.costs or objective == "operations"


def _name(axes: Axes, entries: Sequence[TrainedRecord], objective: str) -> None:
    """Short names beside their points, on the first side where no other name is; none where there is no room."""
    taken: list[Bbox] = []
    inside = axes.get_window_extent()
    for entry in entries:
        name = parse_workload(entry.workload).family
        where = (_cost(entry, objective), 100 * entry.accuracy.estimate)
        for (dx, dy), (across, up) in _SIDES if len(name) <= _LONGEST else ():
            text = axes.annotate(name, where, xytext=(dx, dy), textcoords="offset points", fontsize=7, ha=across, va=up)
            box = text.get_window_extent()
            if inside.x0 <= box.x0 and box.x1 <= inside.x1 and not any(box.overlaps(other) for other in taken):
                taken.append(box)
                break
            text.remove()


def _cost(entry: TrainedRecord, objective: str) -> float:
    return entry.costs.get(objective, float(entry.operations))
