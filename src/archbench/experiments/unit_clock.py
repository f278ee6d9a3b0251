"""Operators and blocks timed on one platform as they are asked for: a pair of networks each, of few copies and of many."""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Mapping, Sequence
from pathlib import Path

from archbench.errors import BackendError, WorkloadError
from archbench.experiments.envelope import Envelope
from archbench.experiments.slowness import Cliff, Timed
from archbench.experiments.units import Platform, executed_unit
from archbench.measurement.session import PairedSession, Plan
from archbench.measurement.settings import usual_settings
from archbench.records.record import CaseRecord, Status
from archbench.stats.difference import Difference, unit_difference
from archbench.stats.estimate import LogEstimate
from archbench.workloads.behaviour import HEAVY, LIGHT, USUAL
from archbench.workloads.case import Case
from archbench.workloads.ids import parse_case
from archbench.workloads.layer import LayerWorkload

#: Workers of a first look, and of a confirmation.
_LOOKS, _CONFIRMATIONS = 2, 3

#: Seconds of a unit from which fewer copies of it are enough.
_LONG, _SHORT = 3e-4, 3e-5

#: Channels are rounded up to whole vectors.
_VECTOR = 16


class UnitClock:
    """See `archbench.experiments.slowness.Clock`. Close it."""

    def __init__(self, platform: Platform, envelopes: Mapping[str, Envelope], cache: Path, plant: Mapping[str, float]) -> None:
        """`plant` is extra work as a fraction, by pattern of case ids: a cliff that is known."""
        self._platform = platform
        self._envelopes = envelopes
        usual = dataclasses.replace(usual_settings(cache, seconds=0.06), plant=plant, keeps_artifacts=False, precision=1.0)
        self._looks = PairedSession(dataclasses.replace(usual, processes=_LOOKS, budget=_LOOKS))
        self._confirmations = PairedSession(
            dataclasses.replace(usual, processes=_CONFIRMATIONS, budget=2 * _CONFIRMATIONS, seconds=0.15)
        )

    def close(self) -> None:
        """End its workers."""
        self._looks.close()
        self._confirmations.close()

    def require_backend(self) -> None:
        """Refuse a backend that this machine lacks.

        Raises:
            BackendError: it does.
        """
        for name, reason in self._looks.absences([self._platform.backend]).items():
            raise BackendError(f"{name}: {reason}.")

    def quick(self, kinds: Sequence[LayerWorkload]) -> list[Timed]:
        """Each shape's time, roughly."""
        return [self._timed(*pair) for pair in self._measure(self._looks, kinds)]

    def confirm(self, kind: LayerWorkload, envelope: Envelope, limit: float) -> Cliff | None:
        """The cliff, if in fresh processes beside its yardstick the whole interval of the slowness lies beyond `limit`."""
        yardstick, larger = envelope.yardstick(kind), _rounded_up(kind)
        kinds = list(dict.fromkeys(entry for entry in (kind, yardstick, larger) if entry is not None))
        pairs = dict(zip(kinds, self._measure(self._confirmations, kinds), strict=True))
        seconds, usual = (_estimate(*pairs[entry]) for entry in (kind, yardstick))
        if seconds is None or usual is None:
            return None
        # What slows the yardstick today slows the shape alike.
        drifted = envelope.expected(kind) / envelope.measured[yardstick]
        slowness = seconds.over(usual).times(1 / drifted).interval()
        if slowness.bounded[0] <= limit:
            return None
        few, many = pairs[kind]
        above = None if larger is None or larger == kind else _difference(*pairs[larger])
        return Cliff(
            workload=kind,
            seconds=math.exp(seconds.value),
            expected=envelope.expected(kind),
            slowness=slowness,
            limit=limit,
            larger=None if above is None or larger is None else (larger, above.value / math.exp(seconds.value)),
            executed=self._timed(few, many).executed,
            processes=len(many.processes),
        )

    def _measure(self, session: PairedSession, kinds: Sequence[LayerWorkload]) -> list[tuple[CaseRecord, CaseRecord]]:
        """The records of few and of many copies of each shape."""
        networks = [dataclasses.replace(kind, copies=copies) for kind in kinds for copies in self._copies(kind)]
        records = session.measure([Plan.sweep([self._case(network) for network in networks])])
        return list(zip(records[::2], records[1::2], strict=True))

    def _case(self, workload: LayerWorkload) -> Case:
        return Case(
            workload=workload,
            backend=self._platform.backend,
            threads=self._platform.threads,
            isa=self._platform.isa or None,
        )

    def _copies(self, kind: LayerWorkload) -> tuple[int, int]:
        seconds = self._envelopes[kind.layer].expected(kind)
        return HEAVY if seconds > _LONG else USUAL if seconds > _SHORT else LIGHT

    @staticmethod
    def _timed(few: CaseRecord, many: CaseRecord) -> Timed:
        bad = next((record for record in (few, many) if record.status is not Status.MEASURED), None)
        if bad is not None:
            return Timed(reason=bad.reason or bad.status.value)
        found, copies = _difference(few, many), _copies_of(many) - _copies_of(few)
        executed = executed_unit(many.executed_graph, few.executed_graph, copies)
        return Timed(seconds=None if found is None or found.value <= 0 else found.value, executed=executed)


def _copies_of(record: CaseRecord) -> int:
    workload = parse_case(record.case_id).workload
    assert isinstance(workload, LayerWorkload)
    return workload.copies


def _difference(few: CaseRecord, many: CaseRecord) -> Difference | None:
    return unit_difference(many.processes, few.processes, _copies_of(many) - _copies_of(few))


def _estimate(few: CaseRecord, many: CaseRecord) -> LogEstimate | None:
    found = _difference(few, many)
    return None if found is None else found.estimate()


def _rounded_up(kind: LayerWorkload) -> LayerWorkload | None:
    """The shape with whole vectors of channels; None where the layer cannot have it."""
    channels = (-(-count // _VECTOR) * _VECTOR for count in (kind.in_channels, kind.out_channels))
    into, out = channels
    try:
        return dataclasses.replace(kind, in_channels=into, out_channels=out)
    except WorkloadError:
        return None
