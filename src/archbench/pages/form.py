"""Form and function: the form/function paper's Figures 1 to 5 from this machine's records, in the paper's layout."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from archbench.pages.findings import Judged, evidence_section
from archbench.pages.record_set import RecordSet
from archbench.pages.shown import absent
from archbench.records.counts import warm_misses
from archbench.records.interval import Interval
from archbench.records.record import CaseRecord
from archbench.registry import REFERENCE_BACKEND
from archbench.report.bars_figure import Bar, bars_figure
from archbench.report.curves_figure import Curve, Scale, curves_figure
from archbench.report.numbers import ratio_text, seconds_text
from archbench.report.plot import Block, Grid, Plot, Section, grid
from archbench.report.threads import gain_over_one, thread_series
from archbench.units import format_count, format_ratio, format_seconds
from archbench.workloads.case import Case
from archbench.workloads.grids import DEFAULT_WIDTH, SIX
from archbench.workloads.ids import parse_case
from archbench.workloads.network import FORM_FUNCTION, NETWORKS, NetworkWorkload
from archbench.workloads.pattern import PatternWorkload

_LATENCY = Scale(title="latency per image", shown=format_seconds)
_DEPTH = Scale(title="depth: units of the pattern", shown="{:g}".format, is_log=False)
_WIDTH = Scale(title="width: channels", shown="{:g}".format)
_BATCH = Scale(title="batch: images an inference", shown="{:g}".format)
_MISSES = Scale(title="last-level misses an inference", shown=format_count)

_PATTERNS = "pytest benchmarks/ --archbench-profile nightly --benchmark-json=DIR/patterns.json"
_CACHE = "pytest benchmarks/ -k cache --archbench-profile nightly --benchmark-json=DIR/cache.json"
_NETWORKS = "pytest benchmarks/ -k networks --benchmark-json=DIR/networks.json"
_THREADS = "pytest benchmarks/ -k threads --benchmark-json=DIR/threads.json"
_PRECISION = "pytest benchmarks/ -k precision --benchmark-json=DIR/precision.json"


@dataclass(frozen=True, slots=True, kw_only=True)
class _Point:
    """A pattern network with its record."""

    case: Case
    workload: PatternWorkload
    record: CaseRecord

    @property
    def per_image(self) -> Interval:
        """Its latency over its batch."""
        interval, batch = self.record.latency, self.workload.batch
        assert interval is not None
        return _scaled(interval, 1 / batch)


def form_section(records: RecordSet, judged: Sequence[Judged]) -> Section:
    """Every figure of the paper, absent ones with what measures them."""
    points = list(_points(records.timed))
    counted = list(_points(records.those(lambda record: record.counts is not None and record.latency is not None)))
    blocks = (
        _sweep("figure-1", "Figure 1: latency along depth", points, "depth", _DEPTH),
        _sweep("figure-1-batch", "Figure 1, along the batch", points, "batch", _BATCH),
        _sweep("figure-2", "Figure 2: latency along width", points, "width", _WIDTH),
        _cache("figure-3", "Figure 3: latency and cache misses along depth", counted, "depth", _DEPTH),
        _cache("figure-4", "Figure 4: latency and cache misses along width", counted, "width", _WIDTH),
        _networks(records),
        _threads(records),
        _precision(records),
    )
    return evidence_section("form", "Form and function", blocks, records, judged)


def _points(records: Mapping[str, CaseRecord]) -> Iterator[_Point]:
    """The plain pattern networks, the six first and in their order: one thread, no cap, usual kernel."""
    parsed = ((parse_case(name), record) for name, record in records.items() if record.is_case)
    found = [
        _Point(case=case, workload=case.workload, record=record)
        for case, record in parsed
        if isinstance(case.workload, PatternWorkload)
        if (case.threads, case.isa, case.workload.kernel) == (1, None, 3)
        if case.workload == PatternWorkload(**{axis: getattr(case.workload, axis) for axis in _SIZES})
    ]
    yield from sorted(found, key=lambda point: (_order(point), point.case.backend != REFERENCE_BACKEND))


_SIZES = ("pattern", "depth", "width", "resolution", "batch")


def _order(point: _Point) -> int:
    return SIX.index(point.workload.pattern) if point.workload.pattern in SIX else len(SIX)


def _sweep(anchor: str, title: str, points: Sequence[_Point], axis: str, across: Scale) -> Block:
    lines = {key: line for key, line in _grouped(_along(points, axis), axis).items() if len(line) > 1}
    if not lines:
        return absent(anchor, title, _PATTERNS, f"No pattern was measured at two values of {axis}.")
    chosen = [point for line in lines.values() for point in line]
    batches = {batch for _, _, batch in lines}
    curves = [
        Curve(
            panel=pattern,
            series=backend,
            style="" if len(batches) < 2 else f"batch {batch}",
            points=tuple((float(getattr(point.workload, axis)), point.per_image) for point in line),
        )
        for (pattern, backend, batch), line in lines.items()
    ]
    said = _fixed(chosen, axis)
    return Block(
        anchor=anchor,
        title=title,
        words=(f"Native and accelerated latency of one image, {said}.",),
        plot=Plot(
            name=anchor,
            caption=(
                f"Latency per image along {axis}, a panel a pattern, on shared logarithmic axes, so that the distance between"
                " two lines is the gain. Colour and marker: backend. Bars: 95 % intervals, often within the marker."
                + (" Line style: batch." if len(batches) > 1 else "")
            ),
            label=f"{title}, {said}; the numbers are in the table below.",
            draw=lambda canvas: curves_figure(curves, across, _LATENCY, None, canvas),
            table=_points_table(chosen),
        ),
        command=_PATTERNS,
    )


def _along(points: Iterable[_Point], axis: str) -> list[_Point]:
    """Those of one setting of what the figure holds fixed: that with most values of the axis, usual widths first."""
    free = {"depth": ("depth", "batch"), "width": ("width",), "batch": ("batch",)}[axis]
    groups: dict[tuple[object, ...], list[_Point]] = {}
    for point in points:
        fixed = tuple(getattr(point.workload, name) for name in _SIZES if name not in (*free, "pattern"))
        groups.setdefault(fixed, []).append(point)

    def worth(group: Sequence[_Point]) -> tuple[int, bool, int]:
        values = {getattr(point.workload, axis) for point in group}
        return (len(values), group[0].workload.width == DEFAULT_WIDTH, len(group))

    best = max(groups.values(), key=worth, default=[])
    return best if best and worth(best)[0] > 1 else []


def _grouped(points: Iterable[_Point], axis: str) -> Mapping[tuple[str, str, int], list[_Point]]:
    """Lines, in the order of the axis."""
    groups: dict[tuple[str, str, int], list[_Point]] = {}
    for point in sorted(points, key=lambda point: (_order(point), getattr(point.workload, axis), point.workload.batch)):
        batch = 0 if axis == "batch" else point.workload.batch
        groups.setdefault((point.workload.pattern, point.case.backend, batch), []).append(point)
    return dict(sorted(groups.items(), key=lambda entry: (_order(entry[1][0]), entry[0][1] != REFERENCE_BACKEND, entry[0][2])))


def _fixed(points: Sequence[_Point], axis: str) -> str:
    """What all the points have in common, in words."""
    first = points[0].workload
    rows, columns = first.resolution
    depth = "" if axis == "depth" else f"depth {first.depth}, "
    width = "" if axis == "width" else f"{first.width} channels, "
    return f"{depth}{width}{rows} x {columns} pixels, one thread"


def _points_table(points: Sequence[_Point], *, misses: bool = False) -> Grid:
    columns = ("pattern", "backend", "depth", "width", "batch", "pixels", "per image [95 %]", "speedup [95 %]")
    return grid(
        (*columns, *(("LL misses", "FLOPs") if misses else ())),
        (
            (
                point.workload.pattern,
                point.case.backend,
                *(str(value) for value in (point.workload.depth, point.workload.width, point.workload.batch)),
                "x".join(map(str, point.workload.resolution)),
                seconds_text(point.per_image),
                ratio_text(point.record.speedup),
                *((f"{_missed(point):,}", format_count(point.record.cost["flops"])) if misses else ()),
            )
            for point in points
        ),
        left=2,
    )


def _missed(point: _Point) -> int:
    assert point.record.counts is not None
    return warm_misses(point.record.counts) or 0


def _cache(anchor: str, title: str, points: Sequence[_Point], axis: str, across: Scale) -> Block:
    read = [point for point in points if _missed(point)]
    chosen = [point for point in _along(read, axis) if point.workload.batch == 1]
    if not chosen:
        return absent(anchor, title, _CACHE, f"No pattern was both timed and counted at two values of {axis}.")
    curves = []
    for (pattern, backend, _), group in _grouped(chosen, axis).items():
        places = [float(getattr(point.workload, axis)) for point in group]
        times = tuple(zip(places, (point.per_image for point in group), strict=True))
        missed = tuple(zip(places, (_exact(_missed(point)) for point in group), strict=True))
        curves.append(Curve(panel=pattern, series=backend, style="latency", points=times))
        curves.append(Curve(panel=pattern, series=backend, style="misses", points=missed, is_right=True))
    said = _fixed(chosen, axis)
    machine = next(point.record.counts.machine for point in chosen if point.record.counts is not None)
    return Block(
        anchor=anchor,
        title=title,
        words=(f"Time of this machine and misses of the simulated {machine}, warm, {said}.",),
        plot=Plot(
            name=anchor,
            caption=(
                f"Along {axis}: latency per image (solid, left) and last-level misses of one inference (dashed, right), both on"
                " logarithmic axes that all panels share. Colour and marker: backend. Misses are counts and have no interval."
            ),
            label=f"{title}, {said}; the numbers are in the table below.",
            draw=lambda canvas: curves_figure(curves, across, _LATENCY, _MISSES, canvas),
            table=_points_table(chosen, misses=True),
        ),
        command=_CACHE,
    )


def _exact(count: int) -> Interval:
    return Interval(estimate=float(count), low=None, high=None, confidence=1.0)


def _networks(records: RecordSet) -> Block:
    title = "Figure 5: whole networks"
    named = networks_of(records, FORM_FUNCTION)
    if not named:
        return absent("figure-5", title, _NETWORKS)
    return Block(
        anchor="figure-5",
        title=title,
        words=("The paper's networks on single images, one thread.",),
        plot=networks_plot("figure-5", title, named),
        command=_NETWORKS,
    )


def networks_of(records: RecordSet, names: Sequence[str]) -> list[tuple[Case, CaseRecord]]:
    """Those networks on single images, one thread and no cap, in this order, the reference first."""
    parsed = ((parse_case(name), record) for name, record in records.timed.items() if record.is_case)
    found = [
        (case, record)
        for case, record in parsed
        if isinstance(case.workload, NetworkWorkload)
        if case.workload.family in names and (case.workload.batch, case.threads, case.isa) == (1, 1, None)
    ]
    return sorted(found, key=lambda entry: (names.index(entry[0].workload.family), entry[0].backend != REFERENCE_BACKEND))


def networks_plot(name: str, title: str, named: Sequence[tuple[Case, CaseRecord]]) -> Plot:
    """Bars of latency with the gain over the reference written on them."""
    bars = [
        Bar(panel="", group=case.workload.family, series=case.backend, value=record.latency, text=_gained(record))
        for case, record in named
        if record.latency is not None
    ]
    gained = any(record.speedup is not None for _, record in named)
    return Plot(
        name=name,
        caption="Latency of one image. "
        + ("Written on a bar: what it takes, and how many times as fast as the native framework it is. " if gained else "")
        + "Lines at the ends: 95 % intervals.",
        label=f"{title}: latency by network and backend; the numbers are in the table below.",
        draw=lambda canvas: bars_figure(bars, Scale(title="latency of one image", shown=format_seconds), canvas),
        table=grid(
            ("network", "core pattern", "backend", "latency [95 %]", "speedup [95 %]"),
            (
                (
                    case.workload.family,
                    NETWORKS[case.workload.family].core,
                    case.backend,
                    seconds_text(record.latency),
                    ratio_text(record.speedup),
                )
                for case, record in named
            ),
            left=3,
        ),
    )


def _gained(record: CaseRecord) -> str:
    assert record.latency is not None
    taken = format_seconds(record.latency.estimate)
    return taken if record.speedup is None else f"{taken}, {format_ratio(record.speedup.estimate)}"


def _scaled(interval: Interval, factor: float) -> Interval:
    low, high = (None if bound is None else bound * factor for bound in (interval.low, interval.high))
    return Interval(estimate=interval.estimate * factor, low=low, high=high, confidence=interval.confidence)


def _threads(records: RecordSet) -> Block:
    """Images a second against threads, where a case was measured on several."""
    title = "Threads: images a second"
    scaled = [line for line in thread_series(records.timed.values()) if len(line) > 1]
    if not scaled:
        return absent("threads", title, _THREADS)
    rows = [
        (
            case.workload.id,
            case.backend,
            str(count),
            seconds_text(record.latency),
            f"{case.workload.batch / record.latency.estimate:,.0f}" if record.latency else "-",
            ratio_text(gain_over_one(line, count)),
        )
        for line in scaled
        for count, (case, record) in sorted(line.items())
    ]
    columns = ("workload", "backend", "threads", "latency [95 %]", "images a second", "against one thread [95 %]")
    return Block(anchor="threads", title=title, tables=(grid(columns, rows, left=2),), command=_THREADS)


def _precision(records: RecordSet) -> Block:
    """What lower precision gains, and how far it moves outputs."""
    title = "Lower precision: what it gains, and how far outputs move"
    compared = [record for record in records.timed.values() if record.agreement is not None]
    if not compared:
        return absent("precision", title, _PRECISION)
    rows = [
        (
            case.workload.id,
            case.backend,
            seconds_text(record.latency),
            ratio_text(record.speedup),
            f"{record.agreement.top1:.1%}",
            f"{record.agreement.error:.1e}",
            (record.granted or {}).get("convolutions", "-"),
        )
        for record in compared
        if record.agreement is not None
        for case in [parse_case(record.case_id)]
    ]
    columns = ("workload", "backend", "latency [95 %]", "speedup [95 %]", "same top 1", "output error", "convolutions")
    return Block(anchor="precision", title=title, tables=(grid(columns, rows, left=2),), command=_PRECISION)
