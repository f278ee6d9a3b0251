"""Counted cases as a table: what each backend executes and misses for the same network."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from archbench.records.counts import Counts, instructions, last_level_misses
from archbench.records.record import CaseRecord
from archbench.report.table import plain_table, table_text
from archbench.units import format_count
from archbench.workloads.ids import parse_case


def counts_table(records: Iterable[CaseRecord]) -> str:
    """One line a case: instructions of a warm inference, last-level misses of a warm and of a cold one, seconds it took.

    A case that was not counted shows its status.
    """
    table = plain_table("workload", "backend", "instructions", "LL misses\nwarm", "LL misses\ncold", "counted in", left=2)
    for record in records:
        case = parse_case(record.case_id)
        table.add_row(case.workload.id, case.backend, *_numbers(record))
    return table_text(table)


def instruments_line(records: Iterable[CaseRecord]) -> str:
    """Which simulated machine counted, what it showed the runtimes, and how long a case took; empty if nothing was counted."""
    counted = [record for record in records if record.counts is not None]
    if not counted:
        return ""
    first: Counts = counted[0].counts  # type: ignore[assignment]
    seconds = [_seconds(record) for record in counted]
    version = counted[0].environment.versions.get(first.instrument, "?")
    return (
        f"{first.machine} ({first.instrument} {version}, simulated; CPU with {', '.join(first.cpu)}):"
        f" {len(counted)} cases in {sum(seconds):.0f} s, {sum(seconds) / len(counted):.1f} s a case"
    )


def _numbers(record: CaseRecord) -> tuple[str, ...]:
    if record.counts is None:
        return (record.status.value, "-", "-", "-")
    warm: Mapping[str, int] = record.counts.warm
    cold: Mapping[str, int] = record.counts.cold
    return (
        format_count(instructions(warm)),
        f"{last_level_misses(warm):,}",
        f"{last_level_misses(cold):,}",
        f"{_seconds(record):.1f} s",
    )


def _seconds(record: CaseRecord) -> float:
    return (record.phases or {}).get("counting", 0.0)
