"""Search: the front that a search found, and how fast the keyword-spotting networks are here."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping, Sequence

from archbench.pages.findings import Judged, evidence_section
from archbench.pages.record_set import RecordSet
from archbench.pages.shown import absent, sentence
from archbench.records.search import SearchRecord
from archbench.report.bars_figure import Bar, bars_figure
from archbench.report.curves_figure import Scale
from archbench.report.kws import Entry, follows_operations, gain, series
from archbench.report.numbers import ratio_text, seconds_text
from archbench.report.plot import Block, Folded, Plot, Section, grid
from archbench.report.search import cost_text, front_cells, front_columns, trials_told, units_of
from archbench.report.search_figure import draw_search
from archbench.units import format_ratio, format_seconds
from archbench.workloads.ids import parse_workload

_SEARCH = "archbench search kws --out DIR/search"
_KWS = "pytest benchmarks/ -k kws --benchmark-json=DIR/kws.json"


def search_section(records: RecordSet, judged: Sequence[Judged]) -> Section:
    """Every search of the set, and the measured networks."""
    title = "The front of a search, beside its seed"
    fronts = [_front(index, search) for index, search in enumerate(records.searches)]
    # The last search is the one that is judged.
    anchored = [dataclasses.replace(block, anchor="front") if block is fronts[-1] else block for block in fronts]
    blocks = (*(anchored or [absent("front", title, _SEARCH)]), _measured(records))
    return evidence_section("search", "Search", blocks, records, judged)


def _front(index: int, record: SearchRecord) -> Block:
    name = f"search-{index + 1}"
    return Block(
        anchor=name,
        title=f"The front of {record.study}, beside its seed",
        words=(f"Data: {record.dataset}.", *map(sentence, trials_told(record))),
        plot=Plot(
            name=name,
            caption=(
                "Accuracy against cost, a panel an objective. Dots: trials, after the short training, on the validation part."
                " With 95 % intervals: what was trained in full, on the test part. The band is the seed's interval: what"
                " reaches it is as accurate."
            ),
            label=f"Front of the search {record.study} beside its seed; the numbers are in the table below.",
            draw=lambda canvas: draw_search(record, canvas),
            table=grid(
                ("network", "units", *front_columns(record)),
                (
                    (parse_workload(entry.workload).family, " ".join(units_of(entry.workload)), *front_cells(entry, record))
                    for entry in (record.seed, *record.front)
                ),
                left=2,
            ),
        ),
        folded=(
            Folded(
                title="Every trial",
                table=grid(
                    ("trial", "network", "state", "accuracy", *record.objectives),
                    (
                        (
                            str(trial.number),
                            trial.workload,
                            "stopped early" if trial.stopped else "whole",
                            f"{trial.accuracy:.1%}",
                            *(cost_text(objective, trial.costs[objective]) for objective in record.objectives),
                        )
                        for trial in record.trials
                    ),
                    left=3,
                ),
            ),
        ),
        command=_SEARCH,
    )


def _measured(records: RecordSet) -> Block:
    title = "Keyword-spotting networks, measured"
    found = [entries for entries in series(records.timed.values()) if (entries[0].setting[1:]) == (1, 1, None)]
    if not found:
        return absent("kws", title, _KWS)
    accuracies = {
        entry.workload: entry.accuracy.estimate
        for search in records.searches
        for entry in (search.seed, *search.tuned, *search.front)
    }
    bars = [
        Bar(
            panel=entry.case.backend,
            group=entry.workload.family,
            series="",
            value=entry.latency.interval(),
            text=_written(entry, entries, accuracies),
        )
        for entries in found
        for entry in entries
    ]
    rows = [
        (
            entry.workload.family,
            entry.case.backend,
            f"{entry.operations / 1e6:.1f}",
            seconds_text(entry.latency.interval()),
            ratio_text(gain(entry, entries)),
            _accuracy(entry, accuracies) or "-",
        )
        for entries in found
        for entry in entries
    ]
    words = [
        f"On {entries[0].case.backend} latency follows operations with a rank correlation of {coefficient.estimate:+.2f}"
        f" [{low:+.2f}, {high:+.2f}] over {len(entries)} networks."
        for entries in found
        if (coefficient := follows_operations(entries)) is not None
        for low, high in [coefficient.bounded]
    ]
    columns = ("network", "backend", "million operations", "latency [95 %]", "speedup over the seed [95 %]", "accuracy")
    return Block(
        anchor="kws",
        title=title,
        words=tuple(words),
        plot=Plot(
            name="kws",
            caption=(
                "Latency of one second of speech, a panel a backend, networks in the order of falling operations. Written on a"
                " bar: what it takes, how many times as fast as the seed it is, and its accuracy where a search of this set"
                " trained it. Lines at the ends: 95 % intervals."
            ),
            label="Latency of keyword-spotting networks by backend; the numbers are in the table below.",
            draw=lambda canvas: bars_figure(bars, Scale(title="latency of one second of speech", shown=format_seconds), canvas),
            table=grid(columns, rows, left=2),
        ),
        command=_KWS,
    )


def _written(entry: Entry, entries: Sequence[Entry], accuracies: Mapping[str, float]) -> str:
    faster = gain(entry, entries)
    said = [format_seconds(entry.latency.interval().estimate)]
    said += [] if faster is None else [format_ratio(faster.estimate)]
    said += [shown] if (shown := _accuracy(entry, accuracies)) else []
    return ", ".join(said)


def _accuracy(entry: Entry, accuracies: Mapping[str, float]) -> str:
    return f"{accuracies[entry.workload.id]:.1%}" if entry.workload.id in accuracies else ""
