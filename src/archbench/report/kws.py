"""Keyword-spotting networks held against their seed: the table behind the search paper's Figures 5 and 6."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from archbench.records.interval import Interval
from archbench.records.record import CaseRecord, Status
from archbench.report.numbers import speedup_text
from archbench.report.table import plain_table, table_text
from archbench.stats.correlation import rank_correlation
from archbench.stats.estimate import LogEstimate
from archbench.stats.processes import latency
from archbench.units import format_seconds
from archbench.workloads.case import Case
from archbench.workloads.ids import parse_case
from archbench.workloads.kws import NAMED, SEED, KwsWorkload, operations


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """A measured network: its operations and its seconds per inference of the whole batch."""

    case: Case
    workload: KwsWorkload
    operations: int
    latency: LogEstimate

    @property
    def setting(self) -> tuple[str, int, int, str | None]:
        """Only networks that share it are compared: backend, batch, threads, ISA cap."""
        return (self.case.backend, self.workload.batch, self.case.threads, self.case.isa)

    @property
    def is_seed(self) -> bool:
        """Whether it is the network that the search began from."""
        return self.workload.units == NAMED[SEED]


def series(records: Iterable[CaseRecord]) -> list[list[Entry]]:
    """The measured keyword-spotting networks, a list a setting, the dearest first."""
    found: dict[object, list[Entry]] = {}
    for record in records:
        if record.is_case and record.status is Status.MEASURED:
            case = parse_case(record.case_id)
            if isinstance(case.workload, KwsWorkload):
                entry = Entry(
                    case=case,
                    workload=case.workload,
                    operations=operations(case.workload),
                    latency=latency(record.processes).estimate,
                )
                found.setdefault(entry.setting, []).append(entry)
    return [sorted(entries, key=lambda entry: -entry.operations) for entries in found.values()]


def gain(entry: Entry, entries: Sequence[Entry]) -> Interval | None:
    """How much faster than the seed among `entries`; None of the seed itself and where it was not measured."""
    seeds = [other for other in entries if other.is_seed]
    return None if not seeds or entry.is_seed else seeds[0].latency.over(entry.latency).interval()


def follows_operations(entries: Sequence[Entry]) -> Interval | None:
    """Spearman's coefficient of latency with operations; None where there are too few networks."""
    return rank_correlation([([entry.operations for entry in entries], [entry.latency.value for entry in entries])])


def kws_lines(records: Iterable[CaseRecord]) -> list[str]:
    """A table with one line a network and backend, and how far latency follows operations; nothing if none was measured."""
    found = series(records)
    if not found:
        return []
    columns = ("million operations", "per inference", "seed's operations", "speedup over the seed [95 %]")
    table = plain_table("network", "backend", *columns, left=2)
    for entries in found:
        for entry in entries:
            table.add_row(
                entry.workload.family,
                entry.case.backend,
                f"{entry.operations / 1e6:.1f}",
                format_seconds(entry.latency.interval().estimate),
                _fewer(entry, entries),
                speedup_text(gain(entry, entries)),
            )
    return ["", table_text(table), *(line for entries in found for line in _correlation(entries)), ""]


def _fewer(entry: Entry, entries: Sequence[Entry]) -> str:
    """What the operations alone would let one expect."""
    seeds = [other for other in entries if other.is_seed]
    return f"{seeds[0].operations / entry.operations:.2f}x" if seeds and not entry.is_seed else "-"


def _correlation(entries: Sequence[Entry]) -> Iterable[str]:
    coefficient = follows_operations(entries)
    if coefficient is not None:
        low, high = coefficient.bounded
        yield (
            f"latency on {entries[0].case.backend} follows operations with a rank correlation of {coefficient.estimate:+.2f}"
            f" [{low:+.2f}, {high:+.2f}] over {len(entries)} networks"
        )
