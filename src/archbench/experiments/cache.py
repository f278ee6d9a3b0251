"""Claims of the form/function paper (Abbasi et al. 2021, arXiv 2107.04144), section 2.2, Figure 3, on simulated misses."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping

from archbench.experiments.claim import Claim, Finding, Point, settle
from archbench.records.counts import last_level_misses
from archbench.records.record import Status
from archbench.registry import ACCELERATED_BACKEND, REFERENCE_BACKEND
from archbench.units import format_ratio

_SAVERS = ("depthwise-bottleneck", "depthwise-separable")

#: "About an order of magnitude", read as nearer to ten than to one on a logarithmic scale.
_ORDER = math.sqrt(10)


def misses_less_everywhere(points: tuple[Point, ...]) -> Finding:
    """For every workload the accelerated backend has fewer warm last-level misses."""
    return settle((saved > 1, _show(workload, saved)) for workload, (_, saved) in _savings(points).items())


def depthwise_patterns_save_an_order(points: tuple[Point, ...]) -> Finding:
    """The two depthwise patterns have a tenth of the misses or so, accelerated."""
    savings = _savings(points).items()
    return settle((saved >= _ORDER, _show(workload, saved)) for workload, (pattern, saved) in savings if pattern in _SAVERS)


def standard_saves_least(points: tuple[Point, ...]) -> Finding:
    """No other pattern's misses fall by a smaller factor than the standard convolution's."""
    savings = _savings(points)
    least = [saved for pattern, saved in savings.values() if pattern == "standard"]
    return settle(
        (min(least) <= saved, f"{_show(workload, saved)} against standard {format_ratio(min(least))}")
        for workload, (pattern, saved) in savings.items()
        if least and pattern != "standard"
    )


def _savings(points: tuple[Point, ...]) -> Mapping[str, tuple[str, float]]:
    """Pattern, and native over accelerated warm misses, by workload counted on both."""
    misses = {(point.case.workload, point.case.backend): count for point, count in _warm(points)}
    return {
        workload.id: (workload.pattern, native / max(1, misses[workload, ACCELERATED_BACKEND]))
        for (workload, backend), native in misses.items()
        if backend == REFERENCE_BACKEND and (workload, ACCELERATED_BACKEND) in misses
    }


def _warm(points: tuple[Point, ...]) -> Iterator[tuple[Point, int]]:
    for point in points:
        if point.record.counts is not None:
            yield point, last_level_misses(point.record.counts.warm)


def _show(workload: str, saved: float) -> str:
    return f"{workload} {format_ratio(saved)} fewer"


_SOURCE = "form/function paper, section 2.2, Figure 3"
CLAIMS = (
    Claim(
        name="openvino-misses-less-everywhere",
        source=_SOURCE,
        statement="OpenVINO misses the last-level cache less often than the native framework for every pattern.",
        judge=misses_less_everywhere,
        needs=Status.COUNTED,
    ),
    Claim(
        name="depthwise-patterns-save-an-order-of-misses",
        source=_SOURCE,
        statement="For depthwise bottleneck and depthwise separable networks it misses about an order of magnitude less often.",
        judge=depthwise_patterns_save_an_order,
        needs=Status.COUNTED,
    ),
    Claim(
        name="standard-saves-least-misses",
        source=_SOURCE,
        statement="The standard convolution saves the smallest factor of misses.",
        judge=standard_saves_least,
        needs=Status.COUNTED,
    ),
)
