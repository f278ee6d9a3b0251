"""What a pattern or keyword-spotting network costs, by formula, without building it.

Conventions. MACs count the multiply-accumulates of convolutions and linear layers, one per weight and output element, padding
included. FLOPs = 2 x MACs; batch normalisation and activations are left out, as every runtime folds them into the convolution.
Parameters include biases and the two learned vectors of each batch normalisation. Bytes are those of float32. Memory access is
what each of these layers must at least read and write once: input, weights, output (behaviour study, Table 3).
"""

from __future__ import annotations

import math
from dataclasses import dataclass

from archbench.workloads.convolution import Convolution
from archbench.workloads.kws import CLASSES, KwsWorkload
from archbench.workloads.pattern import PatternWorkload

BYTES_PER_ELEMENT = 4


@dataclass(frozen=True, slots=True, kw_only=True)
class Cost:
    """Cost of one inference of the whole batch.

    `layers` counts convolutions and linear layers; `intensity` is FLOPs per byte of memory access.
    """

    layers: int
    macs: int
    flops: int
    parameters: int
    weight_bytes: int
    activation_bytes: int
    memory_access_bytes: int
    intensity: float


def convolution_macs(convolution: Convolution, *, batch: int, pixels: int) -> int:
    """Batch x pixels x out x (in / groups) x rows x columns."""
    return batch * pixels * convolution.weights


def cost_by_formula(workload: PatternWorkload | KwsWorkload) -> Cost:
    """The cost of `workload`, without building it.

    `activation_bytes` is the sum of all outputs of these layers; `weight_bytes` those of their weights alone.
    """
    return _pattern_cost(workload) if isinstance(workload, PatternWorkload) else _kws_cost(workload)


def _kws_cost(workload: KwsWorkload) -> Cost:
    """The units and the classifier."""
    batch, layers, features = workload.batch, workload.layers, workload.units[-1].filters
    elements = [layer.unit.filters * math.prod(layer.outputs) for layer in layers]
    weights = sum(layer.weights for layer in layers) + features * CLASSES
    inputs = [layer.in_channels * math.prod(layer.inputs) for layer in layers]
    return assemble(
        layers=len(layers) + 1,
        macs=batch * (sum(layer.macs for layer in layers) + features * CLASSES),
        weights=weights,
        parameters=weights + CLASSES + sum(2 * layer.unit.filters for layer in layers),
        inputs=batch * (sum(inputs) + features),
        outputs=batch * (sum(elements) + CLASSES),
    )


def _pattern_cost(workload: PatternWorkload) -> Cost:
    batch = workload.batch
    pixels = workload.resolution[0] * workload.resolution[1]
    return assemble(
        layers=len(workload.convolutions),
        macs=workload.depth * sum(convolution_macs(c, batch=batch, pixels=pixels) for c in workload.unit),
        weights=workload.depth * sum(c.weights for c in workload.unit),
        parameters=workload.depth * sum(c.weights + 2 * c.out_channels for c in workload.unit),
        inputs=workload.depth * sum(batch * pixels * c.in_channels for c in workload.unit),
        outputs=workload.depth * sum(batch * pixels * c.out_channels for c in workload.unit),
    )


def assemble(*, layers: int, macs: int, weights: int, parameters: int, inputs: int, outputs: int) -> Cost:
    """A Cost from element counts summed over convolutions and linear layers."""
    memory_access_bytes = BYTES_PER_ELEMENT * (inputs + weights + outputs)
    return Cost(
        layers=layers,
        macs=macs,
        flops=2 * macs,
        parameters=parameters,
        weight_bytes=BYTES_PER_ELEMENT * weights,
        activation_bytes=BYTES_PER_ELEMENT * outputs,
        memory_access_bytes=memory_access_bytes,
        intensity=2 * macs / memory_access_bytes if memory_access_bytes else 0.0,
    )
