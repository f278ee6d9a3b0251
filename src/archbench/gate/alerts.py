"""Alerts pooled along the grid: "openvino-cpu-f32 is 4 % slower on depthwise-separable" is one alert, not ninety-six.

A scope is a backend, alone or with one value of one axis. Its members' changes are pooled with the spread between them as
error; a scope alerts if each pooled witness lies beyond the minimum effect, with the false discovery rate over all scopes
controlled. So a shift that no single case can show is still seen. The widest scopes come first, and a case is told of once.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from archbench.gate.evidence import Evidence
from archbench.gate.verdict import Alert
from archbench.stats.estimate import LogEstimate
from archbench.stats.multiple import adjusted
from archbench.stats.pool import pool
from archbench.workloads.case import Case
from archbench.workloads.ids import parse_case

_MIN_MEMBERS = 3

#: Share of the members that must themselves be slower by at least half the minimum effect, or the scope is not what they share.
_CONSISTENT = 0.8


@dataclass(frozen=True, slots=True, kw_only=True)
class _Scope:
    label: str
    case_ids: tuple[str, ...]
    pooled: Evidence


def find_alerts(evidence: Mapping[str, Evidence], min_effect: float, level: float) -> tuple[Alert, ...]:
    """Pooled slowdowns beyond `min_effect`, the widest scope first."""
    scopes = {scope.label: scope for scope in _scopes(evidence)}
    p_values = adjusted({label: _p_worse(scope.pooled, min_effect) for label, scope in scopes.items()})
    alerts: list[Alert] = []
    told: set[str] = set()
    for scope in sorted(scopes.values(), key=lambda scope: -len(scope.case_ids)):
        members = [evidence[case_id] for case_id in scope.case_ids]
        if p_values[scope.label] > level or told & set(scope.case_ids) or not _consistent(members, min_effect):
            continue
        shown = scope.pooled.slowdown or scope.pooled.relative
        assert shown is not None
        alerts.append(Alert(scope=scope.label, slowdown=shown.interval(), case_ids=scope.case_ids))
        told.update(scope.case_ids)
    return tuple(alerts)


def _scopes(evidence: Mapping[str, Evidence]) -> Iterable[_Scope]:
    members: dict[str, list[str]] = {}
    for case_id, entry in evidence.items():
        if entry.decisive is not None:
            for label in _labels(parse_case(case_id)):
                members.setdefault(label, []).append(case_id)
    seen: set[tuple[str, ...]] = set()
    for label, case_ids in members.items():
        if len(case_ids) >= _MIN_MEMBERS and tuple(case_ids) not in seen:
            seen.add(tuple(case_ids))
            pooled = _pool([evidence[case_id] for case_id in case_ids])
            yield _Scope(label=label, case_ids=tuple(case_ids), pooled=pooled)


def _labels(case: Case) -> Iterable[str]:
    yield case.backend
    workload = case.workload
    yield f"{case.backend} on {workload.family}"
    for axis, value in workload.axes.items():
        if axis != "pixels":
            yield f"{case.backend} at {axis} {value}"
    yield f"{case.backend} with {case.threads} threads"


def _pool(members: Iterable[Evidence]) -> Evidence:
    """Pooled witnesses; one that some member lacks is left out."""
    entries = list(members)
    return Evidence(
        slowdown=_pooled([entry.slowdown for entry in entries]), relative=_pooled([entry.relative for entry in entries])
    )


def _pooled(estimates: Iterable[LogEstimate | None]) -> LogEstimate | None:
    known = list(estimates)
    present = [estimate for estimate in known if estimate is not None]
    return pool(present) if present and len(present) == len(known) else None


def _p_worse(pooled: Evidence, min_effect: float) -> float:
    """P-value against "a witness shows no slowdown": what a machine does to a backend all its cases share, so both must."""
    return max(estimate.p_above(1 + min_effect) for estimate in _witnesses(pooled))


def _witnesses(entry: Evidence) -> list[LogEstimate]:
    return [estimate for estimate in (entry.slowdown, entry.relative) if estimate is not None]


def _consistent(members: Iterable[Evidence], min_effect: float) -> bool:
    threshold = 1 + min_effect / 2
    slower = [all(witness.interval().estimate > threshold for witness in _witnesses(entry)) for entry in members]
    return sum(slower) >= _CONSISTENT * len(slower)
