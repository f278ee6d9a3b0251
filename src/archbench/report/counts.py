"""What an instrument read, as a table: each backend's numbers for the same network."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping

from archbench.contracts import instrument_named
from archbench.records.counts import INSTRUCTIONS, LAST_LEVEL, Counts, total
from archbench.records.record import CaseRecord
from archbench.report.table import plain_table, table_text
from archbench.units import format_bytes, format_count
from archbench.workloads.ids import parse_case

#: What a counting instrument reads, summed; any other instrument shows each quantity.
_SUMS = (
    ("warm", "instructions", INSTRUCTIONS, format_count),
    ("warm", "LL misses", LAST_LEVEL, "{:,}".format),
    ("cold", "LL misses", LAST_LEVEL, "{:,}".format),
)

_FORMATS: Mapping[str, Callable[[int], str]] = {
    "bytes": format_bytes,
    "count": format_count,
    "microjoules": "{:,} uJ".format,
    "microwatts": "{:,} uW".format,
    "milliseconds": "{:,} ms".format,
}


def counts_table(records: Iterable[CaseRecord]) -> str:
    """One line a case: its numbers, and the seconds it took; the status of a case that was not read."""
    records = list(records)
    first = next((record.counts for record in records if record.counts is not None), None)
    columns = [] if first is None else _columns(first)
    titles = (f"{state}\n{name}" for state, name, _, _ in columns)
    table = plain_table("workload", "backend", *titles, "read in", left=2)
    rows: dict[str, list[tuple[str, ...]]] = {}
    for record in records:
        workload, backend = _names(record)
        rows.setdefault(workload, []).append((workload, backend, *_numbers(record, columns)))
    for row in (row for group in rows.values() for row in group):
        table.add_row(*row)
    return table_text(table)


def instruments_line(records: Iterable[CaseRecord], wall_s: float | None) -> str:
    """Which machine was read by what, what it showed the runtimes, and how long it took; empty if nothing was read.

    `wall_s` is the wall time of it all, if nothing else was done meanwhile.
    """
    counted = [record for record in records if record.counts is not None]
    if not counted:
        return ""
    first: Counts = counted[0].counts  # type: ignore[assignment]
    version = counted[0].environment.versions.get(first.instrument, "?")
    kind = "simulated" if instrument_named(first.instrument).simulator else "measured"
    cpu = f"CPU with {', '.join(first.cpu)}" + (f", capped at {first.isa}" if first.isa else "")
    took = f"{len(counted)} cases"
    if wall_s is not None:
        start_ups = [record.phases["start-up"] for record in counted if record.phases and "start-up" in record.phases]
        start_up = max(start_ups, default=0.0)
        each = (wall_s - start_up) / max(1, len(start_ups))
        took = f"{len(start_ups)} cases in {wall_s:.0f} s, {start_up:.0f} s of it starting up: {each:.1f} s a case beyond that"
    return f"{first.machine} ({first.instrument} {version}, {kind}; {cpu}): {took}"


_Column = tuple[str, str, tuple[str, ...], Callable[[int], str]]


def _columns(counts: Counts) -> list[_Column]:
    """State, title, quantities and format of each column."""
    sums: list[_Column] = [column for column in _SUMS if total(counts.states.get(column[0], {}), column[2]) is not None]
    if sums:
        return sums
    units = instrument_named(counts.instrument).units
    return [(state, name, (name,), _FORMATS[units[name]]) for state in counts.states for name in counts.states[state]]


def _numbers(record: CaseRecord, columns: list[_Column]) -> tuple[str, ...]:
    if record.counts is None:
        return (record.status.value, *("-" for _ in columns))
    numbers = [(total(record.counts.states.get(state, {}), quantities), show) for state, _, quantities, show in columns]
    return (*("-" if number is None else show(number) for number, show in numbers), f"{_seconds(record):.1f} s")


def _seconds(record: CaseRecord) -> float:
    return (record.phases or {}).get("counting", 0.0)


def _names(record: CaseRecord) -> tuple[str, str]:
    """Workload and backend; of a hot path, its name and what runs it."""
    if record.is_case:
        case = parse_case(record.case_id)
        return case.workload.id, case.backend
    name, runtime, _ = record.case_id.split(":")
    return name, runtime
