"""What an operator or a block costs, by formula (behaviour study, Tang et al., MLSys 2021, Table 3, and its like).

Operations are two a multiply-accumulate, and one for each element that an activation, a sum or a product writes and for each
value that a pool looks at; moving data costs none. Memory access is what each operator must at least read and write once, in
float32: inputs, weights, output. Batch normalisation is folded into the convolution before it, as its bias.
"""

from __future__ import annotations

import functools
import math
from dataclasses import dataclass

from archbench.cost.formulas import BYTES_PER_ELEMENT, Cost, assemble
from archbench.workloads.drawn import DrawnWorkload
from archbench.workloads.layer import LayerWorkload
from archbench.workloads.unit import Activation, Conv, GlobalPool, How, Join, Linear, Pool, Step, Take, Unit, steps_of


@dataclass(frozen=True, slots=True, kw_only=True)
class UnitCost:
    """Cost of one unit for the whole batch.

    `reuse` is operations per byte of memory access.
    """

    operations: int
    macs: int
    parameters: int
    memory_access_bytes: int

    @property
    def reuse(self) -> float:
        """Operations per byte."""
        return self.operations / self.memory_access_bytes


@functools.lru_cache(maxsize=2**16)
def unit_cost(workload: LayerWorkload) -> UnitCost:
    """The cost of one copy of `workload`."""
    steps = list(steps_of(workload.unit, workload.unit_shape))
    parameters = sum(_weights(step) + _biases(step) for step in steps)
    elements = sum(_read(step) + math.prod(step.output) for step in steps)
    return UnitCost(
        operations=workload.batch * sum(_operations(step) for step in steps),
        macs=workload.batch * sum(_macs(step) for step in steps),
        parameters=parameters,
        memory_access_bytes=BYTES_PER_ELEMENT * (workload.batch * elements + parameters),
    )


def tree_cost(workload: LayerWorkload | DrawnWorkload) -> Cost:
    """The cost of the whole network by the conventions of `archbench.cost.formulas`: of its weighted layers alone."""
    copies = workload.copies if isinstance(workload, LayerWorkload) else 1
    steps = [step for step in steps_of(workload.unit, workload.unit_shape) if isinstance(step.unit, Conv | Linear)]
    images = copies * workload.batch
    return assemble(
        layers=copies * len(steps),
        macs=images * sum(_macs(step) for step in steps),
        weights=copies * sum(_weights(step) for step in steps),
        parameters=copies * sum(_weights(step) + _learned_vectors(step.unit) for step in steps),
        inputs=images * sum(_read(step) for step in steps),
        outputs=images * sum(math.prod(step.output) for step in steps),
    )


def _operations(step: Step) -> int:
    written = math.prod(step.output)
    match step.unit:
        case Conv() | Linear():
            return 2 * _macs(step)
        case Pool(kernel=kernel):
            return written * kernel**2
        case GlobalPool():
            return _read(step)
        case Activation() | Join(how=How.ADD | How.MULTIPLY):
            return written
    return 0


def _macs(step: Step) -> int:
    match step.unit:
        case Conv(kernel=kernel, groups=groups):
            return math.prod(step.output) * (step.inputs[0][0] // groups) * kernel**2
        case Linear():
            return math.prod(step.output) * step.inputs[0][0]
    return 0


def _weights(step: Step) -> int:
    match step.unit:
        case Conv(out_channels=out, kernel=kernel, groups=groups):
            return out * (step.inputs[0][0] // groups) * kernel**2
        case Linear(out_channels=out):
            return out * step.inputs[0][0]
    return 0


def _biases(step: Step) -> int:
    return step.unit.out_channels if isinstance(step.unit, Conv | Linear) else 0


def _learned_vectors(unit: Unit) -> int:
    """Elements beside the weights: a bias, or the two vectors of a normalisation."""
    match unit:
        case Conv(out_channels=out, normalised=True):
            return 2 * out
        case Conv(out_channels=out) | Linear(out_channels=out):
            return out
    return 0


def _read(step: Step) -> int:
    if isinstance(step.unit, Take):
        return math.prod(step.output)
    return sum(math.prod(shape) for shape in step.inputs)
