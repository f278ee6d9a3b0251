"""Baseline against run: a verdict a case, and alerts pooled over cases. Runs on records alone and measures nothing.

A case has regressed only if its latency lies wholly beyond the minimum effect, with the false discovery rate of the whole run
controlled, and its sibling (see `archbench.gate.evidence`) does not contradict; it has improved likewise, passes only if its
latency lies wholly inside, and is inconclusive otherwise.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import UTC, datetime

from archbench.gate.alerts import find_alerts
from archbench.gate.evidence import Evidence, RunPair
from archbench.gate.kernels import kernel_changes
from archbench.gate.noise import NoiseFloor
from archbench.gate.verdict import DEFAULT_MIN_EFFECT, CaseVerdict, GateReport, Verdict
from archbench.records.interval import Interval
from archbench.records.record import Status, changed_versions
from archbench.records.runfile import RunFile, left_out
from archbench.stats.effect import Effect, effect_of
from archbench.stats.estimate import CONFIDENCE, LogEstimate
from archbench.stats.multiple import adjusted

#: One-sided level of a two-sided interval; also the false discovery rate among verdicts of one kind.
LEVEL = (1 - CONFIDENCE) / 2

_OLD_DAYS = 30

_DISTURBED = "disturbed throughout in one of the runs: nothing is concluded"


def compare_runs(
    baseline: RunFile,
    current: RunFile,
    min_effect: float = DEFAULT_MIN_EFFECT,
    noise: NoiseFloor | None = None,
    *,
    interleaved: bool = False,
) -> GateReport:
    """Judge every case of either run.

    `min_effect` is the smallest relative change that counts; `interleaved` says that the runs' workers took turns.
    """
    same_machine = baseline.section.fingerprint == current.section.fingerprint
    pair = RunPair(
        baseline.records,
        current.records,
        same_machine=same_machine,
        interleaved=interleaved,
        noise=noise if same_machine else None,
    )
    evidence = {case_id: pair.evidence(case_id) for case_id in pair.comparable()}
    judged = _judge(evidence, min_effect)
    unasked = left_out(baseline, current)
    verdicts = tuple(
        _verdict(case_id, pair, evidence.get(case_id), judged.get(case_id), min_effect)
        for case_id in dict.fromkeys((*baseline.records, *current.records))
        if case_id not in unasked
    )
    processes = [process for record in current.records.values() for process in record.processes]
    return GateReport(
        verdicts=verdicts,
        alerts=find_alerts(evidence, min_effect, LEVEL),
        drift=None if interleaved else _interval(pair.drift),
        same_machine=same_machine,
        voided=sum(process.voided is not None for process in processes),
        processes=len(processes),
        uncalibrated=_uncalibrated(noise) if same_machine else None,
        notes=(*(() if interleaved else _machine_notes(pair, baseline, current, noise)), *_notes(baseline, current, verdicts)),
    )


def _judge(evidence: Mapping[str, Evidence], min_effect: float) -> Mapping[str, Verdict]:
    """The verdicts on compared cases, judged together."""
    worse = adjusted({case_id: entry.p_worse(min_effect) for case_id, entry in evidence.items()})
    better = adjusted({case_id: entry.p_better(min_effect) for case_id, entry in evidence.items()})
    judged = {}
    for case_id, entry in evidence.items():
        if worse[case_id] <= LEVEL:
            judged[case_id] = Verdict.REGRESSED
        elif better[case_id] <= LEVEL:
            judged[case_id] = Verdict.IMPROVED
        else:
            judged[case_id] = Verdict.PASS if entry.effect(min_effect) is Effect.INSIDE else Verdict.INCONCLUSIVE
    return judged


def _verdict(case_id: str, pair: RunPair, evidence: Evidence | None, judged: Verdict | None, min_effect: float) -> CaseVerdict:
    if evidence is None or judged is None:
        return _uncompared(case_id, pair)
    if evidence.is_empty:
        return CaseVerdict(case_id=case_id, verdict=Verdict.NOT_COMPARABLE, reason="the reference itself, on another machine")
    kernels = kernel_changes(pair.then[case_id].executed_graph, pair.now[case_id].executed_graph)
    return CaseVerdict(
        case_id=case_id,
        verdict=judged,
        slowdown=_interval(evidence.slowdown),
        relative=_interval(evidence.relative),
        reason=_DISTURBED if evidence.disturbed else _explain(judged, _effects(evidence, min_effect), kernels),
        kernels=kernels,
    )


def _uncompared(case_id: str, pair: RunPair) -> CaseVerdict:
    """The verdict on a case that one of the runs lacks, that failed, or whose configuration differs."""

    def verdict(kind: Verdict, reason: str) -> CaseVerdict:
        return CaseVerdict(case_id=case_id, verdict=kind, reason=reason)

    then, now = pair.then.get(case_id), pair.now.get(case_id)
    if now is None:
        return verdict(Verdict.MISSING, "in the baseline but not in this run")
    if now.status not in (Status.MEASURED, Status.SKIPPED):
        return verdict(Verdict.FAILED, f"{now.status.value}: {now.reason or 'nothing was timed'}")
    if then is None:
        return verdict(Verdict.NEW, "not in the baseline")
    if now.status is Status.SKIPPED:
        kind = Verdict.MISSING if then.status is Status.MEASURED else Verdict.PASS
        return verdict(kind, f"skipped: {now.reason}")
    if then.status is not Status.MEASURED:
        return verdict(Verdict.NEW, f"the baseline has it as {then.status.value}")
    return verdict(Verdict.NOT_COMPARABLE, pair.difference(case_id) or "no samples to compare")


def _interval(estimate: LogEstimate | None) -> Interval | None:
    return None if estimate is None else estimate.interval()


def _effects(evidence: Evidence, min_effect: float) -> Mapping[str, Effect]:
    named = {"latency": evidence.slowdown, "against its sibling": evidence.relative}
    return {name: effect_of(value.interval(), min_effect) for name, value in named.items() if value is not None}


_SAID = {Effect.ABOVE: "slower", Effect.BELOW: "faster", Effect.INSIDE: "unchanged", Effect.OPEN: "undecided"}
_SIBLING = {Effect.ABOVE: "its sibling became faster", Effect.BELOW: "its sibling became slower"}


def _explain(verdict: Verdict, effects: Mapping[str, Effect], kernels: tuple[str, ...]) -> str:
    own, relative = effects.get("latency"), effects.get("against its sibling")
    if verdict is Verdict.PASS:
        return _SIBLING[relative] if own is Effect.INSIDE and relative in _SIBLING else ""
    if verdict is Verdict.REGRESSED:
        return f"slower, and {len(kernels)} kernels changed" if kernels else "slower with the same kernels: suspect the machine"
    if verdict is Verdict.IMPROVED:
        return f"faster, and {len(kernels)} kernels changed" if kernels else "faster with the same kernels"
    if own is Effect.ABOVE and relative is Effect.INSIDE:
        return "slower, but its sibling slowed alike: suspect the machine"
    return ", ".join(f"{name} {_SAID[effect]}" for name, effect in effects.items())


def _uncalibrated(noise: NoiseFloor | None) -> str | None:
    if noise is None or not noise.alarms:
        return None
    return f"{len(noise.alarms)} of {noise.comparisons} comparisons of unchanged runs raised an alarm ({noise.alarms[0]})"


def _machine_notes(pair: RunPair, baseline: RunFile, current: RunFile, noise: NoiseFloor | None) -> Iterable[str]:
    """What limits the comparison of latencies."""
    if not pair.same_machine:
        yield (
            f"foreign baseline: it is of {baseline.section.fingerprint}, this run of {current.section.fingerprint};"
            " only ratios between backends are compared."
        )
    elif pair.drift is None and any(pair.comparable()):
        yield "numpy changed, and with it the calibration work: only ratios between backends are compared."
    elif noise is None:
        yield "no noise floor of this machine: `archbench calibrate` with two unchanged runs or more makes one."


def _notes(baseline: RunFile, current: RunFile, verdicts: Iterable[CaseVerdict]) -> Iterable[str]:
    yield from _age(baseline)
    for package, (then, now) in changed_versions(baseline.versions, current.versions).items():
        yield f"{package} changed from {then} to {now}."
    planted = [case_id for case_id, record in current.records.items() if record.planted]
    if planted:
        yield f"{len(planted)} cases carry planted extra work."
    improved = sum(entry.verdict is Verdict.IMPROVED for entry in verdicts)
    if improved:
        yield f"{improved} cases improved: accept this run, or a later slowdown of that size passes unseen."


def _age(baseline: RunFile) -> Iterable[str]:
    accepted = baseline.section.accepted
    if accepted is not None:
        days = (datetime.now(UTC) - datetime.fromisoformat(accepted.date)).days
        if days > _OLD_DAYS:
            yield f"old baseline: accepted {days} days ago; measure and accept a new one."
