"""Behaviour: staircases, activations, kernels, blocks and the roofline of this machine, platform by platform."""

from __future__ import annotations

import dataclasses
import itertools
from collections.abc import Iterator, Mapping, Sequence

from archbench.errors import RecordFileError
from archbench.experiments.advice import Advice, advise, precision_by_layer
from archbench.experiments.behaviour import places
from archbench.experiments.channel_sweep import ChannelSweep, staircase, steps_row, sweeps_by_platform
from archbench.experiments.roofline import roofline
from archbench.experiments.units import Platform, Units
from archbench.pages.findings import Judged, evidence_section
from archbench.pages.form import networks_of, networks_plot
from archbench.pages.record_set import RecordSet
from archbench.pages.shown import absent, sentence
from archbench.records.interval import Interval
from archbench.records.peaks import Peaks
from archbench.registry import BACKENDS
from archbench.report.bars_figure import Bar, bars_figure
from archbench.report.behaviour import STEPS_COLUMNS, steps_cells
from archbench.report.curves_figure import Curve, Scale, curves_figure
from archbench.report.numbers import points_text, ratio_text, seconds_text, share_text
from archbench.report.plot import Block, Folded, Grid, Plot, Section, grid
from archbench.report.roofline import Placed, Roofline, omitted_lines
from archbench.report.roofline_figure import draw_roofline
from archbench.report.steps_figure import draw_steps
from archbench.stats.roofline import Roof
from archbench.units import format_count, format_ratio, format_seconds
from archbench.workloads.layer import LayerWorkload
from archbench.workloads.network import BEHAVIOUR

_UNITS = "pytest benchmarks/ -k behaviour --archbench-profile nightly --benchmark-json=DIR/behaviour.json"
_ZOO = "pytest benchmarks/ -k zoo --benchmark-json=DIR/zoo.json"
_PEAKS = "archbench peaks -o DIR/peaks.json"
_ACCURACY = "archbench accuracy --json > DIR/accuracy.json"

#: Panels of staircases and bars of blocks that one picture holds; the tables hold them all.
_SHOWN_SWEEPS, _SHOWN_BARS, _SHOWN_ROOFS = 18, 160, 4

#: The kernel beside which larger ones are held.
_USUAL_KERNEL = 3


def behaviour_section(records: RecordSet, judged: Sequence[Judged]) -> Section:
    """Every analysis of the behaviour study, absent ones with what measures them."""
    advice = advise(records.units)
    blocks = (
        _staircases(records.units),
        _activations(advice),
        _kernels(advice),
        _blocks(records.units),
        _fastest(advice),
        _fusions(advice),
        _roofline(records),
        _zoo(records),
        _accuracy(records),
        _every_unit(records.units),
    )
    return evidence_section("behaviour", "Behaviour", blocks, records, judged)


def _staircases(by_platform: Mapping[Platform, Units]) -> Block:
    title = "Latency along channels, with the steps that were found"
    found = list(sweeps_by_platform(by_platform))
    if not found:
        return absent("staircases", title, _UNITS, "No operator was measured at twelve counts of channels or more.")
    shown = list(itertools.starmap(staircase, _first(found)))
    left = len(found) - len(shown)
    return Block(
        anchor="staircases",
        title=title,
        words=(f"{len(found)} sweeps.{f' The table has {left} more than the picture.' if left else ''}",),
        plot=Plot(
            name="staircases",
            caption=(
                "Latency of one unit in microseconds, with its 95 % interval as a band. Dashed lines: the last count of each"
                " step, which is the one worth using."
            ),
            label="Latency along channels by sweep and platform; steps and counts worth using are in the table below.",
            draw=lambda canvas: draw_steps(shown, canvas),
            table=grid(STEPS_COLUMNS, map(steps_cells, itertools.starmap(steps_row, found)), left=4),
        ),
        folded=(Folded(title="Every point of every sweep", table=_sweep_table(found)),),
        command=_UNITS,
    )


def _first(found: Sequence[tuple[Platform, ChannelSweep]]) -> list[tuple[Platform, ChannelSweep]]:
    """Whole sweeps over all platforms, as many as one picture holds."""
    by_name: dict[str, list[tuple[Platform, ChannelSweep]]] = {}
    for platform, sweep in found:
        by_name.setdefault(sweep.name, []).append((platform, sweep))
    return list(itertools.chain.from_iterable(by_name.values()))[:_SHOWN_SWEEPS]


def _sweep_table(found: Sequence[tuple[Platform, ChannelSweep]]) -> Grid:
    rows = (
        (sweep.name, str(platform), str(count), seconds_text(unit.seconds.interval()))
        for platform, sweep in found
        for count, unit in sweep.points
        if unit.seconds is not None
    )
    return grid(("sweep", "platform", "channels", "latency [95 %]"), rows, left=2)


def _activations(advice: Mapping[Platform, Advice]) -> Block:
    title = "What activations cost beside ReLU"
    rows = [(name, entry, entry.choice in own.avoided) for name, own in _named(advice) for entry in own.activations]
    if not rows:
        return absent("activations", title, _UNITS)
    bars = [
        Bar(panel="", group=entry.choice, series=name, value=entry.ratio, text=format_ratio(entry.ratio.estimate))
        for name, entry, _ in sorted(rows, key=lambda row: row[1].choice)
    ]
    return Block(
        anchor="activations",
        title=title,
        plot=Plot(
            name="activations",
            caption=(
                "Latency of a convolution with the activation over the same with ReLU, the geometric mean over all sizes"
                " that were measured with both. The dashed line is ReLU. Lines at the ends: 95 % intervals."
            ),
            label="Cost of activations beside ReLU by platform; the numbers are in the table below.",
            draw=lambda canvas: bars_figure(
                bars, Scale(title="latency over that with ReLU", shown=format_ratio), canvas, reference=1.0
            ),
            table=grid(
                ("activation", "platform", "advice", "beside ReLU [95 %]", "sizes"),
                (
                    (entry.choice, name, "avoid" if avoided else "", ratio_text(entry.ratio), str(entry.sizes))
                    for name, entry, avoided in rows
                ),
                left=3,
            ),
        ),
        command=_UNITS,
    )


def _named(advice: Mapping[Platform, Advice]) -> Iterator[tuple[str, Advice]]:
    yield from ((str(platform), own) for platform, own in advice.items())


def _kernels(advice: Mapping[Platform, Advice]) -> Block:
    title = "How latency grows with the kernel"
    rows = [(name, entry, entry.choice in own.nearly_free) for name, own in _named(advice) for entry in own.kernels]
    if not rows:
        return absent("kernels", title, _UNITS)
    usual = Interval(estimate=1.0, low=None, high=None, confidence=1.0)
    lines: dict[tuple[str, str], list[tuple[float, Interval]]] = {}
    for name, entry, _ in rows:
        layer, _, kernel = entry.choice.rpartition(" k")
        lines.setdefault((layer, name), [(float(_USUAL_KERNEL), usual)]).append((float(kernel), entry.ratio))
    edges = sorted({edge for line in lines.values() for edge, _ in line})
    grown = tuple((edge, Interval(estimate=(edge / _USUAL_KERNEL) ** 2, low=None, high=None, confidence=1.0)) for edge in edges)
    curves = [Curve(panel=layer, series=name, style="", points=tuple(sorted(line))) for (layer, name), line in lines.items()]
    curves += [
        Curve(panel=layer, series="", style="operations", points=grown) for layer in dict.fromkeys(key[0] for key in lines)
    ]
    across = Scale(title="edge of the kernel in pixels", shown=lambda edge: f"{edge:g} x {edge:g}")
    up = Scale(title="over a 3 x 3 kernel", shown=format_ratio)
    return Block(
        anchor="kernels",
        title=title,
        plot=Plot(
            name="kernels",
            caption=(
                "Latency over that of the same operator with a 3 x 3 kernel, the geometric mean over all sizes; dashed: how its"
                " operations grow. Bars: 95 % intervals."
            ),
            label="Growth of latency with the kernel by operator and platform; the numbers are in the table below.",
            draw=lambda canvas: curves_figure(curves, across, up, None, canvas),
            table=grid(
                ("kernel", "platform", "advice", "over 3 x 3 [95 %]", "sizes"),
                (
                    (entry.choice, name, "nearly free" if free else "", ratio_text(entry.ratio), str(entry.sizes))
                    for name, entry, free in rows
                ),
                left=3,
            ),
        ),
        command=_UNITS,
    )


def _blocks(by_platform: Mapping[Platform, Units]) -> Block:
    title = "Blocks in each other's place"
    found = list(_placed_blocks(by_platform))
    if not found:
        return absent("blocks", title, _UNITS)
    found.sort(key=lambda entry: (entry[0], entry[2].layer))
    names = list(dict.fromkeys(_place_name(kind) for _, _, kind, _ in found))
    bars: list[Bar] = []
    for name in names:
        own = [
            Bar(
                panel=name,
                group=kind.layer.removesuffix("-block"),
                series=str(platform),
                value=seconds,
                text=format_seconds(seconds.estimate),
            )
            for _, platform, kind, seconds in found
            if _place_name(kind) == name
        ]
        if bars and len(bars) + len(own) > _SHOWN_BARS:
            break
        bars += own
    return Block(
        anchor="blocks",
        title=title,
        plot=Plot(
            name="blocks",
            caption=(
                "Latency of one block, a panel a place: pixels, channels and stride. Bars in one panel could stand in each"
                " other's place. Panels have scales of their own. Lines at the ends: 95 % intervals."
            ),
            label="Latency of blocks by place and platform; the numbers are in the table below.",
            draw=lambda canvas: bars_figure(bars, Scale(title="latency of one block", shown=format_seconds), canvas),
            table=grid(
                ("place", "block", "platform", "latency [95 %]"),
                (
                    (_place_name(kind), kind.layer.removesuffix("-block"), str(platform), seconds_text(seconds))
                    for _, platform, kind, seconds in found
                ),
                left=3,
            ),
        ),
        command=_UNITS,
    )


_PlaceKey = tuple[int, int, int]


def _placed_blocks(
    by_platform: Mapping[Platform, Units],
) -> Iterator[tuple[_PlaceKey, Platform, LayerWorkload, Interval]]:
    for platform, units in by_platform.items():
        for group in places(units):
            for kind in group:
                seconds = units[kind].seconds
                if seconds is not None:
                    yield (kind.stride, -kind.resolution[0], kind.out_channels), platform, kind, seconds.interval()


def _place_name(kind: LayerWorkload) -> str:
    rows, columns = kind.resolution
    stride = "" if kind.stride == 1 else f", stride {kind.stride}"
    return f"{rows} x {columns}, {kind.out_channels} channels{stride}"


def _fastest(advice: Mapping[Platform, Advice]) -> Block:
    """The fastest block for each place, as a table: it has no more than names in it."""
    title = "The fastest block for each place of a network"
    rows = [
        (
            f"{place.pixels}, {place.channels} channels, stride {place.stride}",
            name,
            place.blocks[0][0].removesuffix("-block"),
            ", ".join(
                f"{block.removesuffix('-block')} {format_ratio(own / place.blocks[0][1])}" for block, own in place.blocks[1:]
            ),
            ", ".join(block.removesuffix("-block") for block in place.dominated) or "none",
        )
        for name, own_advice in _named(advice)
        for place in own_advice.places
    ]
    if not rows:
        return absent("fastest", title, _UNITS)
    words = [
        f"{name}: one block a place makes {left:,} networks worth trying of {whole:,}."
        for name, own in _named(advice)
        if own.block_space is not None
        for whole, left in [own.block_space]
    ]
    columns = ("place", "platform", "fastest", "the others, over it", "do less in more time")
    return Block(
        anchor="fastest", title=title, words=tuple(words), tables=(grid(columns, rows, left=len(columns)),), command=_UNITS
    )


def _fusions(advice: Mapping[Platform, Advice]) -> Block:
    title = "What engines make of an activation"
    rows = [
        (entry.layer, name, ", ".join(entry.nodes) or "nothing", ratio_text(entry.ratio), str(entry.sizes))
        for name, own in _named(advice)
        for entry in own.fusions
    ]
    if not rows:
        return absent("fusions", title, _UNITS)
    columns = ("layer", "platform", "executed nodes that it adds", "over the layer alone [95 %]", "sizes")
    return Block(anchor="fusions", title=title, tables=(grid(columns, rows, left=3),), command=_UNITS)


def _roofline(records: RecordSet) -> Block:
    title = "Roofline: how far from what this machine can do"
    if records.peaks is None:
        return absent("roofline", title, _PEAKS, "The set has no peaks of this machine.")
    found = _joined(records, records.peaks)
    if found is None:
        return absent("roofline", title, _PATTERNS, "Nothing of what was measured can be placed under these peaks.")
    counts = {name: sum(entry.backend == name for entry in found.placed) for name in found.roofs}
    most = sorted(counts, key=lambda name: -counts[name])[:_SHOWN_ROOFS]
    shown = dataclasses.replace(
        found,
        roofs={name: roof for name, roof in found.roofs.items() if name in most},
        placed=tuple(entry for entry in found.placed if entry.backend in most),
    )
    order = {name: index for index, name in enumerate(BACKENDS)}
    placed = sorted(found.placed, key=lambda entry: (order[entry.backend], entry.placement.share))
    return Block(
        anchor="roofline",
        title=title,
        words=tuple(map(sentence, omitted_lines(found.omitted))),
        plot=Plot(
            name="roofline",
            caption=(
                "Operations a second over operations a byte, both logarithmic, under the measured peaks: slanted lines are the"
                " bandwidths of levels of memory, the level line is arithmetic. Colour and marker: what a workload is bound by."
            ),
            label="Roofline by backend; every workload with its share of the ceiling is in the table below.",
            draw=lambda canvas: draw_roofline(shown, "", canvas),
            table=grid(
                ("workload", "backend", "bound by", "time", "op/s", "op/B", "ceiling", "share"),
                (
                    (
                        entry.name,
                        entry.backend,
                        entry.placement.bound_text,
                        format_seconds(entry.seconds),
                        format_count(entry.placement.attained),
                        f"{entry.placement.intensity:.3g}",
                        format_count(entry.placement.ceiling),
                        f"{entry.placement.share:.0%}",
                    )
                    for entry in placed
                ),
                left=3,
            ),
        ),
        command=_PEAKS,
    )


_PATTERNS = "pytest benchmarks/ --benchmark-json=DIR/patterns.json"


def _joined(records: RecordSet, peaks: Peaks) -> Roofline | None:
    """What can be placed of each run, as one: networks of one run are held against each other, as they share workers."""
    placed: dict[tuple[str, str], Placed] = {}
    roofs: dict[str, Roof] = {}
    omitted: dict[str, int] = {}
    for run in records.runs:
        try:
            found = roofline(run.records.values(), peaks)
        except RecordFileError:
            continue
        placed.update({(entry.name, entry.backend): entry for entry in found.placed})
        roofs.update(found.roofs)
        for reason, count in found.omitted.items():
            omitted[reason] = omitted.get(reason, 0) + count
    return Roofline(placed=tuple(placed.values()), roofs=roofs, omitted=omitted) if placed else None


def _zoo(records: RecordSet) -> Block:
    title = "The behaviour study's networks"
    named = networks_of(records, BEHAVIOUR)
    if not named:
        return absent("zoo", title, _ZOO)
    return Block(anchor="zoo", title=title, plot=networks_plot("zoo", title, named), command=_ZOO)


def _accuracy(records: RecordSet) -> Block:
    title = "What lower precision costs small networks in accuracy"
    scored = [(entry, entry.score) for entry in records.accuracy if entry.score is not None]
    if not scored:
        return absent("accuracy", title, _ACCURACY)
    rows = [
        (
            entry.network,
            entry.title,
            score.convolutions or "-",
            share_text(score.accuracy),
            points_text(score.drop),
            f"{score.agreement:.1%}",
            f"{score.output_error:.1e}",
        )
        for entry, score in scored
    ]
    columns = ("network", "backend", "convolutions", "accuracy [95 %]", "drop in points [95 %]", "agrees", "error")
    words = (f"{scored[0][0].dataset}: {scored[0][0].images} examples that no training and no quantizer saw.",)
    return Block(anchor="accuracy", title=title, words=words, tables=(grid(columns, rows, left=3),), command=_ACCURACY)


def _every_unit(by_platform: Mapping[Platform, Units]) -> Block:
    title = "Every operator and block"
    rows = [
        (
            kind.id,
            str(platform),
            ", ".join(unit.executed),
            seconds_text(None if unit.seconds is None else unit.seconds.interval()),
        )
        for platform, units in by_platform.items()
        for kind, unit in units.items()
    ]
    if not rows:
        return absent("units", title, _UNITS)
    unresolved = sum(unit.seconds is None for units in by_platform.values() for unit in units.values())
    platforms = "one platform" if len(by_platform) == 1 else f"{len(by_platform)} platforms"
    words = [f"{len(rows)} units on {platforms}; {unresolved} take less than can be resolved."]
    if len(by_platform) > 1:
        ranked = precision_by_layer(by_platform)
        words += [f"{layer}, the fastest platform first: {' < '.join(names)}." for layer, names in ranked.items() if names]
    columns = ("unit", "platform", "executes", "latency [95 %]")
    return Block(
        anchor="units",
        title=title,
        words=tuple(words),
        folded=(Folded(title="Every unit with its latency", table=grid(columns, rows, left=3)),),
        command=_UNITS,
    )
