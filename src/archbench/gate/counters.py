"""Counts of an instrument against accepted ones. They repeat, so a fixed tolerance decides and no statistics are needed.

A case has regressed if any of its counts, cold or warm, rose by more than the tolerance; improved if any fell by as much and
none rose. Counts of other versions of the runtimes or of the instrument differ for good reasons: they are compared on request.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass

from archbench.gate.kernels import kernel_changes
from archbench.gate.verdict import CaseVerdict, GateReport, Verdict
from archbench.records.counts import Counts, instructions, last_level_misses
from archbench.records.interval import Interval
from archbench.records.record import CaseRecord, Status
from archbench.records.runfile import RunFile
from archbench.units import format_change


@dataclass(frozen=True, slots=True, kw_only=True)
class Tolerance:
    """A count may move by `share` of itself and `floor` more. One that is not `portable` is judged in one place alone."""

    name: str
    read: Callable[[Mapping[str, int]], int]
    share: float
    floor: int
    portable: bool

    def direction(self, then: int, now: int) -> int:
        """1 if it rose beyond the tolerance, -1 if it fell beyond, else 0."""
        beyond = abs(now - then) > self.share * then + self.floor
        return 0 if not beyond else 1 if now > then else -1


#: Where stack and heap begin decides which cache lines collide. In one place misses repeat to 0.01 %; between two checkouts of
#: unchanged code eager torch's moved by up to 19 %, instructions by 0.1 %.
TOLERANCES = (
    Tolerance(name="instructions", read=instructions, share=0.01, floor=0, portable=True),
    Tolerance(name="LL misses", read=last_level_misses, share=0.02, floor=500, portable=False),
)

_PORTABLE = tuple(tolerance for tolerance in TOLERANCES if tolerance.portable)

#: Packages whose version decides what is executed.
_DECISIVE = ("torch", "openvino")


def compare_counts(baseline: RunFile, current: RunFile, *, any_version: bool = False) -> GateReport:
    """Judge every case of either run. With `any_version` counts of other versions are compared too."""
    deselected = frozenset(current.section.deselected)
    verdicts = tuple(
        _verdict(case_id, baseline.records.get(case_id), current.records.get(case_id), any_version=any_version)
        for case_id in dict.fromkeys((*baseline.records, *current.records))
        if case_id not in deselected
    )
    return GateReport(
        verdicts=verdicts,
        alerts=(),
        drift=None,
        same_machine=baseline.section.fingerprint == current.section.fingerprint,
        voided=0,
        processes=sum(record.counts is not None for record in current.records.values()),
        uncalibrated=None,
        notes=tuple(_notes(baseline, current)),
        quantities=("warm instructions", "warm LL misses"),
    )


def _notes(baseline: RunFile, current: RunFile) -> Iterator[str]:
    pairs = [(then.counts, now.counts) for case_id, now in current.records.items() if (then := baseline.records.get(case_id))]
    if any(then and now and not _same_place(then, now) for then, now in pairs):
        yield "counted in another checkout or environment: last-level misses depend on it and are shown, not judged."


def _verdict(case_id: str, then: CaseRecord | None, now: CaseRecord | None, *, any_version: bool) -> CaseVerdict:
    def verdict(kind: Verdict, reason: str) -> CaseVerdict:
        return CaseVerdict(case_id=case_id, verdict=kind, reason=reason)

    if now is None:
        return verdict(Verdict.MISSING, "in the baseline but not in this run")
    if now.status is Status.SKIPPED:
        return verdict(Verdict.MISSING if then is not None and then.counts else Verdict.PASS, f"skipped: {now.reason}")
    if now.counts is None:
        return verdict(Verdict.FAILED, f"{now.status.value}: {now.reason or 'nothing was counted'}")
    if then is None or then.counts is None:
        return verdict(Verdict.NEW, "not in the baseline")
    difference = _difference(then, now, any_version=any_version)
    if difference is not None:
        return verdict(Verdict.NOT_COMPARABLE, difference)
    return _compared(case_id, then, then.counts, now, now.counts)


def _difference(then: CaseRecord, now: CaseRecord, *, any_version: bool) -> str | None:
    """The first thing that forbids a comparison, as a sentence."""
    assert then.counts is not None and now.counts is not None
    if then.counts.machine != now.counts.machine or then.counts.cpu != now.counts.cpu:
        return f"counted on {then.counts.machine} with {', '.join(then.counts.cpu)}"
    if any_version:
        return None
    before, after = then.environment.versions, now.environment.versions
    for name in (*_DECISIVE, now.counts.instrument):
        if before.get(name) != after.get(name):
            return f"{name} changed from {before.get(name)} to {after.get(name)}; compare all the same with --any-version"
    return None


def _compared(case_id: str, then: CaseRecord, before: Counts, now: CaseRecord, after: Counts) -> CaseVerdict:
    moved = list(_moved(before, after, TOLERANCES if _same_place(before, after) else _PORTABLE))
    kernels = kernel_changes(then.executed_graph, now.executed_graph)
    rose = any(direction > 0 for direction, _ in moved)
    verdict = Verdict.REGRESSED if rose else Verdict.IMPROVED if moved else Verdict.PASS
    said = ", ".join(text for _, text in moved)
    if moved:
        said += f"; {len(kernels)} kernels changed" if kernels else "; the same kernels"
    return CaseVerdict(
        case_id=case_id,
        verdict=verdict,
        slowdown=_exactly(instructions(before.warm), instructions(after.warm)),
        relative=_exactly(last_level_misses(before.warm), last_level_misses(after.warm)),
        reason=said,
        kernels=kernels,
    )


def _same_place(before: Counts, after: Counts) -> bool:
    return before.place != "" and before.place == after.place


def _moved(before: Counts, after: Counts, tolerances: Iterable[Tolerance]) -> Iterator[tuple[int, str]]:
    """Direction and description of every count that left its tolerance."""
    for state, then, now in (("cold", before.cold, after.cold), ("warm", before.warm, after.warm)):
        for tolerance in tolerances:
            old, new = tolerance.read(then), tolerance.read(now)
            direction = tolerance.direction(old, new)
            if direction:
                yield direction, f"{state} {tolerance.name} {format_change(new / max(1, old))}"


def _exactly(then: int, now: int) -> Interval:
    """A ratio without error."""
    ratio = now / max(1, then)
    return Interval(estimate=ratio, low=ratio, high=ratio, confidence=1.0)
