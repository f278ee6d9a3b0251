"""Baseline against run: a verdict a case, from raw samples. Runs on records alone and measures nothing.

Latency is compared between runs on one machine, after the machine's own drift, read off the calibration work of all cases, is
divided out. The speedup was paired inside each run and is compared everywhere. A case has regressed only if an interval lies
wholly beyond the minimum effect, and passes only if it lies wholly inside.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from archbench.gate.verdict import DEFAULT_MIN_EFFECT, SEVERITY, CaseVerdict, GateReport, Verdict
from archbench.records.interval import Interval
from archbench.records.record import CaseRecord, ProcessSamples, Status
from archbench.records.runfile import RunFile
from archbench.stats.processes import calibration, latency, speedup
from archbench.stats.ratio import ratio_of, scaled


def compare_runs(baseline: RunFile, current: RunFile, min_effect: float = DEFAULT_MIN_EFFECT) -> GateReport:
    """Judge every case of either run. `min_effect` is the smallest relative change that counts."""
    same_machine = baseline.section.fingerprint == current.section.fingerprint
    drift = _drift(baseline.records, current.records) if same_machine else None
    verdicts = [
        _judge(case_id, baseline.records.get(case_id), current.records.get(case_id), drift, min_effect)
        for case_id in dict.fromkeys((*baseline.records, *current.records))
    ]
    return GateReport(
        verdicts=tuple(verdicts),
        drift=drift,
        same_machine=same_machine,
        notes=tuple(_notes(baseline, current, same_machine)),
    )


def _judge(
    case_id: str, baseline: CaseRecord | None, current: CaseRecord | None, drift: Interval | None, min_effect: float
) -> CaseVerdict:
    if current is None:
        return CaseVerdict(case_id=case_id, verdict=Verdict.MISSING, reason="in the baseline but not in this run")
    if current.status not in (Status.MEASURED, Status.SKIPPED):
        return CaseVerdict(
            case_id=case_id,
            verdict=Verdict.FAILED,
            reason=f"{current.status.value}: {current.reason or 'nothing was timed'}",
        )
    if baseline is None:
        return CaseVerdict(case_id=case_id, verdict=Verdict.NEW, reason="not in the baseline")
    if current.status is Status.SKIPPED:
        verdict = Verdict.MISSING if baseline.status is Status.MEASURED else Verdict.PASS
        return CaseVerdict(case_id=case_id, verdict=verdict, reason=f"skipped: {current.reason}")
    if baseline.status is not Status.MEASURED:
        return CaseVerdict(case_id=case_id, verdict=Verdict.NEW, reason=f"the baseline has it as {baseline.status.value}")
    difference = _incomparable(baseline, current, same_machine=drift is not None)
    if difference is not None:
        return CaseVerdict(case_id=case_id, verdict=Verdict.NOT_COMPARABLE, reason=difference)
    return _judge_ratios(baseline, current, drift, min_effect)


def _judge_ratios(baseline: CaseRecord, current: CaseRecord, drift: Interval | None, min_effect: float) -> CaseVerdict:
    slowdown = None
    if drift is not None:
        slowdown = scaled(ratio_of(latency(current.processes), latency(baseline.processes)), 1 / drift.estimate)
    then, now = speedup(baseline.processes), speedup(current.processes)
    speedup_loss = ratio_of(then, now) if then and now else None
    judged = {"latency": slowdown, "speedup": speedup_loss}
    verdicts = {name: _classify(interval, min_effect) for name, interval in judged.items() if interval is not None}
    worst = max(verdicts.values(), key=SEVERITY.index, default=Verdict.NOT_COMPARABLE)
    return CaseVerdict(
        case_id=current.case_id,
        verdict=worst,
        slowdown=slowdown,
        speedup_loss=speedup_loss,
        reason=_explain(worst, verdicts, baseline, current),
    )


def _classify(interval: Interval, min_effect: float) -> Verdict:
    low, high = interval.bounded
    if low > 1 + min_effect:
        return Verdict.REGRESSED
    if high < 1 / (1 + min_effect):
        return Verdict.IMPROVED
    inside = low >= 1 / (1 + min_effect) and high <= 1 + min_effect
    return Verdict.PASS if inside else Verdict.INCONCLUSIVE


def _explain(worst: Verdict, verdicts: Mapping[str, Verdict], baseline: CaseRecord, current: CaseRecord) -> str:
    if worst is Verdict.PASS:
        return ""
    if not verdicts:
        return "the reference itself, on another machine"
    named = ", ".join(f"{name} {verdict.value}" for name, verdict in verdicts.items() if verdict is not Verdict.PASS)
    if worst is not Verdict.REGRESSED:
        return named
    same_kernels = baseline.executed_graph == current.executed_graph
    return f"{named}; {'same' if same_kernels else 'other'} kernels than in the baseline"


def _incomparable(baseline: CaseRecord, current: CaseRecord, *, same_machine: bool) -> str | None:
    """The first granted setting that differs; `runtime_requirements` names a version, which is what is compared."""
    ours: dict[str, object] = {"allocator": current.environment.allocator, **(current.granted or {})}
    theirs: dict[str, object] = {"allocator": baseline.environment.allocator, **(baseline.granted or {})}
    for name in sorted(ours.keys() | theirs.keys()):
        if name in _VERSIONED or (not same_machine and name in _MACHINE_BOUND):
            continue
        if ours.get(name) != theirs.get(name):
            return f"{name} was {theirs.get(name)!r} in the baseline and is {ours.get(name)!r} now"
    return None


_VERSIONED = frozenset({"runtime_requirements"})
_MACHINE_BOUND = frozenset({"cpu_capability"})


def _drift(baseline: Mapping[str, CaseRecord], current: Mapping[str, CaseRecord]) -> Interval | None:
    """Calibration work now over then, over the cases measured in both; None if there are none."""
    shared = [
        case_id for case_id in current if case_id in baseline and current[case_id].processes and baseline[case_id].processes
    ]
    if not shared:
        return None
    return ratio_of(calibration(_pooled(current, shared)), calibration(_pooled(baseline, shared)))


def _pooled(records: Mapping[str, CaseRecord], case_ids: Iterable[str]) -> list[ProcessSamples]:
    return [process for case_id in case_ids for process in records[case_id].processes]


def _notes(baseline: RunFile, current: RunFile, same_machine: bool) -> Iterable[str]:
    if not same_machine:
        yield (
            f"another machine: baseline {baseline.section.fingerprint}, this run {current.section.fingerprint};"
            " only ratios are compared."
        )
    for package, (then, now) in _changed_versions(baseline, current).items():
        yield f"{package} changed from {then} to {now}."
    planted = [case_id for case_id, record in current.records.items() if record.planted]
    if planted:
        yield f"{len(planted)} cases carry planted extra work."


def _changed_versions(baseline: RunFile, current: RunFile) -> Mapping[str, tuple[str, str]]:
    def versions(run: RunFile) -> Mapping[str, str]:
        return next((record.environment.versions for record in run.records.values()), {})

    then, now = versions(baseline), versions(current)
    return {name: (then.get(name, "none"), now[name]) for name in now if then.get(name) != now[name]}
