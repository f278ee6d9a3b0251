"""Numbers that the papers state, each beside what the same is here. A claim judges a sentence; these are shown, not judged."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass

from archbench.records.interval import Interval
from archbench.records.record import CaseRecord
from archbench.registry import ACCELERATED_BACKEND
from archbench.report.numbers import ratio_text
from archbench.units import format_ratio, format_seconds
from archbench.workloads.case import Case
from archbench.workloads.ids import parse_case
from archbench.workloads.kws import NAMED, SEED, KwsWorkload, operations
from archbench.workloads.network import NetworkWorkload
from archbench.workloads.pattern import PatternWorkload

Records = Mapping[str, CaseRecord]


@dataclass(frozen=True, slots=True, kw_only=True)
class Stated:
    """A number of a paper.

    Args:
        figure: the figure that it is shown beside.
        what: it is of.
        value: as the paper has it.
        source: where.
        here: the same from records, in words; None where they do not hold it.
    """

    figure: str
    what: str
    value: str
    source: str
    here: Callable[[Records], str | None]


def _accelerated(records: Records) -> Iterable[tuple[Case, CaseRecord]]:
    found = ((parse_case(name), record) for name, record in records.items() if record.is_case)
    return ((case, record) for case, record in found if case.backend == ACCELERATED_BACKEND)


def _average_gain(records: Records) -> str | None:
    gains = [
        record.speedup.estimate
        for case, record in _accelerated(records)
        if isinstance(case.workload, PatternWorkload) and record.speedup is not None
    ]
    if not gains:
        return None
    mean = math.exp(sum(map(math.log, gains)) / len(gains))
    return f"{format_ratio(mean)} as fast, the geometric mean over {len(gains)} pattern networks"


def _best_gain(records: Records) -> str | None:
    gains = [
        (record.speedup, case.workload.id)
        for case, record in _accelerated(records)
        if isinstance(case.workload, PatternWorkload) and case.workload.pattern == "depthwise-bottleneck"
        if record.speedup is not None
    ]
    return _shown(max(gains, key=lambda entry: entry[0].estimate)) if gains else None


def _network(
    name: str, read: Callable[[CaseRecord], Interval | None], shown: Callable[[float], str]
) -> Callable[[Records], str | None]:
    def here(records: Records) -> str | None:
        found = (
            value
            for case, record in _accelerated(records)
            if isinstance(case.workload, NetworkWorkload) and case.workload.network == name
            if (case.workload.batch, case.threads, case.isa) == (1, 1, None) and (value := read(record)) is not None
        )
        value = next(found, None)
        return None if value is None else shown(value.estimate)

    return here


def _kws_operations(name: str) -> Callable[[Records], str | None]:
    def here(_: Records) -> str | None:
        return f"{operations(KwsWorkload(units=NAMED[name])) / 1e6:.1f} million"

    return here


def _shown(gain: tuple[Interval, str]) -> str:
    interval, workload = gain
    return f"{ratio_text(interval)} as fast, {workload}"


_FORM = "form/function paper, abstract"
STATED: Sequence[Stated] = (
    Stated(figure="1", what="average speed-up of the patterns on OpenVINO", value="380 %", source=_FORM, here=_average_gain),
    Stated(
        figure="1",
        what="speed-up of the depthwise bottleneck, the greatest",
        value="550 %",
        source=_FORM,
        here=_best_gain,
    ),
    Stated(
        figure="5",
        what="speed-up of DARTS, the greatest of the networks",
        value="1200 %",
        source=_FORM,
        here=_network("darts", lambda record: record.speedup, lambda value: f"{format_ratio(value)} as fast"),
    ),
    Stated(
        figure="5",
        what="latency of MobileNetV2 on OpenVINO, the lowest of the networks",
        value="around 2.4 ms",
        source=_FORM,
        here=_network("mobilenet-v2", lambda record: record.latency, format_seconds),
    ),
    Stated(
        figure="kws",
        what="operations of the seed",
        value="581.1 million",
        source="search paper",
        here=_kws_operations(SEED),
    ),
    Stated(
        figure="kws",
        what="operations of kws1",
        value="223.4 million",
        source="search paper",
        here=_kws_operations("kws1"),
    ),
    Stated(
        figure="kws",
        what="reduction of latency at 0.88 points more accuracy",
        value="1.85x on an embedded system, 1.59x on a GPU",
        source="search paper, abstract",
        here=lambda _: None,
    ),
)
