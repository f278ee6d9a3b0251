"""One model on several backends, as text."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import msgspec

from archbench.cost.formulas import Cost
from archbench.records.record import CaseRecord
from archbench.report.numbers import latency_text, speedup_text
from archbench.report.table import cost_table, plain_table, table_text
from archbench.workloads.ids import parse_case


def comparison_table(records: Sequence[CaseRecord]) -> str:
    """One line a backend, the reference first, with why one has no latency; then what an inference costs."""
    table = plain_table("backend", "per inference [95 %]", "speedup [95 %]", "output error", "of tolerance")
    notes = []
    for record in records:
        backend = parse_case(record.case_id).backend
        error, share = ("-", "-")
        if record.parity is not None:
            error, share = f"{record.parity.error:.1e}", f"{record.parity.error / record.parity.tolerance:.0%}"
        latency = latency_text(record.latency) if record.latency else record.status.value
        table.add_row(backend, latency, speedup_text(record.speedup), error, share)
        if record.reason is not None:
            notes.append(f"{backend}: {record.reason}")
    priced = next((record.cost for record in records if record.cost), None)
    costs = [] if priced is None else ["", cost_table(_cost(priced))]
    return "\n".join((table_text(table), *notes, *costs))


def _cost(priced: Mapping[str, float]) -> Cost:
    """A record's cost, whose counts JSON may hold as 3.0."""
    return msgspec.convert({name: int(value) if value == int(value) else value for name, value in priced.items()}, Cost)
