"""Depthwise separable: depthwise spatial convolution, then pointwise, each normalised and rectified. Home: MobileNetV1."""

from __future__ import annotations

from archbench.workloads.convolution import Convolution
from archbench.workloads.pattern import Pattern, PatternWorkload


def _unit(workload: PatternWorkload) -> tuple[Convolution, ...]:
    width, kernel = workload.width, workload.kernel
    return (
        Convolution(in_channels=width, out_channels=width, kernel=(kernel, kernel), groups=width),
        Convolution(in_channels=width, out_channels=width, kernel=(1, 1)),
    )


PATTERN = Pattern(name="depthwise-separable", home="MobileNetV1", unit=_unit)
