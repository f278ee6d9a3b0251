"""Claims of the form/function paper (Abbasi et al. 2021, arXiv 2107.04144), section 2.3, Figure 5, on whole networks."""

from __future__ import annotations

from archbench.experiments.claim import Claim, Finding, Point, compare, settle, settle_each, show
from archbench.records.interval import Interval
from archbench.registry import ACCELERATED_BACKEND, REFERENCE_BACKEND
from archbench.stats.correlation import rank_correlation
from archbench.workloads.network import FORM_FUNCTION, NetworkWorkload
from archbench.workloads.pattern import PatternWorkload

#: "At least twice as fast".
GAIN = 2.0

_WINNER = "darts"
_FASTEST = "mobilenet-v2"


def every_network_gains_twofold(points: tuple[Point, ...]) -> Finding:
    """Every network's speedup lies at or above GAIN."""
    return settle_each((compare(gain.bounded, GAIN), f"{name} {show(gain)}") for name, gain in _gains(points).items())


def darts_gains_most(points: tuple[Point, ...]) -> Finding:
    """Its speedup's interval lies above every other network's."""
    gains = _gains(points)
    best = gains.pop(_WINNER, None)
    if best is None:
        return settle(())
    return settle(
        (_is_above(best, gain), f"{_WINNER} {show(best)} against {name} {show(gain)}") for name, gain in gains.items()
    )


def mobilenet_v2_is_fastest(points: tuple[Point, ...]) -> Finding:
    """On torch and on OpenVINO its latency's interval lies below every other network's."""
    latencies = {
        (point.case.backend, _name(point)): point.record.latency
        for point in _of_the_paper(points)
        if point.case.backend in (REFERENCE_BACKEND, ACCELERATED_BACKEND) and point.record.latency is not None
    }
    return settle(
        (_is_above(latency, latencies[backend, _FASTEST]), f"{name} takes {latency.estimate / fastest:.2f} of it on {backend}")
        for (backend, name), latency in latencies.items()
        if name != _FASTEST and (backend, _FASTEST) in latencies
        for fastest in [latencies[backend, _FASTEST].estimate]
    )


def gain_follows_core_pattern(points: tuple[Point, ...]) -> Finding:
    """The networks' speedups rank as those of their core patterns do: Spearman's coefficient lies above 0."""
    patterns = {
        point.case.workload.pattern: point.record.speedup.estimate
        for point in points
        if isinstance(point.case.workload, PatternWorkload)
        and point.case.backend == ACCELERATED_BACKEND
        and point.record.speedup is not None
    }
    pairs = [
        (patterns[core], gain.estimate)
        for name, gain in _gains(points).items()
        if (core := NetworkWorkload(network=name).spec.core) in patterns
    ]
    coefficient = rank_correlation([([core for core, _ in pairs], [gain for _, gain in pairs])])
    if coefficient is None:
        return settle(())
    low, high = coefficient.bounded
    evidence = f"rank correlation {coefficient.estimate:+.2f} [{low:+.2f}, {high:+.2f}] over {len(pairs)} networks"
    return settle([(compare(coefficient.bounded, 0.0), evidence)])


def _gains(points: tuple[Point, ...]) -> dict[str, Interval]:
    """Speedup of the accelerated backend by network."""
    return {
        _name(point): point.record.speedup
        for point in _of_the_paper(points)
        if point.case.backend == ACCELERATED_BACKEND and point.record.speedup is not None
    }


def _of_the_paper(points: tuple[Point, ...]) -> list[Point]:
    """Single images, one thread, no cap, of the form/function paper's networks."""
    return [
        point
        for point in points
        if _name(point) in FORM_FUNCTION and (point.case.workload.batch, point.case.threads, point.case.isa) == (1, 1, None)
    ]


def _name(point: Point) -> str:
    return point.case.workload.family


def _is_above(upper: Interval, lower: Interval) -> bool | None:
    """Whether it lies wholly above the other, wholly below it, or neither."""
    (low, high), (other_low, other_high) = upper.bounded, lower.bounded
    return True if low > other_high else False if high < other_low else None


_SOURCE = "form/function paper, section 2.3, Figure 5"
CLAIMS = (
    Claim(
        name="networks-gain-twofold",
        source=_SOURCE,
        statement="Every network is at least twice as fast on OpenVINO as on the native framework.",
        judge=every_network_gains_twofold,
        of=NetworkWorkload,
    ),
    Claim(
        name="networks-darts-gains-most",
        source=_SOURCE,
        statement="DARTS gains more from OpenVINO than any other of the networks.",
        judge=darts_gains_most,
        of=NetworkWorkload,
    ),
    Claim(
        name="networks-mobilenet-v2-is-fastest",
        source=_SOURCE,
        statement="MobileNetV2 has the lowest latency of the networks, native and accelerated.",
        judge=mobilenet_v2_is_fastest,
        of=NetworkWorkload,
    ),
    Claim(
        name="networks-gain-follows-core-pattern",
        source=_SOURCE,
        statement="How much a network gains from OpenVINO follows how much its core pattern gains.",
        judge=gain_follows_core_pattern,
        of=object,
    ),
)
