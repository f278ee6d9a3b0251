"""Factorized convolution: 1 x kernel, then kernel x 1, each normalised and rectified. Home: Inception-V3."""

from __future__ import annotations

from archbench.workloads.convolution import Convolution
from archbench.workloads.pattern import Pattern, PatternWorkload


def _unit(workload: PatternWorkload) -> tuple[Convolution, ...]:
    width, kernel = workload.width, workload.kernel
    return (
        Convolution(in_channels=width, out_channels=width, kernel=(1, kernel)),
        Convolution(in_channels=width, out_channels=width, kernel=(kernel, 1)),
    )


PATTERN = Pattern(name="factorized", home="Inception-V3", unit=_unit)
