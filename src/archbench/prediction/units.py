"""Records as what a predictor learns from: seconds of a unit or of a drawn network, and the kernels that they are the sum of.

Of each kind of unit two networks were measured, of few copies and of many; both their latencies and their kernels are
subtracted, so that what a network costs once, its call and the layout of its input, is not laid to the unit. All seconds are
referred to one pace, since a machine's clock is another one from hour to hour.
"""

from __future__ import annotations

import math
import statistics
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass

from archbench.contracts import Kernel, Lowering, backend_named
from archbench.errors import RecordFileError, UsageError
from archbench.machine.fingerprint import read_fingerprint
from archbench.prediction.predictor import Platform, platform_name
from archbench.records.record import CaseRecord, Status
from archbench.records.runfile import RunFile
from archbench.stats.difference import estimates, unit_difference
from archbench.stats.estimate import LogEstimate
from archbench.stats.processes import calibration, latency
from archbench.workloads.case import Case
from archbench.workloads.drawn import DrawnWorkload
from archbench.workloads.ids import parse_case
from archbench.workloads.layer import LayerWorkload

#: Fewer tell nothing of the shapes between them.
MIN_UNITS = 20

#: The larger of two networks is compared with the smaller one by these, whatever else the engine calls differently.
_COMPARED = ("Convolution", "FullyConnected", "MatMul")

_MEASURE = "measure them with `pytest benchmarks/ -k behaviour --archbench-profile nightly --benchmark-json=RUN.json`"


#: A case, its record, and what is executed of it.
Measured = tuple[Case, CaseRecord, Lowering]

#: Copies of a unit, their record, and what is executed of them.
_Entry = tuple[int, CaseRecord, Lowering]

#: The kernels of a lowering that latencies are taken for the sum of.
View = Callable[[Lowering], Sequence[Kernel]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Learnt:
    """A latency and what it is the sum of.

    Args:
        sweep: names those that lie on one line through the design space; they are left out together.
        seconds: of one unit, or of a network where `calls` is 1.
        error: standard error of the seconds, relative.
        kernels: with how many of each.
        calls: of an inference that are part of the seconds.
    """

    sweep: str
    workload: LayerWorkload | DrawnWorkload
    seconds: float
    error: float
    kernels: tuple[tuple[Kernel, float], ...]
    calls: int = 0


def platform_of(
    runs: Sequence[RunFile], backend: str, *, threads: int, isa: str | None
) -> tuple[Platform, Mapping[Case, CaseRecord]]:
    """The platform, and the records on it of drawn networks and of operators and blocks, pairs of few and many copies alone.

    Raises:
        UsageError: the records are of another machine or of another version of the backend.
        RecordFileError: there are too few of them.
        UnknownNameError: no such backend.
    """
    here, version = read_fingerprint().key, backend_named(backend).version()
    found: dict[Case, CaseRecord] = {}
    for run in runs:
        if run.section.fingerprint != here:
            raise UsageError(
                f"{run.path} was measured on {run.section.fingerprint}, but this machine is {here}, whose kernels are others; "
                f"{_MEASURE}."
            )
        own = _on_platform(run, backend, threads, isa)
        then = {record.backend_version for record in own.values()} - {version}
        if then:
            raise UsageError(
                f"{run.path} was measured with {backend} {', '.join(sorted(map(str, then)))}, but {version} is installed; "
                f"{_MEASURE}."
            )
        found |= own
    learnt = _learnable(found)
    units = sum(isinstance(case.workload, LayerWorkload) for case in learnt) // 2
    if units < MIN_UNITS:
        raise RecordFileError(
            f"{' and '.join(str(run.path) for run in runs)} holds {units} operators and blocks on "
            f"{platform_name(backend, threads, isa)}, but a predictor needs {MIN_UNITS}; it has {_held(runs)}; {_MEASURE}."
        )
    pace = statistics.median(map(_pace, learnt.values()))
    return Platform(backend=backend, version=version, threads=threads, isa=isa, fingerprint=here, pace=pace), learnt


def executed_kernels(lowering: Lowering) -> Sequence[Kernel]:
    """What the engine executes."""
    return lowering.executed


def at_pace(platform: Platform, record: CaseRecord) -> float:
    """What latencies of the record are to be multiplied with, to be as on a machine of the platform's pace."""
    return platform.pace / _pace(record)


def units_of(platform: Platform, measured: Iterable[Measured], view: View = executed_kernels) -> list[Learnt]:
    """Two entries for each pair: the unit, and the network of few copies with its call; both made of the kernels of `view`.

    A pair is left out if its difference is below what can be resolved, or the kernels are not those that were measured.
    """
    kinds: dict[LayerWorkload, list[_Entry]] = defaultdict(list)
    for case, record, lowering in measured:
        if isinstance(case.workload, LayerWorkload) and _is_as_measured(record, lowering.executed):
            kinds[case.workload.kind].append((case.workload.copies, record, lowering))
    pairs, differences = {}, {}
    for kind, entries in kinds.items():
        few, many = min(entries, key=_copies), max(entries, key=_copies)
        copies = many[0] - few[0]
        found = unit_difference(many[1].processes, few[1].processes, copies) if copies else None
        if found is not None:
            pairs[kind], differences[kind] = (few, many), found
    learnt = []
    for kind, seconds in estimates(differences).items():
        if seconds is not None:
            learnt += _learnt(platform, kind, *pairs[kind], seconds, view)
    return learnt


def networks_of(platform: Platform, measured: Iterable[Measured], view: View = executed_kernels) -> list[Learnt]:
    """An entry for each drawn network, but for those of which the kernels are not those that were measured."""
    return [
        _whole(platform, case.workload, case.workload.id, record, view(lowering))
        for case, record, lowering in measured
        if isinstance(case.workload, DrawnWorkload) and _is_as_measured(record, lowering.executed)
    ]


def _copies(entry: _Entry) -> int:
    return entry[0]


def _learnt(platform: Platform, kind: LayerWorkload, few: _Entry, many: _Entry, unit: LogEstimate, view: View) -> list[Learnt]:
    (less, small, small_lowering), (more, large, large_lowering) = few, many
    copies = more - less
    assert unit.squared_error is not None
    rows, columns = kind.resolution
    sweep = f"{kind.layer} {kind.in_channels} {rows}x{columns} {kind.edge} {kind.stride}"
    added = Counter(view(large_lowering))
    added.subtract(view(small_lowering))
    return [
        Learnt(
            sweep=sweep,
            workload=kind,
            seconds=math.exp(unit.value) * math.sqrt(at_pace(platform, small) * at_pace(platform, large)),
            error=math.sqrt(unit.squared_error),
            kernels=tuple((kernel, count / copies) for kernel, count in added.items() if count),
        ),
        _whole(platform, kind, sweep, small, view(small_lowering)),
    ]


def _whole(
    platform: Platform, workload: LayerWorkload | DrawnWorkload, sweep: str, record: CaseRecord, kernels: Sequence[Kernel]
) -> Learnt:
    network = latency(record.processes).estimate
    assert network.squared_error is not None
    return Learnt(
        sweep=sweep,
        workload=workload,
        seconds=math.exp(network.value) * at_pace(platform, record),
        error=math.sqrt(network.squared_error),
        kernels=tuple((kernel, float(count)) for kernel, count in Counter(kernels).items()),
        calls=1,
    )


def _pace(record: CaseRecord) -> float:
    return math.exp(calibration(record.processes).value)


def _on_platform(run: RunFile, backend: str, threads: int, isa: str | None) -> Mapping[Case, CaseRecord]:
    on = (backend, threads, isa)
    return {case: record for case, record in _told_of(run) if (case.backend, case.threads, case.isa) == on}


def _learnable(records: Mapping[Case, CaseRecord]) -> Mapping[Case, CaseRecord]:
    """Without units of which one network is missing."""
    counts = Counter(case.workload.kind for case in records if isinstance(case.workload, LayerWorkload))
    return {
        case: record
        for case, record in records.items()
        if not isinstance(case.workload, LayerWorkload) or counts[case.workload.kind] > 1
    }


def _told_of(run: RunFile) -> list[tuple[Case, CaseRecord]]:
    """The measured operators, blocks and drawn networks."""
    honest = [
        record
        for record in run.records.values()
        if record.is_case and record.status is Status.MEASURED and record.latency is not None and not record.planted
    ]
    cases = [(parse_case(record.case_id), record) for record in honest]
    return [(case, record) for case, record in cases if isinstance(case.workload, LayerWorkload | DrawnWorkload)]


def _held(runs: Sequence[RunFile]) -> str:
    layers = (case for run in runs for case, _ in _told_of(run) if isinstance(case.workload, LayerWorkload))
    counts = Counter(platform_name(case.backend, case.threads, case.isa) for case in layers)
    return ", ".join(f"{count // 2} on {name}" for name, count in counts.items()) or "none"


def _is_as_measured(record: CaseRecord, kernels: Sequence[Kernel]) -> bool:
    """Whether the convolutions and products of matrices are those of the record, if its graph names kernels at all."""
    named = {line.split(" ")[0] for line in record.executed_graph}
    # Eager torch's lists modules, and can tell nothing of the operators that they call.
    if not named & {kernel.kind for kernel in kernels}:
        return True
    then = Counter(tuple(line.split(" ")[:2]) for line in record.executed_graph if line.split(" ")[0] in _COMPARED)
    return then == Counter((kernel.kind, kernel.implementation) for kernel in kernels if kernel.kind in _COMPARED)
