"""Accuracy against cost of everything a search tried: the search paper's Figure 4."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from archbench.records.search import SearchRecord, TrainedRecord, TrialRecord
from archbench.report.search import axis_text
from archbench.workloads.ids import parse_workload

if TYPE_CHECKING:
    from matplotlib.axes import Axes

_GREY = "#b3b3b3"


def search_figure(record: SearchRecord, path: Path) -> None:
    """Write the picture: a panel an objective, its axis of costs logarithmic.

    Trials are dots, at their accuracy on the validation part after the short training; the front and the seed, trained in full,
    stand at their accuracy on the test part with its interval.
    """
    import matplotlib as mpl

    mpl.use("agg")
    from matplotlib import pyplot as plt

    count = len(record.objectives)
    figure, panels = plt.subplots(1, count, figsize=(1.5 + 6.5 * count, 5.0), squeeze=False, sharey=True, layout="constrained")
    for axes, objective in zip(panels[0], record.objectives, strict=True):
        _draw(axes, record, objective)
    panels[0, 0].set_ylabel("accuracy in per cent")
    panels[0, 0].legend(frameon=False, fontsize="small", loc="lower right")
    figure.suptitle(f"{record.dataset}: {len(record.trials)} trials")
    figure.savefig(path, dpi=150)
    plt.close(figure)


def _draw(axes: Axes, record: SearchRecord, objective: str) -> None:
    whole = [trial for trial in record.trials if not trial.stopped]
    stopped = [trial for trial in record.trials if trial.stopped]
    _dots(axes, whole, objective, "o", "trial, short training, validation")
    _dots(axes, stopped, objective, "x", "trial stopped early")
    _bars(axes, record.front, objective, "C0", "front, trained in full, test", line=True)
    if objective in record.seed.costs or objective == "operations":
        _bars(axes, (record.seed,), objective, "C3", "seed, trained in full, test")
    axes.set_xscale("log")
    axes.set_xlabel(axis_text(objective))
    axes.spines[["top", "right"]].set_visible(False)
    axes.grid(alpha=0.25, which="both", linewidth=0.5)


def _dots(axes: Axes, trials: Sequence[TrialRecord], objective: str, marker: str, label: str) -> None:
    if trials:
        costs = [trial.costs[objective] for trial in trials]
        axes.scatter(costs, [100 * trial.accuracy for trial in trials], s=18, marker=marker, color=_GREY, label=label)


def _bars(axes: Axes, entries: Sequence[TrainedRecord], objective: str, colour: str, label: str, *, line: bool = False) -> None:
    ordered = sorted(entries, key=lambda entry: _cost(entry, objective))
    costs = [_cost(entry, objective) for entry in ordered]
    middle = [100 * entry.accuracy.estimate for entry in ordered]
    below = [100 * (entry.accuracy.estimate - entry.accuracy.bounded[0]) for entry in ordered]
    above = [100 * (entry.accuracy.bounded[1] - entry.accuracy.estimate) for entry in ordered]
    style = "-" if line else "none"
    axes.errorbar(costs, middle, yerr=(below, above), fmt="o", linestyle=style, color=colour, capsize=3, label=label)
    for entry, cost, accuracy in zip(ordered, costs, middle, strict=True):
        name = parse_workload(entry.workload).family
        if len(name) <= len("kws-seed"):
            axes.annotate(name, (cost, accuracy), xytext=(-5, 5), textcoords="offset points", fontsize="small", ha="right")


def _cost(entry: TrainedRecord, objective: str) -> float:
    return entry.costs.get(objective, float(entry.operations))
