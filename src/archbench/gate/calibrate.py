"""The gate's own calibration: what unchanged runs differ by, whether they raise alarms, and what planted work is found."""

from __future__ import annotations

import dataclasses
import itertools
import math
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime

import numpy as np
from numpy.typing import NDArray

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

    Each run is compared with every later one of the same commit and versions, so that the runs of many nights can be given at
    once: a baseline is no neighbour of the runs that are held against it, and a machine drifts for longer than a run takes.
    Whether a comparison raises an alarm is judged with the noise of those that have no run in common with it, if there are any.

    Raises:
        BaselineError: no two of the same code, runs of several machines, or planted work where there should be none
            or none where there should be some.
        ShardError: one of them is a share of a run.
    """
    _require_usable(runs, planted)
    fingerprint = runs[0].section.fingerprint
    pairs = [pair for pair in itertools.combinations(range(len(runs)), 2) if _code(runs[pair[0]]) == _code(runs[pair[1]])]
    if not pairs:
        raise BaselineError("no two runs are of the same commit and versions; measure the same code twice.")
    noise = _Differences([_evidence(runs[then], runs[now]) for then, now in pairs])
    alarms = []
    for index, pair in enumerate(pairs):
        then, now = (runs[place] for place in pair)
        apart = [other for other, entry in enumerate(pairs) if not set(entry) & set(pair)]
        rest = [other for other in range(len(pairs)) if other != index]
        report = compare_runs(then, now, min_effect, noise.floor(fingerprint, apart or rest))
        alarms += [f"{then.path.name} against {now.path.name}: {scope}" for scope in _alarms(report)]
    floor = noise.floor(fingerprint, range(len(pairs)))
    judged = [_planted_verdicts(runs[-1], run, min_effect, floor) for run in planted]
    return dataclasses.replace(
        floor,
        alarms=tuple(alarms),
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


class _Differences:
    """What unchanged runs differ by beyond the squared errors of their ratios: (comparisons, cases), NaN for none."""

    def __init__(self, comparisons: Sequence[Mapping[str, Evidence]]) -> None:
        self._cases = list(dict.fromkeys(case_id for comparison in comparisons for case_id in comparison))
        self._backends = np.array([parse_case(case_id).backend for case_id in self._cases])
        nothing = Evidence(slowdown=None, relative=None)
        found = [[comparison.get(case_id, nothing) for case_id in self._cases] for comparison in comparisons]
        self._slowdown = np.array([[_beyond(entry.slowdown) for entry in row] for row in found])
        self._relative = np.array([[_beyond(entry.relative) for entry in row] for row in found])

    def floor(self, fingerprint: str, comparisons: Sequence[int]) -> NoiseFloor:
        """The noise floor by these comparisons alone."""
        return NoiseFloor(
            fingerprint=fingerprint,
            date=datetime.now(UTC).isoformat(timespec="seconds"),
            comparisons=len(comparisons),
            alarms=(),
            slowdown=self._excess(self._slowdown[list(comparisons)]),
            relative=self._excess(self._relative[list(comparisons)]),
        )

    def _excess(self, beyond: NDArray[np.float64]) -> Mapping[str, float]:
        """By case, the mean, shrunk towards the backend's."""
        known = ~np.isnan(beyond)
        sums, counts = np.nansum(beyond, axis=0), known.sum(axis=0)
        floor = {}
        for index, case_id in enumerate(self._cases):
            kin = self._backends == self._backends[index]
            if counts[kin].sum():
                common = sums[kin].sum() / counts[kin].sum()
                floor[case_id] = max(0.0, float((sums[index] + _PRIOR * common) / (counts[index] + _PRIOR)))
        return floor


def _beyond(change: LogEstimate | None) -> float:
    if change is None or change.squared_error is None:
        return math.nan
    return change.value**2 - change.squared_error
