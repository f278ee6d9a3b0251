"""Throughput and latency against threads, where a run has several counts of them."""

from __future__ import annotations

from collections.abc import Iterable

from archbench.records.interval import Interval
from archbench.records.record import CaseRecord, Status
from archbench.report.numbers import speedup_text
from archbench.report.table import plain_table, table_text
from archbench.stats.processes import latency
from archbench.units import format_seconds
from archbench.workloads.case import Case
from archbench.workloads.ids import parse_case

#: Of a case, its records by number of threads.
Series = dict[int, tuple[Case, CaseRecord]]


def threads_lines(records: Iterable[CaseRecord]) -> list[str]:
    """A table with one line a workload, backend and number of threads; nothing if no case has two."""
    scaled = [series for series in thread_series(records) if len(series) > 1]
    if not scaled:
        return []
    table = plain_table(
        "workload", "backend", "threads", "per inference", "images a second", "against one thread [95 %]", left=2
    )
    for series in scaled:
        for threads, (case, record) in sorted(series.items()):
            seconds = record.latency.estimate if record.latency else float("nan")
            table.add_row(
                case.workload.id,
                case.backend,
                str(threads),
                format_seconds(seconds),
                f"{case.workload.batch / seconds:,.0f}",
                speedup_text(gain_over_one(series, threads)),
            )
    return ["", table_text(table), ""]


def thread_series(records: Iterable[CaseRecord]) -> Iterable[Series]:
    """Of each workload, backend and ISA cap, the measured cases by their number of threads."""
    found: dict[tuple[object, ...], Series] = {}
    for record in records:
        if record.is_case and record.status is Status.MEASURED:
            case = parse_case(record.case_id)
            found.setdefault((case.workload, case.backend, case.isa), {})[case.threads] = (case, record)
    return found.values()


def gain_over_one(series: Series, threads: int) -> Interval | None:
    """How much faster than on one thread, if that was measured and this is another number."""
    if threads == 1 or 1 not in series:
        return None
    one, several = (latency(series[count][1].processes).estimate for count in (1, threads))
    return one.over(several).interval()
