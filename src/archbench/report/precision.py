"""What a lower precision gains and what it does to the outputs, where a run compared them."""

from __future__ import annotations

from collections.abc import Iterable

from archbench.records.record import CaseRecord
from archbench.report.numbers import speedup_text
from archbench.report.table import plain_table, table_text
from archbench.units import format_seconds
from archbench.workloads.ids import parse_case


def precision_lines(records: Iterable[CaseRecord]) -> list[str]:
    """A table with one line a case whose agreement was looked at; nothing if none was."""
    compared = [record for record in records if record.agreement is not None]
    if not compared:
        return []
    columns = ("per inference", "speedup [95 %]", "same top 1", "output error", "convolutions")
    table = plain_table("workload", "backend", *columns, left=2)
    for record in compared:
        assert record.agreement is not None
        case = parse_case(record.case_id)
        table.add_row(
            case.workload.id,
            case.backend,
            format_seconds(record.latency.estimate) if record.latency else record.status.value,
            speedup_text(record.speedup),
            f"{record.agreement.top1:.1%}",
            f"{record.agreement.error:.1e}",
            (record.granted or {}).get("convolutions", "-"),
        )
    return ["", table_text(table), ""]
