"""What an engine makes of an activation behind a convolution: part of it, or work of its own (behaviour study, section 4)."""

from __future__ import annotations

import dataclasses
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from archbench.experiments.behaviour import latency_ratio, typical
from archbench.experiments.units import Measured, Units
from archbench.records.interval import Interval
from archbench.stats.estimate import LogEstimate
from archbench.workloads.behaviour import ACTIVATIONS


@dataclass(frozen=True, slots=True, kw_only=True)
class Fusion:
    """A layer with an activation beside the layer alone.

    Args:
        layer: with its activation, as in `conv relu`.
        nodes: kinds of executed nodes that the activation adds somewhere; none where it became part of the layer's kernel or
            where the engine does not tell.
        ratio: latency over that of the layer alone.
        sizes: that were compared.
    """

    layer: str
    nodes: tuple[str, ...]
    ratio: Interval
    sizes: int


def fusions(units: Units) -> Iterator[Fusion]:
    """Every activation behind every layer that was also measured alone."""
    for layer in dict.fromkeys(kind.layer for kind in units if kind.activation is not None):
        for activation in ACTIVATIONS:
            pairs = [
                (measured, units[alone], ratio)
                for kind, measured in units.items()
                if (kind.layer, kind.activation) == (layer, activation)
                if (alone := dataclasses.replace(kind, activation=None)) in units
                if (ratio := latency_ratio(units, kind, alone)) is not None
            ]
            if pairs:
                yield _fusion(f"{layer} {activation}", pairs)


def _fusion(name: str, pairs: Sequence[tuple[Measured, Measured, LogEstimate]]) -> Fusion:
    added = {node for with_it, without, _ in pairs for node in _added(with_it.executed, without.executed)}
    ratio = typical([ratio for _, _, ratio in pairs]).interval()
    return Fusion(layer=name, nodes=tuple(sorted(added)), ratio=ratio, sizes=len(pairs))


def _added(executed: Sequence[str], alone: Sequence[str]) -> Iterator[str]:
    """Kinds of nodes of which one unit has more with the activation than without, if it has more nodes at all.

    Some engines name a node after what is fused into it, so that another kind in the place of one is no work of its own.
    """
    more = _kinds(executed)
    more.subtract(_kinds(alone))
    if more.total() > 0:
        yield from (kind for kind, count in more.items() if count > 0)


def _kinds(executed: Sequence[str]) -> Counter[str]:
    """Whole nodes of a unit by kind, whatever their kernel: another kernel of the same kind is no work of its own."""
    counts: Counter[str] = Counter()
    for node in executed:
        number, kind, *_ = node.split()
        counts[kind] += int(float(number))
    return counts
