"""Inverted bottleneck: pointwise expand by `ratio`, depthwise, linear pointwise back. Home: MobileNetV2, whose ratio is 6.

Not one of the form/function paper's six: it is the other reading of "depthwise bottleneck" (see that file) and is here so that
both can be measured. `width` is the narrow side, as it is what passes between units; as in MobileNetV2 the last convolution is
normalised but not rectified. `ratio` 1 gives the form without expansion.
"""

from __future__ import annotations

from archbench.workloads.convolution import Convolution
from archbench.workloads.pattern import Pattern, PatternWorkload


def _unit(workload: PatternWorkload) -> tuple[Convolution, ...]:
    width, kernel = workload.width, workload.kernel
    inner = width * (workload.ratio or 1)
    return (
        Convolution(in_channels=width, out_channels=inner, kernel=(1, 1)),
        Convolution(in_channels=inner, out_channels=inner, kernel=(kernel, kernel), groups=inner),
        Convolution(in_channels=inner, out_channels=width, kernel=(1, 1), relu=False),
    )


PATTERN = Pattern(name="inverted-bottleneck", home="MobileNetV2", unit=_unit, default_ratio=6)
