"""Grouped: one kernel x kernel convolution in `groups` groups. Home: ResNeXt, here without the pointwise pair around it.

The default of 8 groups divides every width of the grids and stays between AlexNet's 2 and ResNeXt's 32.
"""

from __future__ import annotations

from archbench.errors import WorkloadError
from archbench.workloads.convolution import Convolution
from archbench.workloads.pattern import Pattern, PatternWorkload


def _unit(workload: PatternWorkload) -> tuple[Convolution, ...]:
    width, kernel, groups = workload.width, workload.kernel, workload.groups or 1
    if width % groups:
        raise WorkloadError(f"grouped needs a width that its groups divide, but got width={width}, groups={groups}.")
    return (Convolution(in_channels=width, out_channels=width, kernel=(kernel, kernel), groups=groups),)


PATTERN = Pattern(name="grouped", home="ResNeXt", unit=_unit, default_groups=8)
