"""The front of an architecture search beside its seed, as a table and as JSON."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import asdict
from typing import Any

from archbench.records.search import SearchRecord, TrainedRecord
from archbench.report.numbers import share_text
from archbench.report.table import plain_table, table_text
from archbench.units import format_count, format_seconds
from archbench.workloads.ids import parse_workload
from archbench.workloads.kws import KwsWorkload

OPERATIONS = "operations"

#: What costs are in seconds.
_SECONDS = ("latency", "predicted")


def search_table(record: SearchRecord) -> str:
    """The seed and the front, one line each, the dearest first; then what the trials came to."""
    table = plain_table("network", *front_columns(record))
    for trained in (record.seed, *record.front):
        table.add_row(parse_workload(trained.workload).family, *front_cells(trained, record))
    return "\n".join((table_text(table), *trials_told(record)))


def front_columns(record: SearchRecord) -> Iterator[str]:
    """What `front_cells` holds, all of it numbers."""
    yield "million operations"
    yield from _measured(record)
    yield from ("fewer", "validation", "accuracy [95 %]")
    if record.seed.unheard is not None:
        yield "unheard speaker"


def front_cells(trained: TrainedRecord, record: SearchRecord) -> Iterator[str]:
    """One network that was trained in full, beside the seed."""
    yield f"{trained.operations / 1e6:.1f}"
    yield from (cost_text(name, trained.costs[name]) if name in trained.costs else "-" for name in _measured(record))
    yield f"{record.seed.operations / trained.operations:.1f}x"
    yield f"{trained.validation:.1%}"
    yield share_text(trained.accuracy)
    if record.seed.unheard is not None:
        yield share_text(trained.unheard)


def _measured(record: SearchRecord) -> list[str]:
    return [name for name in record.objectives if name != OPERATIONS]


def trials_told(record: SearchRecord) -> Iterator[str]:
    """What the trials came to, and what was frozen."""
    stopped = sum(trial.stopped for trial in record.trials)
    lost = f", {record.lost} lost with their workers" if record.lost else ""
    yield f"{len(record.trials)} trials, {stopped} of them stopped early{lost}; {record.seconds:.0f} s"
    if record.refused:
        yield f"{len(record.refused)} networks had no cost, the first: {record.refused[0].rstrip('.')}"
    if record.frozen:
        yield f"frozen, in order: {', '.join(f'{name} = {value}' for name, value in record.frozen)}"


def cost_text(objective: str, value: float) -> str:
    """A cost with its unit."""
    if objective == OPERATIONS:
        return f"{value / 1e6:.1f} Mops"
    return format_seconds(value) if objective.startswith(_SECONDS) else f"{format_count(value)} instructions"


def axis_text(objective: str) -> str:
    """What an axis of costs is labelled with."""
    return f"{objective}, seconds an inference" if objective.startswith(_SECONDS) else objective


def search_document(record: SearchRecord) -> dict[str, Any]:
    """The record as JSON has it, with each network's units."""
    document = asdict(record)
    for trained in (document["seed"], *document["front"], *document["tuned"]):
        trained["units"] = units_of(trained["workload"])
    return document


def units_of(workload: str) -> list[str]:
    """The units of a network as the paper writes them: `kh x kw, M`."""
    found = parse_workload(workload)
    assert isinstance(found, KwsWorkload)
    return [f"{unit.kernel[0]}x{unit.kernel[1]},{unit.filters}" for unit in found.units]
