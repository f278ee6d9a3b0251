"""Channel sweeps among measured units: everything equal but one channel count, and the steps that its latency shows."""

from __future__ import annotations

import functools
import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from archbench.experiments.units import Measured, Platform, Units
from archbench.report.behaviour import StepsRow
from archbench.report.steps_figure import Staircase
from archbench.stats.steps import MIN_POINTS, ChangedSteps, Steps, changed_steps, find_steps
from archbench.workloads.layer import LayerWorkload


@dataclass(frozen=True, slots=True, kw_only=True)
class ChannelSweep:
    """Units that differ in the count of their output channels alone, or, where input and output agree, in both.

    Args:
        kind: the unit with the largest count.
        points: by count, upwards.
        steps: what their latency shows.
    """

    kind: LayerWorkload
    points: tuple[tuple[int, Measured], ...]
    steps: Steps

    @property
    def counts(self) -> tuple[int, ...]:
        """The counts that were measured."""
        return tuple(count for count, _ in self.points)

    @property
    def name(self) -> str:
        """As in `conv k3 of 320 channels at 28x28`."""
        rows, columns = self.kind.resolution
        given = "" if self.kind.spec.keeps_channels else f" of {self.kind.in_channels} channels"
        return f"{self.kind.layer} k{self.kind.kernel}{given} at {rows}x{columns}"

    @property
    def described(self) -> str:
        """As in `staircase of 16 channels, 24 % high`."""
        if not self.steps.is_stepped:
            return self.steps.shape.value
        width = "uneven steps" if self.steps.width is None else f"{self.steps.width} channels"
        return f"{self.steps.shape.value} of {width}, {self.steps.height:.0%} high"


def channel_sweeps(units: Units) -> Iterator[ChannelSweep]:
    """Every sweep along channels with points enough; what could not be resolved is left out of it."""
    found: dict[tuple[object, ...], list[Measured]] = {}
    for measured in units.values():
        if measured.seconds is not None:
            found.setdefault(_line(measured.kind), []).append(measured)
    for line in found.values():
        if len(line) >= MIN_POINTS:
            line.sort(key=lambda measured: measured.kind.out_channels)
            yield _sweep(line)


def sweeps_by_platform(by_platform: Mapping[Platform, Units]) -> Iterator[tuple[Platform, ChannelSweep]]:
    """Those of every platform, one platform after the other."""
    for platform, units in by_platform.items():
        for sweep in channel_sweeps(units):
            yield platform, sweep


def step_changes(before: Mapping[Platform, Units], after: Mapping[Platform, Units]) -> list[str]:
    """What differs in the steps of sweeps over the same counts, a sentence each."""
    found = []
    for platform in after:
        accepted = {_line(sweep.kind): sweep for sweep in channel_sweeps(before.get(platform, {}))}
        for sweep in channel_sweeps(after[platform]):
            then = accepted.get(_line(sweep.kind))
            if then is not None and then.counts == sweep.counts and (changed := changed_steps(then.steps, sweep.steps)):
                found.append(f"{sweep.name} on {platform}: {then.described}, now {sweep.described}; {_moved(changed)}")
    return found


def steps_row(platform: Platform, sweep: ChannelSweep) -> StepsRow:
    """The sweep as a line of a table."""
    return StepsRow(
        sweep=sweep.name,
        platform=str(platform),
        points=len(sweep.points),
        shape=sweep.steps.shape.value,
        width=sweep.steps.width,
        height=sweep.steps.height,
        p_value=sweep.steps.p_value,
        edges=sweep.steps.edges,
    )


def staircase(platform: Platform, sweep: ChannelSweep) -> Staircase:
    """The sweep as a panel of a picture."""
    points = [(count, unit.seconds.interval()) for count, unit in sweep.points if unit.seconds is not None]
    return Staircase(
        sweep=sweep.name, platform=str(platform), points=points, described=sweep.described, edges=sweep.steps.edges
    )


def _moved(changed: ChangedSteps) -> str:
    gone, new = (", ".join(map(str, counts)) or "none" for counts in (changed.gone, changed.new))
    return f"counts worth using no longer: {gone}; newly: {new}"


def _sweep(line: list[Measured]) -> ChannelSweep:
    counts = [measured.kind.out_channels for measured in line]
    estimates = [measured.seconds for measured in line if measured.seconds is not None]
    seconds = [math.exp(estimate.value) for estimate in estimates]
    errors = [value * math.sqrt(estimate.squared_error or 0.0) for value, estimate in zip(seconds, estimates, strict=True)]
    return ChannelSweep(
        kind=line[-1].kind,
        points=tuple(zip(counts, line, strict=True)),
        steps=_steps(tuple(counts), tuple(seconds), tuple(errors)),
    )


@functools.lru_cache(maxsize=256)
def _steps(counts: tuple[int, ...], seconds: tuple[float, ...], errors: tuple[float, ...]) -> Steps:
    """Several findings, advice and a picture ask for the steps of one sweep."""
    return find_steps(counts, seconds, errors)


def _line(kind: LayerWorkload) -> tuple[object, ...]:
    """What the points of a sweep have in common."""
    given = None if kind.spec.keeps_channels else kind.in_channels
    return (kind.layer, given, kind.kernel, kind.stride, kind.activation, kind.resolution, kind.batch)
