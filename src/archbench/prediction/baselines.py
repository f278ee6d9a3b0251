"""What a predictor must beat: latency by operations alone, and the sum of a network's operators as if nothing were fused."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence

import numpy as np

from archbench.contracts import Kernel, Lowering
from archbench.prediction.features import macs_of
from archbench.prediction.predictor import Platform, Predictor
from archbench.prediction.training import train
from archbench.prediction.units import Measured, networks_of, units_of
from archbench.stats.nonnegative import least_squares
from archbench.workloads.drawn import DrawnWorkload
from archbench.workloads.layer import LayerWorkload

#: Layers of the study that are one operator, or one behind another that has a price of its own.
_SINGLE = (
    "conv",
    "depthwise",
    "dilated",
    "group",
    "linear",
    "max-pool",
    "mean-pool",
    "global-pool",
    "add",
    "multiply",
    "concat",
    "shuffle",
)

#: Operators that go through their values one by one, whatever they make of them.
_ELEMENTWISE = "Elementwise"
_KEPT = (
    "Convolution",
    "GroupConvolution",
    "MatMul",
    "MaxPool",
    "AvgPool",
    "ReduceMean",
    "Concat",
    "Transpose",
    "StridedSlice",
    "Slice",
    "VariadicSplit",
    "Split",
    "Pad",
)

#: Operators that say how the values lie, and touch none.
_NOTHING = ("Reshape", "Squeeze", "Unsqueeze", "ShapeOf", "Flatten")


def operators_of(lowering: Lowering) -> list[Kernel]:
    """The operators as given; one with a constant beside it, a bias or a normalisation, belongs to the one before it."""
    found = []
    for kernel in lowering.given:
        if kernel.kind in _KEPT:
            found.append(kernel)
        elif kernel.kind not in _NOTHING and not kernel.weights:
            found.append(dataclasses.replace(kernel, kind=_ELEMENTWISE))
    return found


def operator_sum(platform: Platform, measured: Sequence[Measured]) -> Predictor:
    """Prices of operators, learnt from the records of single ones without an activation and of drawn networks.

    Raises:
        RecordFileError, UsageError: as `train`.
    """
    learnt, networks = (entries(platform, measured, operators_of) for entries in (units_of, networks_of))
    return train(platform, [entry for entry in learnt if _is_plain(entry.workload)], networks)


def _is_plain(workload: LayerWorkload | DrawnWorkload) -> bool:
    return isinstance(workload, LayerWorkload) and workload.layer in _SINGLE and workload.activation is None


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Operations:
    """A call's seconds, and those of a multiply-accumulate."""

    call: float
    mac: float

    def predict(self, kernels: Sequence[Kernel]) -> float:
        """Seconds of an inference."""
        return self.call + self.mac * sum(map(macs_of, kernels))


def operations_alone(platform: Platform, measured: Sequence[Measured]) -> Operations:
    """Least squares of relative errors over the drawn networks, or units if there are none, without negative seconds."""
    rows = []
    for entry in networks_of(platform, measured) or units_of(platform, measured):
        macs = sum(count * macs_of(kernel) for kernel, count in entry.kernels)
        rows.append((entry.calls / entry.seconds, macs / entry.seconds))
    call, mac = least_squares(np.array(rows), np.ones(len(rows)))
    return Operations(call=float(call), mac=float(mac))
