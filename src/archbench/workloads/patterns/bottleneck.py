"""Bottleneck: pointwise reduce by `ratio`, spatial convolution, pointwise expand. Home: ResNet-50, whose ratio is 4."""

from __future__ import annotations

from archbench.errors import WorkloadError
from archbench.workloads.convolution import Convolution
from archbench.workloads.pattern import Pattern, PatternWorkload


def _unit(workload: PatternWorkload) -> tuple[Convolution, ...]:
    width, kernel, ratio = workload.width, workload.kernel, workload.ratio or 1
    if width % ratio:
        raise WorkloadError(f"bottleneck needs a width that its ratio divides, but got width={width}, ratio={ratio}.")
    inner = width // ratio
    return (
        Convolution(in_channels=width, out_channels=inner, kernel=(1, 1)),
        Convolution(in_channels=inner, out_channels=inner, kernel=(kernel, kernel)),
        Convolution(in_channels=inner, out_channels=width, kernel=(1, 1)),
    )


PATTERN = Pattern(name="bottleneck", home="ResNet-50", unit=_unit, default_ratio=4)
