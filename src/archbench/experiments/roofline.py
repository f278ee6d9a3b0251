"""Records of a run on the machine's roofline: blocks and operators as single units, everything else as whole networks."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from archbench.contracts import backend_named
from archbench.cost.units import unit_cost
from archbench.errors import RecordFileError, UsageError
from archbench.experiments.units import units_by_platform
from archbench.records.peaks import Limit, Peaks
from archbench.records.record import CaseRecord, Status
from archbench.registry import LAYERS
from archbench.report.roofline import Placed, Roofline
from archbench.stats.roofline import Roof, place, roof_of
from archbench.workloads.behaviour import BLOCKS
from archbench.workloads.case import Case
from archbench.workloads.ids import parse_case
from archbench.workloads.layer import LayerWorkload
from archbench.workloads.unit import Activation, steps_of

#: Bytes of an element, of which the formulas of costs assume four.
_ELEMENT = {"f32": 4, "bf16": 2, "f16": 2, "int8": 1}
_PRICED = 4


@dataclass(frozen=True, slots=True, kw_only=True)
class _Work:
    """What took `seconds` on the case's backend. Bytes are of float32; `operators` are those that compute."""

    name: str
    label: str
    operations: float
    moved_bytes: float
    resident_bytes: float
    operators: int
    seconds: float


@dataclass(slots=True)
class _Found:
    """What becomes a Roofline."""

    placed: list[Placed] = field(default_factory=list)
    roofs: dict[str, Roof] = field(default_factory=dict)
    omitted: Counter[str] = field(default_factory=Counter)


def check_machine(fingerprint: str, peaks: Peaks) -> None:
    """Refuse the peaks of another machine than that of a run.

    Raises:
        UsageError: they are.
    """
    if fingerprint != peaks.fingerprint:
        raise UsageError(
            f"the peaks are of {peaks.fingerprint} but the run is of {fingerprint}; run `archbench peaks` on that machine."
        )


def roofline(records: Iterable[CaseRecord], peaks: Peaks, backends: Collection[str] = ()) -> Roofline:
    """Records of the machine of `peaks`, of these backends alone if any are named.

    Raises:
        RecordFileError: none of them can be placed.
    """
    found = _Found()
    platforms: dict[tuple[str, int, str | None], list[tuple[Case, CaseRecord]]] = {}
    for record in records:
        if record.is_case and record.status is Status.MEASURED and record.latency is not None and not record.planted:
            case = parse_case(record.case_id)
            if not backends or case.backend in backends:
                platforms.setdefault((case.backend, case.threads, case.isa), []).append((case, record))
    for (backend, threads, isa), measured in platforms.items():
        reason = _unplaceable(backend, threads, isa, peaks)
        if reason is None:
            _place_all(backend, measured, peaks, found)
        else:
            found.omitted[reason] += len(measured)
    if not found.placed:
        reasons = "; ".join(found.omitted) or "it holds no measured latency"
        raise RecordFileError(f"nothing of what was measured can be placed on the roofline: {reasons}.")
    return Roofline(placed=tuple(found.placed), roofs=found.roofs, omitted=found.omitted)


def _unplaceable(backend: str, threads: int, isa: str | None, peaks: Peaks) -> str | None:
    """Why these peaks say nothing of the platform, or None."""
    if (threads, isa) != (peaks.threads, peaks.isa):
        return f"measured on {_setting(threads, isa)}, the peaks on {_setting(peaks.threads, peaks.isa)}"
    runtime = backend_named(backend)
    if runtime.device != "CPU":
        return f"{backend} computes on a {runtime.device}, the peaks are of the CPU"
    if runtime.precision.value not in peaks.precisions:
        return f"there is no peak of {runtime.precision.value} arithmetic"
    return None


def _setting(threads: int, isa: str | None) -> str:
    return f"{threads} thread{'s' if threads > 1 else ''}{f' under {isa}' if isa else ''}"


def _place_all(backend: str, measured: Sequence[tuple[Case, CaseRecord]], peaks: Peaks, found: _Found) -> None:
    precision = backend_named(backend).precision.value
    roof = _roof(precision, peaks)
    found.roofs[backend] = roof
    shrink = _ELEMENT[precision] / _PRICED
    empty = peaks.operator_seconds(backend) or 0.0
    for family, work in _works(measured, found.omitted):
        placement = place(
            operations=work.operations,
            moved_bytes=work.moved_bytes * shrink,
            resident_bytes=work.resident_bytes * shrink,
            seconds=work.seconds,
            roof=roof,
            overhead_seconds=work.operators * empty,
        )
        found.placed.append(
            Placed(
                name=work.name,
                label=work.label,
                family=family,
                backend=backend,
                is_operator=family in LAYERS and family not in BLOCKS,
                seconds=work.seconds,
                placement=placement,
            )
        )


def _roof(precision: str, peaks: Peaks) -> Roof:
    compute = peaks.best(Limit.COMPUTE, precision)
    assert compute is not None
    streams = [(level, peaks.best(Limit.BANDWIDTH, level.name)) for level in peaks.levels]
    return roof_of(compute.rate, [(level.name, level.capacity_bytes, best.rate) for level, best in streams if best is not None])


def _works(measured: Sequence[tuple[Case, CaseRecord]], omitted: Counter[str]) -> Iterator[tuple[str, _Work]]:
    """By family: of operators and blocks one unit, of everything else the network."""
    layers = [record for case, record in measured if isinstance(case.workload, LayerWorkload)]
    for units in units_by_platform(layers).values():
        most = _most_copies(measured)
        for kind, unit in units.items():
            if unit.seconds is None:
                omitted["their time is below what can be resolved"] += 1
            else:
                yield kind.family, _unit_work(kind, most[kind], math.exp(unit.seconds.value))
        lone = len({case.workload.kind for case, _ in measured if isinstance(case.workload, LayerWorkload)} - set(units))
        if lone:
            omitted["networks of few and of many copies are both needed, from the same workers"] += lone
    for case, record in measured:
        if isinstance(case.workload, LayerWorkload):
            continue
        if "flops" in record.cost:
            yield case.workload.family, _network_work(case, record)
        else:
            omitted["their records hold no cost"] += 1


def _most_copies(measured: Sequence[tuple[Case, CaseRecord]]) -> Mapping[LayerWorkload, int]:
    found: dict[LayerWorkload, int] = {}
    for case, _ in measured:
        if isinstance(case.workload, LayerWorkload):
            found[case.workload.kind] = max(case.workload.copies, found.get(case.workload.kind, 0))
    return found


def _unit_work(kind: LayerWorkload, copies: int, seconds: float) -> _Work:
    cost = unit_cost(kind)
    computing = [step for step in steps_of(kind.unit, kind.unit_shape) if not isinstance(step.unit, Activation)]
    return _Work(
        name=kind.id,
        label=_unit_label(kind),
        operations=cost.operations,
        moved_bytes=cost.memory_access_bytes,
        resident_bytes=copies * cost.memory_access_bytes,
        operators=len(computing),
        seconds=seconds,
    )


def _unit_label(kind: LayerWorkload) -> str:
    """What tells it from others of a sweep, and no more."""
    channels = f"{kind.in_channels}" if kind.in_channels == kind.out_channels else f"{kind.in_channels}>{kind.out_channels}"
    kernel = "" if kind.kernel == kind.spec.kernel else f" k{kind.kernel}"
    stride = "" if kind.stride == 1 else f" s{kind.stride}"
    activation = "" if kind.activation is None else f" {kind.activation}"
    return f"{kind.layer.removesuffix('-block')} {channels}{kernel}{stride}{activation} @{kind.resolution[0]}"


def _network_work(case: Case, record: CaseRecord) -> _Work:
    workload = case.workload
    assert record.latency is not None
    sizes = [f"{axis[0]}{value}" for axis, value in workload.axes.items() if axis in ("depth", "width")]
    sizes += [f"b{workload.batch}"] if workload.batch > 1 else []
    return _Work(
        name=workload.id,
        label=" ".join((workload.family, *sizes)),
        operations=record.cost["flops"],
        moved_bytes=record.cost["memory_access_bytes"],
        resident_bytes=record.cost["memory_access_bytes"],
        operators=int(record.cost["layers"]),
        seconds=record.latency.estimate,
    )
