"""The end of a run as text: the results table and where the time went."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from archbench.records.record import CaseRecord, Status
from archbench.report.cache import cache_table
from archbench.report.counts import counts_table, instruments_line
from archbench.report.kws import kws_lines
from archbench.report.precision import precision_lines
from archbench.report.table import results_table
from archbench.report.threads import threads_lines

_ORDER = ("load", "parity", "warm-up", "timed")


def run_summary(records: Iterable[CaseRecord], phases: Mapping[str, float]) -> str:
    """The table, then the share of the timed phase spent inside measured inference, or what counted."""
    records = list(records)
    if any(record.counts is not None for record in records):
        counted_only = any(record.status is Status.COUNTED for record in records)
        table = counts_table(records) if counted_only else cache_table(records)
        return "\n".join((table, instruments_line(records, phases.get("wall") if counted_only else None)))
    lines = [results_table(record for record in records if record.is_case)]
    lines += [*threads_lines(records), *precision_lines(records), *kws_lines(records)]
    timed = phases.get("timed", 0.0)
    if timed > 0:
        spent = ", ".join(f"{phase} {phases.get(phase, 0.0):.1f} s" for phase in _ORDER)
        lines.append(f"workers: {spent}; {phases['inference'] / timed:.0%} of the timed phase inside measured inference")
    return "\n".join(lines)
