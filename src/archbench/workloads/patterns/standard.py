"""Standard spatial convolution: one dense kernel x kernel convolution. Home: VGG."""

from __future__ import annotations

from archbench.workloads.convolution import Convolution
from archbench.workloads.pattern import Pattern, PatternWorkload


def _unit(workload: PatternWorkload) -> tuple[Convolution, ...]:
    width, kernel = workload.width, workload.kernel
    return (Convolution(in_channels=width, out_channels=width, kernel=(kernel, kernel)),)


PATTERN = Pattern(name="standard", home="VGG", unit=_unit)
