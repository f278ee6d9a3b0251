"""Counts of an instrument against accepted ones. They repeat, so a fixed tolerance decides and no statistics are needed.

A case has regressed if any of its counts, cold or warm, rose by more than the tolerance; improved if any fell by as much and
none rose. Counts of other versions of the runtimes or of the instrument differ for good reasons: they are compared on request.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from archbench.gate.kernels import kernel_changes
from archbench.gate.verdict import CaseVerdict, GateReport, Verdict
from archbench.records.counts import INSTRUCTIONS, SIMULATED_LAST_LEVEL, Counts, total
from archbench.records.interval import Interval
from archbench.records.record import CaseRecord, Status
from archbench.records.runfile import RunFile, left_out
from archbench.units import format_change


@dataclass(frozen=True, slots=True, kw_only=True)
class Tolerance:
    """A sum of quantities may move by `share` of itself and `floor` more.

    One that is not `portable` is judged in one place alone.
    """

    name: str
    quantities: tuple[str, ...]
    share: float
    floor: int
    portable: bool

    def direction(self, then: int, now: int) -> int:
        """1 if it rose beyond the tolerance, -1 if it fell beyond, else 0."""
        beyond = abs(now - then) > self.share * then + self.floor
        return 0 if not beyond else 1 if now > then else -1


#: Where stack and heap begin decides which cache lines collide: between two checkouts of unchanged code eager torch's misses
#: moved by up to 19 %, instructions by 0.1 %.
TOLERANCES = (
    Tolerance(name="instructions", quantities=INSTRUCTIONS, share=0.01, floor=0, portable=True),
    Tolerance(name="LL misses", quantities=SIMULATED_LAST_LEVEL, share=0.02, floor=500, portable=False),
    Tolerance(name="peak resident growth", quantities=("peak resident growth",), share=0.05, floor=2**20, portable=True),
)

#: Packages whose version decides what a network executes, and what the harness itself does.
_DECISIVE = ("torch", "openvino")
_DECISIVE_OF_PYTHON = ("python", "numpy")


def compare_counts(baseline: RunFile, current: RunFile, *, any_version: bool = False) -> GateReport:
    """Judge every case of either run. With `any_version` counts of other versions are compared too."""
    unasked = left_out(baseline, current)
    verdicts = tuple(
        _verdict(case_id, baseline.records.get(case_id), current.records.get(case_id), any_version=any_version)
        for case_id in dict.fromkeys((*baseline.records, *current.records))
        if case_id not in unasked
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
        quantities=_headline(current),
    )


def doubtful(baseline: Mapping[str, CaseRecord], current: Iterable[CaseRecord]) -> frozenset[str]:
    """Ids of counted cases that would not pass, and are worth another reading before that is said."""
    loud = (Verdict.REGRESSED, Verdict.IMPROVED)
    judged = (_verdict(now.case_id, baseline.get(now.case_id), now, any_version=False) for now in current)
    return frozenset(entry.case_id for entry in judged if entry.verdict in loud)


def _notes(baseline: RunFile, current: RunFile) -> Iterator[str]:
    pairs = [(then.counts, now.counts) for case_id, now in current.records.items() if (then := baseline.records.get(case_id))]
    if any(then and now and not _same_place(then, now) for then, now in pairs):
        yield (
            "counted in another checkout or environment, or by another archbench: last-level misses depend on it and are"
            " shown, not judged."
        )


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
    decisive = _DECISIVE if "torch" in after else _DECISIVE_OF_PYTHON
    for name in (*decisive, now.counts.instrument):
        if before.get(name) != after.get(name):
            return f"{name} changed from {before.get(name)} to {after.get(name)}; compare all the same with --any-version"
    return None


def _compared(case_id: str, then: CaseRecord, before: Counts, now: CaseRecord, after: Counts) -> CaseVerdict:
    judged = [entry for entry in _pairs(before, after) if entry.tolerance.portable or _same_place(before, after)]
    kernels = kernel_changes(then.executed_graph, now.executed_graph)
    shown = {entry.tolerance.name: entry.ratio for entry in _pairs(before, after)}
    first, second = (*shown.values(), None, None)[:2]
    moved = [entry for entry in judged if entry.direction]
    if not judged:
        verdict, reason = Verdict.NOT_COMPARABLE, f"what {after.instrument} reads is shown, not judged"
    else:
        rose = any(entry.direction > 0 for entry in moved)
        verdict = Verdict.REGRESSED if rose else Verdict.IMPROVED if moved else Verdict.PASS
        said = ", ".join(entry.text for entry in moved)
        reason = f"{said}; {f'{len(kernels)} kernels changed' if kernels else 'the same kernels'}" if moved else ""
    return CaseVerdict(case_id=case_id, verdict=verdict, slowdown=first, relative=second, reason=reason, kernels=kernels)


def _headline(run: RunFile) -> tuple[str, str]:
    """What the two ratios of each verdict are of: the last state read of the first two tolerances that apply."""
    counts = next((record.counts for record in run.records.values() if record.counts is not None), None)
    found = {} if counts is None else {entry.tolerance.name: entry.state for entry in _pairs(counts, counts)}
    first, second = (*(f"{state} {name}" for name, state in found.items()), "", "")[:2]
    return first, second


@dataclass(frozen=True, slots=True)
class _Pair:
    """One toleranced sum, in one state, before and after."""

    state: str
    tolerance: Tolerance
    then: int
    now: int

    @property
    def direction(self) -> int:
        return self.tolerance.direction(self.then, self.now)

    @property
    def ratio(self) -> Interval:
        """Without error."""
        ratio = self.now / max(1, self.then)
        return Interval(estimate=ratio, low=ratio, high=ratio, confidence=1.0)

    @property
    def text(self) -> str:
        return f"{self.state} {self.tolerance.name} {format_change(self.ratio.estimate)}"


def _pairs(before: Counts, after: Counts) -> Iterator[_Pair]:
    """Every toleranced sum that both read, state by state."""
    for state in before.states:
        for tolerance in TOLERANCES:
            then = total(before.states[state], tolerance.quantities)
            now = total(after.states.get(state, {}), tolerance.quantities)
            if then is not None and now is not None:
                yield _Pair(state, tolerance, then, now)


def _same_place(before: Counts, after: Counts) -> bool:
    return before.place != "" and before.place == after.place
