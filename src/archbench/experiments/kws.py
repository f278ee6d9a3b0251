"""Claims of the search paper (Anderson et al. 2020, arXiv 2001.02976), section V, Figures 5 and 6, on measured networks."""

from __future__ import annotations

import itertools
import math
from collections.abc import Iterator, Sequence

from archbench.experiments.claim import Claim, Finding, Point, compare, settle, show
from archbench.report.kws import Entry, follows_operations, gain, series
from archbench.stats.estimate import CONFIDENCE
from archbench.workloads.kws import KwsWorkload


def every_found_network_is_faster(points: tuple[Point, ...]) -> Finding:
    """On every backend each network's speedup over the seed lies at or above 1."""
    return settle(part for entries in _series(points) if (part := _gains(entries)) is not None)


def _gains(entries: Sequence[Entry]) -> tuple[bool | None, str] | None:
    """Whether every network of a backend is faster, with the least and the most gain; None without the seed."""
    gains = sorted(
        ((found, entry.workload.family) for entry in entries if (found := gain(entry, entries)) is not None),
        key=lambda pair: pair[0].estimate,
    )
    if not gains:
        return None
    truths = {compare(found.bounded, 1.0) for found, _ in gains}
    extremes = " to ".join(f"{show(found)} ({family})" for found, family in dict.fromkeys((gains[0], gains[-1])))
    return min(truths, key=(False, None, True).index), f"{entries[0].case.backend}: {len(gains)} networks, {extremes}"


def operations_do_not_tell_latency(points: tuple[Point, ...]) -> Finding:
    """On every backend some network with fewer operations than another surely takes longer.

    It does not hold where on some backend each of two neighbours in operations is surely in order.
    """
    return settle((_is_shuffled(entries), _evidence(entries)) for entries in _series(points) if len(entries) > 1)


def _is_shuffled(entries: Sequence[Entry]) -> bool | None:
    """True if a cheaper network is surely slower, false if every cheaper one is surely faster, else None."""
    if next(_surprises(entries), None) is not None:
        return True
    ordered = all(_ratio(dearer, cheaper)[0] > 1 for dearer, cheaper in itertools.pairwise(entries))
    return False if ordered else None


def _surprises(entries: Sequence[Entry]) -> Iterator[tuple[Entry, Entry]]:
    """(dearer, cheaper) of which the cheaper in operations surely takes longer, the most operations apart first."""
    pairs = [
        (dearer, cheaper)
        for dearer, cheaper in itertools.combinations(entries, 2)
        if dearer.operations > cheaper.operations and _ratio(dearer, cheaper, math.comb(len(entries), 2))[1] < 1
    ]
    yield from sorted(pairs, key=lambda pair: pair[1].operations / pair[0].operations)


def _ratio(dearer: Entry, cheaper: Entry, looks: int = 1) -> tuple[float, float]:
    """Bounds of the latency of the one over that of the other, wider where it is one of many looks (Bonferroni)."""
    return dearer.latency.over(cheaper.latency).interval(1 - (1 - CONFIDENCE) / looks).bounded


def _evidence(entries: Sequence[Entry]) -> str:
    coefficient = follows_operations(entries)
    known = "" if coefficient is None else f" rank correlation {coefficient.estimate:+.2f} [{_bounds(coefficient.bounded)}],"
    pairs = list(_surprises(entries))
    if not pairs:
        return f"{entries[0].case.backend}:{known} no cheaper network surely slower"
    dearer, cheaper = pairs[0]
    share = cheaper.operations / dearer.operations
    return (
        f"{entries[0].case.backend}:{known} {len(pairs)} pairs surely in the wrong order, such as {cheaper.workload.family}"
        f" with {share:.2f} of the operations of {dearer.workload.family}"
    )


def _bounds(bounds: tuple[float, float]) -> str:
    return ", ".join(f"{value:+.2f}" for value in bounds)


def _series(points: tuple[Point, ...]) -> list[list[Entry]]:
    return series(point.record for point in points)


_SOURCE = "search paper, section V, Figures 5 and 6"
CLAIMS = (
    Claim(
        name="kws-front-is-faster",
        source=_SOURCE,
        statement="Every network that the search found is faster than the seed, on every backend.",
        judge=every_found_network_is_faster,
        of=KwsWorkload,
    ),
    Claim(
        name="kws-operations-do-not-tell-latency",
        source=_SOURCE,
        statement="The mapping from operations to latency is not one to one: some network with fewer operations takes longer.",
        judge=operations_do_not_tell_latency,
        of=KwsWorkload,
    ),
)
