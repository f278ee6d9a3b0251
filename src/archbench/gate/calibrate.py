"""The gate's own calibration: what unchanged runs differ by, whether they raise alarms, and what planted work is found."""

from __future__ import annotations

import itertools
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime

import numpy as np

from archbench.errors import BaselineError
from archbench.gate.compare import compare_runs
from archbench.gate.evidence import Evidence, RunPair
from archbench.gate.noise import NoiseFloor
from archbench.gate.verdict import GateReport, Verdict
from archbench.records.runfile import RunFile, require_whole
from archbench.stats.estimate import LogEstimate
from archbench.workloads.ids import parse_case

#: Comparisons that a case's own excess must outweigh; below, it leans on that of all cases of its backend.
_PRIOR = 4


def calibrate(runs: Sequence[RunFile], planted: Sequence[RunFile], min_effect: float) -> NoiseFloor:
    """The noise floor from unchanged `runs` of one machine, in order of time, and its power from runs with planted work.

    Each run is compared with the next if both are of the same commit and versions, so that the runs of many nights can be given
    at once. Whether a comparison raises an alarm is judged with the noise of the others.

    Raises:
        BaselineError: no two neighbours of the same code, runs of several machines, or planted work where there should be none
            or none where there should be some.
        ShardError: one of them is a share of a run.
    """
    _require_usable(runs, planted)
    fingerprint = runs[0].section.fingerprint
    pairs = [(then, now) for then, now in itertools.pairwise(runs) if _code(then) == _code(now)]
    if not pairs:
        raise BaselineError("no run is followed by one of the same commit and versions; measure the same code twice.")
    found = [_evidence(then, now) for then, now in pairs]
    alarms = []
    for index, (then, now) in enumerate(pairs):
        others = _floor(fingerprint, [*found[:index], *found[index + 1 :]])
        report = compare_runs(then, now, min_effect, others)
        alarms += [f"{then.path.name} against {now.path.name}: {scope}" for scope in _alarms(report)]
    floor = _floor(fingerprint, found)
    judged = [_planted_verdicts(runs[-1], run, min_effect, floor) for run in planted]
    return NoiseFloor(
        fingerprint=floor.fingerprint,
        date=floor.date,
        comparisons=len(pairs),
        alarms=tuple(alarms),
        slowdown=floor.slowdown,
        relative=floor.relative,
        planted=sum(map(len, judged)),
        found=sum(verdict is Verdict.REGRESSED for verdicts in judged for verdict in verdicts),
    )


def _code(run: RunFile) -> tuple[object, ...]:
    """What must be equal for two runs to be of the same code."""
    commit = run.document.get("commit_info") or {}
    return (commit.get("id"), commit.get("dirty"), run.versions)


def _require_usable(runs: Sequence[RunFile], planted: Sequence[RunFile]) -> None:
    if len(runs) < 2:
        raise BaselineError("a noise floor needs two runs or more of unchanged code; measure again and pass both files.")
    machines = {run.section.fingerprint: run.path for run in (*runs, *planted)}
    if len(machines) > 1:
        raise BaselineError(f"the runs are of several machines ({', '.join(machines)}); pass runs of one.")
    for run in (*runs, *planted):
        require_whole(run)
    for run in runs:
        if any(record.planted for record in run.records.values()):
            raise BaselineError(f"{run.path} carries planted work; pass it with --planted.")
    for run in planted:
        if not any(record.planted for record in run.records.values()):
            raise BaselineError(f"{run.path} carries no planted work; make it with --archbench-plant.")


def _alarms(report: GateReport) -> list[str]:
    alone = [entry.case_id for entry in report.verdicts if entry.verdict is Verdict.REGRESSED]
    return [*(alert.scope for alert in report.alerts), *alone]


def _planted_verdicts(baseline: RunFile, run: RunFile, min_effect: float, floor: NoiseFloor) -> list[Verdict]:
    report = compare_runs(baseline, run, min_effect, floor)
    return [entry.verdict for entry in report.verdicts if entry.case_id in run.records and run.records[entry.case_id].planted]


def _evidence(then: RunFile, now: RunFile) -> Mapping[str, Evidence]:
    pair = RunPair(then.records, now.records, same_machine=True)
    return {case_id: pair.evidence(case_id) for case_id in pair.comparable()}


def _floor(fingerprint: str, comparisons: Sequence[Mapping[str, Evidence]]) -> NoiseFloor:
    compared: dict[str, list[Evidence]] = {}
    for comparison in comparisons:
        for case_id, evidence in comparison.items():
            compared.setdefault(case_id, []).append(evidence)
    return NoiseFloor(
        fingerprint=fingerprint,
        date=datetime.now(UTC).isoformat(timespec="seconds"),
        comparisons=len(comparisons),
        alarms=(),
        slowdown=_excess({case_id: [entry.slowdown for entry in found] for case_id, found in compared.items()}),
        relative=_excess({case_id: [entry.relative for entry in found] for case_id, found in compared.items()}),
    )


def _excess(changes: Mapping[str, Sequence[LogEstimate | None]]) -> Mapping[str, float]:
    """By case, the variance of unchanged ratios beyond their own squared errors, shrunk towards the backend's."""
    beyond = {
        case_id: [change.value**2 - change.squared_error for change in found if change and change.squared_error is not None]
        for case_id, found in changes.items()
    }
    by_backend: dict[str, list[float]] = {}
    for case_id, values in beyond.items():
        by_backend.setdefault(parse_case(case_id).backend, []).extend(values)
    return {
        case_id: max(0.0, (sum(values) + _PRIOR * float(np.mean(common))) / (len(values) + _PRIOR))
        for case_id, values in beyond.items()
        if (common := by_backend[parse_case(case_id).backend])
    }
