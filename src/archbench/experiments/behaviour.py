"""Findings of the behaviour study (Tang et al., MLSys 2021, sections 3 and 4), judged platform by platform.

The nine are worded after the study's analyses; what a finding says of several sizes is judged on their geometric mean, with the
sizes as replicates.
"""

from __future__ import annotations

import dataclasses
import itertools
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from archbench.cost.units import unit_cost
from archbench.experiments.channel_sweep import channel_sweeps
from archbench.experiments.claim import Claim, Finding, Outcome, Point, compare, settle, settle_each, show
from archbench.experiments.units import Platform, Units, units_by_platform
from archbench.stats.estimate import LogEstimate
from archbench.stats.steps import Shape, Steps
from archbench.workloads.behaviour import ACTIVATIONS, BLOCKS
from archbench.workloads.layer import LayerWorkload

#: What an activation may cost beside ReLU, and an operator without arithmetic beside what stands before it.
NOTICEABLE = 1.1

#: Sizes whose spread is no guide to others.
FEW = 4

#: "Less than twofold on CPUs".
INT8_GAIN = 2.0

_MOVING = ("concat", "shuffle")
_SMALL_KERNEL, _LARGE_KERNEL = 3, 7

#: A p-value below which a sweep without steps may have some.
_SIGN = 0.05

_Judge = Callable[[Platform, Mapping[Platform, Units]], Finding]


@dataclass(frozen=True, slots=True, kw_only=True)
class PlatformClaim:
    """A finding that each platform may answer in its own way."""

    name: str
    statement: str
    judge: _Judge


def findings(by_platform: Mapping[Platform, Units]) -> dict[str, dict[Platform, Finding]]:
    """Every finding on every platform, by the claim's name."""
    return {claim.name: {platform: claim.judge(platform, by_platform) for platform in by_platform} for claim in PLATFORM_CLAIMS}


def typical(ratios: Sequence[LogEstimate]) -> LogEstimate:
    """The geometric mean of ratios, at least one.

    Their spread is its error, so that it holds of sizes that were not measured; of fewer than FEW it is the mean of just these,
    with their own errors, as two or three say nothing of the spread.
    """
    values = [ratio.value for ratio in ratios]
    if len(values) < FEW:
        own = sum(ratio.squared_error or 0.0 for ratio in ratios) / len(values) ** 2
        return LogEstimate(value=float(np.mean(values)), squared_error=own, degrees=sum(ratio.degrees for ratio in ratios))
    error = float(np.var(values, ddof=1)) / len(values)
    return LogEstimate(value=float(np.mean(values)), squared_error=error, degrees=len(values) - 1)


def latency_ratio(units: Units, above: LayerWorkload, below: LayerWorkload) -> LogEstimate | None:
    """Latency of one unit over another's, if both were measured and resolved."""
    pair = [units[kind].seconds if kind in units else None for kind in (above, below)]
    if pair[0] is None or pair[1] is None:
        return None
    return pair[0].over(pair[1])


def conv_latency_is_a_staircase(platform: Platform, by_platform: Mapping[Platform, Units]) -> Finding:
    """Every sweep of a convolution's output channels has steps."""
    sweeps = [sweep for sweep in channel_sweeps(by_platform[platform]) if sweep.kind.layer == "conv"]
    return settle((_is_seen(sweep.steps.is_stepped, sweep.steps), f"{sweep.name}: {sweep.described}") for sweep in sweeps)


def depthwise_latency_zigzags(platform: Platform, by_platform: Mapping[Platform, Units]) -> Finding:
    """Every sweep of a depthwise convolution's channels is a saw-tooth."""
    sweeps = [sweep for sweep in channel_sweeps(by_platform[platform]) if sweep.kind.layer == "depthwise"]
    return settle(
        (_is_seen(sweep.steps.shape is Shape.SAW_TOOTH, sweep.steps), f"{sweep.name}: {sweep.described}") for sweep in sweeps
    )


def _is_seen(wanted: bool, steps: Steps) -> bool | None:
    """Undecided where a sweep has no steps that can be believed but a sign of some: a short one may be too short for more."""
    return None if not steps.is_stepped and steps.p_value < _SIGN else wanted


def kernels_cost_less_than_operations(platform: Platform, by_platform: Mapping[Platform, Units]) -> Finding:
    """From a 3 x 3 to a 7 x 7 kernel latency grows less than operations do, for either convolution."""
    units = by_platform[platform]
    return settle(
        _below_one(f"{layer}: 7x7 over 3x3, per operation", ratios)
        for layer in ("conv", "depthwise")
        if (ratios := list(_kernel_growth(units, layer)))
    )


def depthwise_costs_more_than_operations(platform: Platform, by_platform: Mapping[Platform, Units]) -> Finding:
    """An operation of a depthwise convolution takes longer than one of a convolution of the same shape."""
    ratios = list(_instead(by_platform[platform], "depthwise", "conv"))
    return _above("an operation of depthwise over one of conv", ratios, 1.0)


def some_activation_costs(platform: Platform, by_platform: Mapping[Platform, Units]) -> Finding:
    """Some activation makes a convolution slower than ReLU does, by NOTICEABLE or more."""
    units = by_platform[platform]
    found = {name: ratios for name in ACTIVATIONS if (ratios := list(_beside_relu(units, name)))}
    if not found:
        return settle(())
    means = {name: typical(ratios).interval() for name, ratios in found.items()}
    worst = max(means, key=lambda name: means[name].estimate)
    truths = [compare(mean.bounded, NOTICEABLE) for mean in means.values()]
    truth = True if True in truths else None if None in truths else False
    return settle([(truth, f"{worst} {show(means[worst])} of ReLU over {len(found[worst])} convolutions")])


def moving_costs(platform: Platform, by_platform: Mapping[Platform, Units]) -> Finding:
    """An operator that only moves data makes what stands before it slower, by NOTICEABLE or more."""
    units = by_platform[platform]
    parts = []
    for layer in _MOVING:
        ratios = [
            ratio
            for kind in units
            if kind.layer == layer and kind.context is not None
            if (ratio := latency_ratio(units, kind, kind.context)) is not None
        ]
        if ratios:
            mean = typical(ratios).interval()
            parts.append((compare(mean.bounded, NOTICEABLE), f"{layer} behind depthwise {show(mean)} of depthwise alone"))
    return settle(parts)


def operations_do_not_rank_blocks(platform: Platform, by_platform: Mapping[Platform, Units]) -> Finding:
    """At some place a block with fewer operations, by a tenth or more, is surely slower than one with more."""
    units = by_platform[platform]
    pairs = [pair for group in places(units) for pair in itertools.combinations(group, 2) if _differ_in_operations(*pair)]
    judged = [found for first, second in pairs if (found := _inverted(units, first, second)) is not None]
    inverted = [evidence for truth, evidence in judged if truth]
    if inverted:
        return settle((True, evidence) for evidence in inverted)
    ordered = len(judged) == len(pairs)
    return settle([(False if ordered else None, f"no sure inversion among {len(pairs)} pairs")] if pairs else ())


def attention_costs_more_than_operations(platform: Platform, by_platform: Mapping[Platform, Units]) -> Finding:
    """Squeeze-and-excitation makes MobileNetV2's block slower by more than its operations."""
    ratios = list(_instead(by_platform[platform], "mobilenet-v2-se-block", "mobilenet-v2-block"))
    return _above("a block with SE over one without, per operation", ratios, 1.0)


def int8_gains_less_than_twofold(platform: Platform, by_platform: Mapping[Platform, Units]) -> Finding:
    """Convolutions gain less than twofold from 8 bits."""
    exact = _exact(platform, by_platform)
    if exact is None:
        return Finding(outcome=Outcome.NOT_MEASURED, evidence="no platform of 8 bits with its exact one")
    units = by_platform[platform]
    ratios = [
        exact[kind].seconds.over(measured.seconds)  # type: ignore[union-attr]
        for kind, measured in units.items()
        if kind.layer == "conv" and measured.seconds is not None and kind in exact and exact[kind].seconds is not None
    ]
    if not ratios:
        return settle(())
    gain = typical(ratios).interval()
    truth = compare(gain.bounded, INT8_GAIN)
    return settle([(None if truth is None else not truth, f"gain {show(gain)} over {len(ratios)} convolutions")])


def _instead(units: Units, layer: str, other: str) -> Iterator[LogEstimate]:
    """Latency per operation of a layer over that of another one in its place."""
    for kind in units:
        if kind.layer == layer:
            ratio = _per_operation(units, kind, dataclasses.replace(kind, layer=other))
            if ratio is not None:
                yield ratio


def _kernel_growth(units: Units, layer: str) -> Iterator[LogEstimate]:
    for kind in units:
        if kind.layer == layer and kind.kernel == _LARGE_KERNEL:
            ratio = _per_operation(units, kind, dataclasses.replace(kind, kernel=_SMALL_KERNEL))
            if ratio is not None:
                yield ratio


def _beside_relu(units: Units, activation: str) -> Iterator[LogEstimate]:
    for kind in units:
        if kind.activation == activation:
            ratio = latency_ratio(units, kind, dataclasses.replace(kind, activation="relu"))
            if ratio is not None:
                yield ratio


def _per_operation(units: Units, above: LayerWorkload, below: LayerWorkload) -> LogEstimate | None:
    """Latency of one unit over another's, over the ratio of their operations."""
    ratio = latency_ratio(units, above, below)
    if ratio is None:
        return None
    return ratio.times(unit_cost(below).operations / unit_cost(above).operations)


def places(units: Units) -> Iterator[list[LayerWorkload]]:
    """Blocks that could stand in each other's place: of one resolution, stride and count of output channels."""
    found: dict[tuple[object, ...], list[LayerWorkload]] = {}
    for kind, measured in units.items():
        if kind.layer in BLOCKS and measured.seconds is not None:
            found.setdefault((kind.resolution, kind.stride, kind.out_channels, kind.batch), []).append(kind)
    yield from (group for group in found.values() if len(group) > 1)


def _differ_in_operations(first: LayerWorkload, second: LayerWorkload) -> bool:
    fewer, more = sorted(unit_cost(kind).operations for kind in (first, second))
    return more >= NOTICEABLE * fewer


def _inverted(units: Units, first: LayerWorkload, second: LayerWorkload) -> tuple[bool, str] | None:
    """Whether of two blocks the one with fewer operations is slower; None if the order is not sure."""
    fewer, more = sorted((first, second), key=lambda kind: unit_cost(kind).operations)
    ratio = latency_ratio(units, fewer, more)
    assert ratio is not None
    low, high = ratio.interval().bounded
    if low <= 1 <= high:
        return None
    share = unit_cost(fewer).operations / unit_cost(more).operations
    rows, columns = fewer.resolution
    evidence = f"{fewer.layer} with {share:.0%} of {more.layer}'s operations takes {show(ratio.interval())} at {rows}x{columns}"
    return low > 1, evidence


def _exact(platform: Platform, by_platform: Mapping[Platform, Units]) -> Units | None:
    """The same runtime's units in float32, if `platform` has 8 bits."""
    if not platform.backend.endswith("int8"):
        return None
    runtime = platform.backend.removesuffix("int8").removesuffix("-")
    names = (runtime, f"{runtime}-f32")
    return next((units for other, units in by_platform.items() if other in _on(platform, names)), None)


def _on(platform: Platform, backends: Iterable[str]) -> list[Platform]:
    return [dataclasses.replace(platform, backend=name) for name in backends]


def _below_one(what: str, ratios: Sequence[LogEstimate]) -> tuple[bool | None, str]:
    mean = typical(ratios).interval()
    truth = compare(mean.bounded, 1.0)
    return (None if truth is None else not truth, f"{what} {show(mean)} over {len(ratios)} sizes")


def _above(what: str, ratios: Sequence[LogEstimate], threshold: float) -> Finding:
    if not ratios:
        return settle(())
    mean = typical(ratios).interval()
    return settle([(compare(mean.bounded, threshold), f"{what} {show(mean)} over {len(ratios)} sizes")])


PLATFORM_CLAIMS = (
    PlatformClaim(
        name="behaviour-1-conv-latency-is-a-staircase",
        statement="Latency of a convolution rises in steps, not linearly, with its output channels.",
        judge=conv_latency_is_a_staircase,
    ),
    PlatformClaim(
        name="behaviour-2-depthwise-latency-zigzags",
        statement="Latency of a depthwise convolution zig-zags along its channels.",
        judge=depthwise_latency_zigzags,
    ),
    PlatformClaim(
        name="behaviour-3-kernels-cost-less-than-operations",
        statement="A larger kernel costs less than its operations.",
        judge=kernels_cost_less_than_operations,
    ),
    PlatformClaim(
        name="behaviour-4-depthwise-costs-more-than-operations",
        statement="A depthwise convolution reuses little data and costs more than its operations.",
        judge=depthwise_costs_more_than_operations,
    ),
    PlatformClaim(
        name="behaviour-5-some-activation-costs",
        statement="Some activations cost where ReLU does not.",
        judge=some_activation_costs,
    ),
    PlatformClaim(
        name="behaviour-6-moving-data-costs",
        statement="Operators without arithmetic, concatenation and channel shuffle, cost time.",
        judge=moving_costs,
    ),
    PlatformClaim(
        name="behaviour-7-operations-do-not-rank-blocks",
        statement="Operations do not rank the blocks by latency.",
        judge=operations_do_not_rank_blocks,
    ),
    PlatformClaim(
        name="behaviour-8-attention-costs-more-than-operations",
        statement="Squeeze-and-excitation costs more than its operations.",
        judge=attention_costs_more_than_operations,
    ),
    PlatformClaim(
        name="behaviour-9-int8-gains-less-than-twofold",
        statement="8 bits gain less than twofold on a CPU.",
        judge=int8_gains_less_than_twofold,
    ),
)

_TRUTH = {Outcome.HOLDS: True, Outcome.DOES_NOT_HOLD: False, Outcome.INCONCLUSIVE: None}


def on_every_platform(claim: PlatformClaim, by_platform: Mapping[Platform, Units]) -> Finding:
    """The claim over every platform, each named under its own verdict."""
    found = {platform: claim.judge(platform, by_platform) for platform in by_platform}
    return settle_each(
        (_TRUTH[finding.outcome], f"{platform} ({finding.evidence})")
        for platform, finding in found.items()
        if finding.outcome in _TRUTH
    )


def _everywhere(claim: PlatformClaim) -> Callable[[tuple[Point, ...]], Finding]:
    return lambda points: on_every_platform(claim, units_by_platform(point.record for point in points))


CLAIMS = tuple(
    Claim(
        name=claim.name,
        source="behaviour study, sections 3 and 4",
        statement=claim.statement,
        judge=_everywhere(claim),
        of=LayerWorkload,
    )
    for claim in PLATFORM_CLAIMS
)
