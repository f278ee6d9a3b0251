"""The first bad run of a series, by halving: each run in the middle is judged against the good one as the gate would."""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from archbench.errors import UsageError
from archbench.gate.compare import LEVEL
from archbench.gate.evidence import Evidence
from archbench.history.store import Point
from archbench.records.record import changed_versions


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """One run judged on the way."""

    point: Point
    bad: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Suspect:
    """Between these two runs the case became slower. `changed` maps a package to its versions in both, where they differ."""

    last_good: Point
    first_bad: Point
    steps: tuple[Step, ...]

    @property
    def changed(self) -> dict[str, tuple[str, str]]:
        """Packages whose version differs between the two."""
        return changed_versions(self.last_good.versions, self.first_bad.versions)


def first_bad(series: Sequence[Point], min_effect: float) -> Suspect:
    """The neighbours between which the first run of `series`, taken as good, turns into the last, taken as bad.

    Raises:
        UsageError: fewer than two runs, or the last is not slower than the first by `min_effect`.
    """
    if len(series) < 2:
        raise UsageError(f"bisecting needs two runs or more, but the history holds {len(series)} of this case.")
    good = series[0]
    if not _is_bad(series[-1], good, min_effect):
        change = series[-1].latency.over(good.latency).interval()
        raise UsageError(
            f"run {series[-1].run} is not slower than run {good.run} by more than {min_effect:.0%}"
            f" (ratio {change.estimate:.3f}); there is nothing to bisect."
        )
    low, high = 0, len(series) - 1
    steps = []
    while high - low > 1:
        middle = (low + high) // 2
        bad = _is_bad(series[middle], good, min_effect)
        steps.append(Step(point=series[middle], bad=bad))
        low, high = (low, middle) if bad else (middle, high)
    return Suspect(last_good=series[low], first_bad=series[high], steps=tuple(steps))


def _is_bad(point: Point, good: Point, min_effect: float) -> bool:
    relative = good.speedup.over(point.speedup) if good.speedup and point.speedup else None
    evidence = Evidence(slowdown=point.latency.over(good.latency), relative=relative)
    return evidence.p_worse(min_effect) <= LEVEL


def versions_between(series: Sequence[Point]) -> Iterator[str]:
    """Where a package changed along the series, as sentences."""
    for before, after in itertools.pairwise(series):
        for name, version in after.versions.items():
            if before.versions.get(name, version) != version:
                yield f"run {after.run}: {name} {before.versions[name]} -> {version}"
