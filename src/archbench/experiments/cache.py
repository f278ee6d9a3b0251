"""Claims of the form/function paper (Abbasi et al. 2021, arXiv 2107.04144), section 2.2, Figures 3 and 4, on cache misses."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, replace

from archbench.experiments.claim import Claim, Finding, Point, settle
from archbench.experiments.form_function import flops_do_not_rank_patterns, flops_rank_widths
from archbench.records.counts import warm_misses
from archbench.records.record import CaseRecord
from archbench.registry import ACCELERATED_BACKEND, REFERENCE_BACKEND
from archbench.units import format_ratio
from archbench.workloads.pattern import PatternWorkload

_SAVERS = ("depthwise-bottleneck", "depthwise-separable")

#: "About an order of magnitude", read as nearer to ten than to one on a logarithmic scale.
_ORDER = math.sqrt(10)


@dataclass(frozen=True, slots=True)
class _Saving:
    """How many times fewer warm misses the accelerated backend has."""

    workload: PatternWorkload
    factor: float

    @property
    def text(self) -> str:
        return f"{self.workload.id} {format_ratio(self.factor)} fewer"


def misses_less_everywhere(points: tuple[Point, ...]) -> Finding:
    """For every workload the accelerated backend has fewer warm last-level misses."""
    return settle((saving.factor > 1, saving.text) for saving in _savings(points))


def depthwise_patterns_save_an_order(points: tuple[Point, ...]) -> Finding:
    """The two depthwise patterns have a tenth of the misses or so, accelerated."""
    savers = [saving for saving in _savings(points) if saving.workload.pattern in _SAVERS]
    return settle((saving.factor >= _ORDER, saving.text) for saving in savers)


def standard_saves_least(points: tuple[Point, ...]) -> Finding:
    """At no size do another pattern's misses fall by a smaller factor than the standard convolution's."""
    savings = _savings(points)
    standard = {_size(saving): saving.factor for saving in savings if saving.workload.pattern == "standard"}
    return settle(
        (standard[_size(saving)] <= saving.factor, f"{saving.text} against standard {format_ratio(standard[_size(saving)])}")
        for saving in savings
        if saving.workload.pattern != "standard" and _size(saving) in standard
    )


def _savings(points: tuple[Point, ...]) -> list[_Saving]:
    """Of every workload counted on both backends."""
    misses = _misses(points)
    return [
        _Saving(workload, native / max(1, misses[workload, ACCELERATED_BACKEND]))
        for (workload, backend), native in misses.items()
        if backend == REFERENCE_BACKEND and (workload, ACCELERATED_BACKEND) in misses
    ]


def _misses(points: tuple[Point, ...]) -> Mapping[tuple[PatternWorkload, str], int]:
    found = ((point, warm_misses(point.record.counts)) for point in points if point.record.counts is not None)
    return {(point.pattern_network, point.case.backend): count for point, count in found if count is not None}


def _size(saving: _Saving) -> PatternWorkload:
    """The workload but for its pattern."""
    return replace(saving.workload, pattern="standard", groups=None, ratio=None)


def _is_counted(record: CaseRecord) -> bool:
    return record.counts is not None


def _is_timed_and_counted(record: CaseRecord) -> bool:
    return record.counts is not None and record.latency is not None


_SOURCE = "form/function paper, section 2.2, Figures 3 and 4"
CLAIMS = (
    Claim(
        name="cache-openvino-misses-less-everywhere",
        source=_SOURCE,
        statement="OpenVINO misses the last-level cache less often than the native framework for every pattern.",
        judge=misses_less_everywhere,
        needs=_is_counted,
    ),
    Claim(
        name="cache-depthwise-patterns-save-an-order-of-misses",
        source=_SOURCE,
        statement="For depthwise bottleneck and depthwise separable networks it misses about an order of magnitude less often.",
        judge=depthwise_patterns_save_an_order,
        needs=_is_counted,
    ),
    Claim(
        name="cache-standard-saves-least-misses",
        source=_SOURCE,
        statement="The standard convolution saves the smallest factor of misses.",
        judge=standard_saves_least,
        needs=_is_counted,
    ),
    Claim(
        name="cache-latency-follows-flops-along-width",
        source=_SOURCE,
        statement="Along width, within a pattern, latency follows FLOPs.",
        judge=flops_rank_widths,
        needs=_is_timed_and_counted,
    ),
    Claim(
        name="cache-latency-does-not-follow-flops-across-patterns",
        source=_SOURCE,
        statement="Across patterns latency does not follow FLOPs.",
        judge=flops_do_not_rank_patterns,
        needs=_is_timed_and_counted,
    ),
)
