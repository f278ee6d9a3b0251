"""The table behind the form/function paper's Figures 3 and 4: FLOPs, latency and last-level misses, and what follows what."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial

from archbench.records.counts import warm_misses
from archbench.records.interval import Interval
from archbench.records.record import CaseRecord
from archbench.registry import REFERENCE_BACKEND
from archbench.report.table import plain_table, table_text
from archbench.stats.correlation import rank_correlation
from archbench.units import format_count, format_ratio, format_seconds
from archbench.workloads.case import Case
from archbench.workloads.ids import parse_case
from archbench.workloads.pattern import PatternWorkload

_AXES = ("depth", "width")


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """A case with its clock and its counts: latency in seconds, warm misses in cache lines."""

    case: Case
    workload: PatternWorkload
    latency: float
    misses: int
    flops: float


def entries(records: Iterable[CaseRecord]) -> list[Entry]:
    """Those of the records that are of pattern networks, timed and counted."""
    found = ((parse_case(record.case_id), record) for record in records)
    return [
        Entry(case=case, workload=case.workload, latency=record.latency.estimate, misses=misses, flops=record.cost["flops"])
        for case, record in found
        if isinstance(case.workload, PatternWorkload)
        if record.latency is not None and record.counts is not None and (misses := warm_misses(record.counts)) is not None
    ]


def cache_table(records: Iterable[CaseRecord]) -> str:
    """One line a workload, each backend's latency per image and warm misses; then the rank correlations."""
    found = entries(records)
    backends = _backends(found)
    table = plain_table("pattern", "depth", "width", "pixels", "FLOPs")
    for title in ("per image", "LL misses"):
        for backend in backends:
            table.add_column(f"{backend}\n{title}", justify="right")
    table.add_column("misses\nsaved", justify="right")
    for row in _by_workload(found):
        workload = next(iter(row.values())).workload
        rows, columns = workload.resolution
        table.add_row(
            workload.pattern,
            *(str(value) for value in (workload.depth, workload.width, f"{rows}x{columns}")),
            format_count(next(iter(row.values())).flops),
            *(format_seconds(row[name].latency / workload.batch) if name in row else "-" for name in backends),
            *(f"{row[name].misses:,}" if name in row else "-" for name in backends),
            _saved(row, backends),
        )
    return "\n".join((table_text(table), "", correlations_table(found), ""))


def correlations_table(found: Sequence[Entry]) -> str:
    """Spearman's coefficients with their intervals, along each axis within patterns, and across patterns at the far end."""
    table = plain_table("latency follows", "on", "FLOPs [95 %]", "LL misses [95 %]", left=2)
    for name, groups in _comparisons(found):
        for backend in _backends(found):
            own = [[entry for entry in group if entry.case.backend == backend] for group in groups]
            coefficients = [_coefficient(own, what) for what in (lambda entry: entry.flops, lambda entry: float(entry.misses))]
            if any(coefficients):
                table.add_row(name, backend, *(_shown(value) for value in coefficients))
    return table_text(table) if table.row_count else "too few sizes for a correlation; --archbench-profile nightly has more"


def _backends(found: Iterable[Entry]) -> list[str]:
    """The reference first, the others as they came."""
    return sorted(dict.fromkeys(entry.case.backend for entry in found), key=lambda name: name != REFERENCE_BACKEND)


def _comparisons(found: Sequence[Entry]) -> Iterator[tuple[str, list[list[Entry]]]]:
    """What is compared, and the groups within which it is."""
    for axis in _AXES:
        series = [group for group in _grouped(found, partial(_without, axis=axis)) if _varies(group, axis)]
        if series:
            yield f"along {axis}, within a pattern", series
            most = max(getattr(entry.workload, axis) for group in series for entry in group)
            far = [entry for group in series for entry in group if getattr(entry.workload, axis) == most]
            yield f"across patterns, {axis} {most}", [far]


def _coefficient(groups: list[list[Entry]], what: Callable[[Entry], float]) -> Interval | None:
    pairs = [([what(entry) for entry in group], [entry.latency for entry in group]) for group in groups]
    return rank_correlation(pairs)


def _grouped(found: Iterable[Entry], key: Callable[[Entry], object]) -> list[list[Entry]]:
    groups: dict[object, list[Entry]] = {}
    for entry in found:
        groups.setdefault(key(entry), []).append(entry)
    return list(groups.values())


def _without(entry: Entry, axis: str) -> object:
    workload = entry.workload
    fixed = tuple(getattr(workload, name) for name in (*_AXES, "pattern", "batch", "resolution") if name != axis)
    return (*fixed, entry.case.backend)


def _varies(group: Sequence[Entry], axis: str) -> bool:
    return len({getattr(entry.workload, axis) for entry in group}) > 1


def _by_workload(found: Iterable[Entry]) -> list[dict[str, Entry]]:
    rows: dict[object, dict[str, Entry]] = {}
    for entry in found:
        rows.setdefault(entry.case.pairing, {})[entry.case.backend] = entry
    return list(rows.values())


def _saved(row: Mapping[str, Entry], backends: Sequence[str]) -> str:
    """How many times fewer misses the last backend has than the first."""
    if len(backends) < 2 or not {backends[0], backends[-1]} <= set(row):
        return "-"
    return format_ratio(row[backends[0]].misses / max(1, row[backends[-1]].misses))


def _shown(interval: Interval | None) -> str:
    if interval is None or interval.low is None or interval.high is None:
        return "-"
    return f"{interval.estimate:+.2f} [{interval.low:+.2f}, {interval.high:+.2f}]"
