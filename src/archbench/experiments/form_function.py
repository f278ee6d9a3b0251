"""Claims of the form/function paper (Abbasi et al. 2021, arXiv 2107.04144), section 2.1, Figures 1 and 2."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict

from archbench.cost.formulas import cost_by_formula
from archbench.experiments.claim import Claim, Finding, Point, compare, settle, show
from archbench.records.interval import Interval
from archbench.registry import ACCELERATED_BACKEND, REFERENCE_BACKEND
from archbench.stats.effect import Effect, effect_of
from archbench.stats.estimate import CONFIDENCE, LogEstimate
from archbench.stats.processes import latency, speedup

#: Changes smaller than this are not called a rise or a fall.
MARGIN = 0.02

#: "Stays the same" in the paper's figure, read as within a tenth.
STEADY = 0.10

_DEEP = 50

_Ratio = Callable[[Point, Point], Interval]


def faster_everywhere(points: tuple[Point, ...]) -> Finding:
    """Every speedup interval lies at or above 1."""
    return settle(
        (compare(gain.bounded, 1.0), f"{point.case.workload.id} {show(gain)}")
        for point in points
        if point.case.backend == ACCELERATED_BACKEND and (gain := point.record.speedup) is not None
    )


def depthwise_bottleneck_gains_most(points: tuple[Point, ...]) -> Finding:
    """At depth 50, where all six patterns were measured alike, its interval lies above every other's."""
    deep = [point for point in points if point.case.backend == ACCELERATED_BACKEND and point.pattern_network.depth == _DEEP]
    return settle(part for group in _alike(deep, "pattern", "groups", "ratio") for part in _beats_others(group))


def speedup_does_not_fall_with_depth(points: tuple[Point, ...]) -> Finding:
    """The deepest network's speedup is not lower than the shallowest's by more than MARGIN, in any pattern."""
    accelerated = [point for point in points if point.case.backend == ACCELERATED_BACKEND]
    return settle(_rise(group, "depth", _speedup_ratio, 1 - MARGIN) for group in _series(accelerated, "depth"))


def native_latency_rises_with_batch(points: tuple[Point, ...]) -> Finding:
    """Per image, the largest batch is slower than a single image on torch by more than MARGIN, in every pattern."""
    native = [point for point in points if point.case.backend == REFERENCE_BACKEND]
    return settle(_rise(group, "batch", _per_image_ratio, 1 + MARGIN) for group in _series(native, "batch"))


def accelerated_latency_steady_with_batch(points: tuple[Point, ...]) -> Finding:
    """Per image, the largest batch is within STEADY of a single image on OpenVINO, in every pattern."""
    accelerated = [point for point in points if point.case.backend == ACCELERATED_BACKEND]
    return settle(_steady(group) for group in _series(accelerated, "batch"))


def latency_rises_with_width(points: tuple[Point, ...]) -> Finding:
    """Each doubling of the width makes every pattern slower, on torch and on OpenVINO."""
    watched = [point for point in points if point.case.backend in (REFERENCE_BACKEND, ACCELERATED_BACKEND)]
    return settle(
        _rise(pair, "width", _latency_ratio, 1 + MARGIN) for group in _series(watched, "width") for pair in _doublings(group)
    )


def flops_do_not_rank_patterns(points: tuple[Point, ...]) -> Finding:
    """On torch, at one depth and width, a pattern with fewer FLOPs than another is surely slower."""
    native = [point for point in points if point.case.backend == REFERENCE_BACKEND]
    return settle(_has_inversion(group) for group in _alike(native, "pattern", "groups", "ratio"))


def flops_rank_widths(points: tuple[Point, ...]) -> Finding:
    """On torch, within a pattern, more FLOPs through twice the width always means more latency."""
    native = [point for point in points if point.case.backend == REFERENCE_BACKEND]
    return settle(_rise(pair, "width", _latency_ratio, 1.0) for group in _series(native, "width") for pair in _doublings(group))


_SOURCE = "form/function paper, section 2.1"
CLAIMS = (
    Claim(
        name="openvino-faster-everywhere",
        source=f"{_SOURCE}, Figure 1",
        statement="OpenVINO is at least as fast as the native framework for every pattern and depth.",
        judge=faster_everywhere,
    ),
    Claim(
        name="depthwise-bottleneck-gains-most",
        source=f"{_SOURCE}, Figure 1; abstract (550 %)",
        statement="At depth 50 the depthwise bottleneck gains more from OpenVINO than any other pattern.",
        judge=depthwise_bottleneck_gains_most,
    ),
    Claim(
        name="speedup-does-not-fall-with-depth",
        source=f"{_SOURCE}, Figure 1",
        statement="The speedup does not fall as the network gets deeper.",
        judge=speedup_does_not_fall_with_depth,
    ),
    Claim(
        name="native-per-image-latency-rises-with-batch",
        source=f"{_SOURCE}, Figure 1",
        statement="Natively, the latency per image rises with the batch.",
        judge=native_latency_rises_with_batch,
    ),
    Claim(
        name="accelerated-per-image-latency-steady-with-batch",
        source=f"{_SOURCE}, Figure 1",
        statement="On OpenVINO, the latency per image stays the same with the batch.",
        judge=accelerated_latency_steady_with_batch,
    ),
    Claim(
        name="latency-rises-with-width",
        source=f"{_SOURCE}, Figure 2",
        statement="Latency rises with width in every pattern, native and accelerated.",
        judge=latency_rises_with_width,
    ),
    Claim(
        name="flops-do-not-rank-patterns",
        source=f"{_SOURCE}, Figure 2",
        statement="Across patterns, native latency does not follow FLOPs.",
        judge=flops_do_not_rank_patterns,
    ),
    Claim(
        name="flops-rank-widths",
        source=f"{_SOURCE}, Figure 2",
        statement="Within a pattern, native latency follows FLOPs as width grows.",
        judge=flops_rank_widths,
    ),
)


def _rise(group: tuple[Point, ...], axis: str, ratio: _Ratio, threshold: float) -> tuple[bool | None, str]:
    first, last = group[0], group[-1]
    interval = ratio(last, first)
    steps = f"{axis} {getattr(first.case.workload, axis)} to {getattr(last.case.workload, axis)}"
    return compare(interval.bounded, threshold), f"{_name(first)} {steps}: {show(interval)}"


def _steady(group: tuple[Point, ...]) -> tuple[bool | None, str]:
    interval = _per_image_ratio(group[-1], group[0])
    effect = effect_of(interval, STEADY)
    return None if effect is Effect.OPEN else effect is Effect.INSIDE, f"{_name(group[0])}: {show(interval)}"


def _beats_others(group: list[Point]) -> Iterator[tuple[bool | None, str]]:
    by_pattern = {point.pattern_network.pattern: point.record.speedup for point in group}
    best = by_pattern.pop("depthwise-bottleneck", None)
    if best is None or len(by_pattern) < 5:
        return
    for pattern, other in by_pattern.items():
        if other is None:
            continue
        (low, high), (best_low, best_high) = other.bounded, best.bounded
        truth = True if best_low > high else False if best_high < low else None
        yield truth, f"depthwise-bottleneck {show(best)} against {pattern} {show(other)}"


def _has_inversion(group: list[Point]) -> tuple[bool | None, str]:
    """Whether a pattern with fewer FLOPs is surely slower than one with more; surely not only where each is surely faster."""
    pairs = [pair for pair in itertools.permutations(group, 2) if _flops(pair[0]) < _flops(pair[1])]
    truths = [_is_slower(light, heavy) for light, heavy in pairs]
    if True in truths:
        return True, _against_flops(*pairs[truths.index(True)])
    if None in truths:
        return None, f"{_against_flops(*pairs[truths.index(None)])}, which is too close to tell"
    one = group[0].pattern_network
    rows, columns = one.resolution
    return False, f"{len(group)} patterns are ranked by FLOPs at d{one.depth}-w{one.width}-{rows}x{columns}-b{one.batch}"


def _is_slower(light: Point, heavy: Point) -> bool | None:
    """Undecided where the intervals of their latencies overlap."""
    (low, high), (heavy_low, heavy_high) = (
        latency(point.record.processes).estimate.interval().bounded for point in (light, heavy)
    )
    return True if low > heavy_high else False if high < heavy_low else None


def _against_flops(light: Point, heavy: Point) -> str:
    return (
        f"{light.case.workload.id} does {_flops(light) / _flops(heavy):.2f} of the FLOPs of"
        f" {heavy.case.workload.id} in {_slowdown(light, heavy).interval().estimate:.2f} of the time"
    )


def _speedup_ratio(last: Point, first: Point) -> Interval:
    above, below = speedup(last.record.processes), speedup(first.record.processes)
    if above is None or below is None:
        return Interval(estimate=1.0, low=None, high=None, confidence=CONFIDENCE)
    return above.estimate.over(below.estimate).interval()


def _latency_ratio(last: Point, first: Point) -> Interval:
    return _slowdown(last, first).interval()


def _per_image_ratio(last: Point, first: Point) -> Interval:
    return _slowdown(last, first).times(first.case.workload.batch / last.case.workload.batch).interval()


def _slowdown(last: Point, first: Point) -> LogEstimate:
    return latency(last.record.processes).estimate.over(latency(first.record.processes).estimate)


def _doublings(group: Sequence[Point]) -> Iterator[tuple[Point, Point]]:
    """Each network with the next of at least twice its width: widths of equal work lie too close to tell."""
    for index, narrow in enumerate(group):
        wider = (p for p in group[index + 1 :] if p.pattern_network.width >= 2 * narrow.pattern_network.width)
        wide = next(wider, None)
        if wide is not None:
            yield narrow, wide


def _series(points: list[Point], axis: str) -> Iterator[tuple[Point, ...]]:
    """Points that differ in one axis alone, two or more, in its order."""
    for group in _alike(points, axis):
        yield tuple(sorted(group, key=lambda point: int(getattr(point.case.workload, axis))))


def _alike(points: list[Point], *free: str) -> Iterator[list[Point]]:
    """Groups of two or more points that are the same but for the `free` fields of their workload."""
    groups: dict[object, list[Point]] = {}
    for point in points:
        fixed = tuple(value for name, value in asdict(point.case.workload).items() if name not in free)
        groups.setdefault((fixed, point.case.backend, point.case.threads, point.case.isa), []).append(point)
    yield from (group for group in groups.values() if len(group) > 1)


def _flops(point: Point) -> int:
    return cost_by_formula(point.pattern_network).flops


def _name(point: Point) -> str:
    return f"{point.pattern_network.pattern} on {point.case.backend}"
