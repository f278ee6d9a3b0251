"""From records of copies side by side to the latency of one operator or block, platform by platform."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from archbench.records.record import CaseRecord, Status
from archbench.stats.difference import Difference, estimates, unit_difference
from archbench.stats.estimate import LogEstimate
from archbench.workloads.case import Case
from archbench.workloads.ids import parse_case
from archbench.workloads.layer import LayerWorkload


@dataclass(frozen=True, slots=True, kw_only=True, order=True)
class Platform:
    """What a design meets: a backend, which has a precision, on so many threads under an ISA cap ("" for none)."""

    backend: str
    threads: int
    isa: str

    def __str__(self) -> str:
        parts = (self.backend, f"{self.threads} threads" if self.threads > 1 else "", self.isa)
        return " ".join(part for part in parts if part)


@dataclass(frozen=True, slots=True, kw_only=True)
class Measured:
    """A unit on a platform: what it is (with one copy), and its seconds; None where it is below what can be resolved.

    `executed` is what the engine executes for one copy.
    """

    kind: LayerWorkload
    seconds: LogEstimate | None
    executed: tuple[str, ...]


#: Units by kind.
Units = Mapping[LayerWorkload, Measured]


def platform_of(case: Case) -> Platform:
    """The platform of a case."""
    return Platform(backend=case.backend, threads=case.threads, isa=case.isa or "")


def units_by_platform(records: Iterable[CaseRecord]) -> dict[Platform, Units]:
    """Every unit of which a network of few copies and one of many were measured, without planted work."""
    found: dict[Platform, dict[LayerWorkload, list[tuple[LayerWorkload, CaseRecord]]]] = {}
    for case, record in _layers(records):
        kinds = found.setdefault(platform_of(case), {})
        assert isinstance(case.workload, LayerWorkload)
        kinds.setdefault(case.workload.kind, []).append((case.workload, record))
    return {platform: _units(kinds) for platform, kinds in sorted(found.items())}


def executed_unit(many: Sequence[str], few: Sequence[str], copies: int) -> tuple[str, ...]:
    """The nodes that one copy adds to the executed graph, with their number, as `1 Convolution brgconv_avx512_f32`.

    () if the engine does not tell. Where it shared or folded work between copies, the number is not whole.
    """
    counts: dict[str, int] = {}
    for sign, graph in ((1, many), (-1, few)):
        for line in graph:
            kind = " ".join(line.split()[:2])
            counts[kind] = counts.get(kind, 0) + sign
    return tuple(f"{count / copies:g} {kind}" for kind, count in sorted(counts.items()) if count)


def _layers(records: Iterable[CaseRecord]) -> Iterator[tuple[Case, CaseRecord]]:
    for record in records:
        if record.is_case and record.status is Status.MEASURED and not record.planted:
            case = parse_case(record.case_id)
            if isinstance(case.workload, LayerWorkload):
                yield case, record


def _units(kinds: Mapping[LayerWorkload, list[tuple[LayerWorkload, CaseRecord]]]) -> Units:
    differences: dict[LayerWorkload, Difference] = {}
    executed: dict[LayerWorkload, tuple[str, ...]] = {}
    for kind, networks in kinds.items():
        networks.sort(key=lambda entry: entry[0].copies)
        (few, fewer), (many, more) = networks[0], networks[-1]
        copies = many.copies - few.copies
        found = unit_difference(more.processes, fewer.processes, copies) if copies else None
        if found is not None:
            differences[kind] = found
            executed[kind] = executed_unit(more.executed_graph, fewer.executed_graph, copies)
    seconds = estimates(differences)
    return {kind: Measured(kind=kind, seconds=seconds[kind], executed=executed[kind]) for kind in executed}
