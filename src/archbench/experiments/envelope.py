"""What units of a layer take here by their cost alone, and how far beyond that the slowest of them lie.

Deliberately blind to kernels: a shape for which the engine falls back to a slow one is what stands out. Seconds are a sum over
a unit's fixed cost, its operations and its memory access (behaviour study, Table 3), by least squares of relative errors
without negative prices, layer by layer.
"""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from archbench.cost.units import unit_cost
from archbench.experiments.units import Units
from archbench.stats.nonnegative import least_squares
from archbench.workloads.layer import LayerWorkload

#: Fewer units of a layer leave its prices open.
MIN_UNITS = 8

#: The share of the measured units that the envelope holds: one of them may have been disturbed.
_HELD = 0.95

#: How many times the dearest measured unit a unit may be worth.
_MOST = 2.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Envelope:
    """Prices of one layer's units.

    Args:
        once: seconds of a unit, whatever its shape.
        operation: seconds of one.
        byte: seconds of one of memory access.
        slowest: measured over expected seconds of all but the slowest twentieth of the units, at least 1.
        measured: seconds of the units that it was learnt from.
    """

    once: float
    operation: float
    byte: float
    slowest: float
    measured: Mapping[LayerWorkload, float]

    def covers(self, kind: LayerWorkload) -> bool:
        """Whether a unit is worth as much as measured ones: what cheaper ones pay for being a unit at all is not known."""
        return min(self.measured.values()) <= self.expected(kind) <= _MOST * max(self.measured.values())

    def expected(self, kind: LayerWorkload) -> float:
        """Seconds of a unit by its cost."""
        cost = unit_cost(kind)
        return self.once + self.operation * cost.operations + self.byte * cost.memory_access_bytes

    def yardstick(self, kind: LayerWorkload) -> LayerWorkload:
        """The measured unit that is held beside `kind` where time drifts: usual for its cost, and of about as many seconds."""
        usual = sorted(self.measured, key=lambda other: abs(math.log(self.measured[other] / self.expected(other))))
        return min(
            usual[: max(1, len(usual) // 2)], key=lambda other: abs(math.log(self.measured[other] / self.expected(kind)))
        )


def envelopes(units: Units) -> dict[str, Envelope]:
    """The envelope of every layer of which at least MIN_UNITS were measured on a platform."""
    layers: dict[str, dict[LayerWorkload, float]] = defaultdict(dict)
    for kind, unit in units.items():
        if unit.seconds is not None:
            layers[kind.layer][kind] = math.exp(unit.seconds.value)
    return {layer: _envelope(measured) for layer, measured in layers.items() if len(measured) >= MIN_UNITS}


def _envelope(measured: Mapping[LayerWorkload, float]) -> Envelope:
    seconds = np.array(list(measured.values()))
    costs = [unit_cost(kind) for kind in measured]
    rows = np.array([(1.0, cost.operations, cost.memory_access_bytes) for cost in costs])
    prices = least_squares(rows / seconds[:, None], np.ones(len(seconds)))
    return Envelope(
        once=float(prices[0]),
        operation=float(prices[1]),
        byte=float(prices[2]),
        slowest=max(1.0, float(np.quantile(seconds / (rows @ prices), _HELD))),
        measured=measured,
    )
