"""What a predictor must beat: latency by operations alone, and the sum of a network's operators as if nothing were fused."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence

import numpy as np
from scipy.optimize import nnls

from archbench.contracts import Kernel, Lowering
from archbench.prediction.features import macs_of
from archbench.prediction.predictor import Platform, Predictor
from archbench.prediction.training import train
from archbench.prediction.units import Measured, units_of

#: Layers of the study that are one operator, or one behind another that has a price of its own.
_SINGLE = (
    "conv",
    "depthwise",
    "dilated",
    "group",
    "linear",
    "max-pool",
    "mean-pool",
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
    """Prices of operators, learnt from the records of single ones without an activation.

    Raises:
        RecordFileError, UsageError: as `train`.
    """
    learnt = units_of(measured, operators_of)
    alone = [entry for entry in learnt if entry.workload.layer in _SINGLE and entry.workload.activation is None]
    return train(platform, alone)


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Operations:
    """A call's seconds, and those of a multiply-accumulate."""

    call: float
    mac: float

    def predict(self, kernels: Sequence[Kernel]) -> float:
        """Seconds of an inference."""
        return self.call + self.mac * sum(map(macs_of, kernels))


def operations_alone(measured: Sequence[Measured]) -> Operations:
    """Least squares of relative errors over the records, without negative seconds."""
    rows = []
    for entry in units_of(measured):
        macs = sum(count * macs_of(kernel) for kernel, count in entry.kernels)
        rows.append((entry.calls / entry.seconds, macs / 1e6 / entry.seconds))
    (call, mac), _ = nnls(np.array(rows), np.ones(len(rows)))
    return Operations(call=float(call), mac=float(mac) / 1e6)
