"""What a workload costs, by formula, without building it.

Conventions. MACs count the multiply-accumulates of convolutions, one per kernel tap and output element, padding included.
FLOPs = 2 x MACs; batch normalisation and activations are left out, as every runtime folds them into the convolution.
Parameters include the two learned vectors of each batch normalisation. Bytes are those of float32. Memory access is what each
convolution must at least read and write once: input, weights, output (behaviour study, Table 3).
"""

from __future__ import annotations

from dataclasses import dataclass

from archbench.workloads.convolution import Convolution
from archbench.workloads.pattern import PatternWorkload

BYTES_PER_ELEMENT = 4


@dataclass(frozen=True, slots=True, kw_only=True)
class Cost:
    """Cost of one inference of the whole batch. `intensity` is FLOPs per byte of memory access."""

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


def cost_of(workload: PatternWorkload) -> Cost:
    """The cost of `workload`.

    `activation_bytes` is the sum of all convolution outputs; `weight_bytes` those of convolution weights alone.
    """
    batch = workload.batch
    pixels = workload.resolution[0] * workload.resolution[1]
    return assemble(
        macs=workload.depth * sum(convolution_macs(c, batch=batch, pixels=pixels) for c in workload.unit),
        weights=workload.depth * sum(c.weights for c in workload.unit),
        normalisation_parameters=workload.depth * sum(2 * c.out_channels for c in workload.unit),
        inputs=workload.depth * sum(batch * pixels * c.in_channels for c in workload.unit),
        outputs=workload.depth * sum(batch * pixels * c.out_channels for c in workload.unit),
    )


def assemble(*, macs: int, weights: int, normalisation_parameters: int, inputs: int, outputs: int) -> Cost:
    """A Cost from element counts summed over the convolutions."""
    memory_access_bytes = BYTES_PER_ELEMENT * (inputs + weights + outputs)
    return Cost(
        macs=macs,
        flops=2 * macs,
        parameters=weights + normalisation_parameters,
        weight_bytes=BYTES_PER_ELEMENT * weights,
        activation_bytes=BYTES_PER_ELEMENT * outputs,
        memory_access_bytes=memory_access_bytes,
        intensity=2 * macs / memory_access_bytes,
    )
