"""Depthwise bottleneck: pointwise expand by `ratio`, depthwise, linear pointwise back. Home: MobileNetV2, whose ratio is 6.

The expanding (inverted) form is taken, not a reducing one, because the form/function paper names MobileNetV2 as the network
built on this pattern; there `width` is the narrow side, as it is what passes between units. As in that network the last
convolution is normalised but not rectified. `ratio` 1 gives the form without expansion.
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


PATTERN = Pattern(name="depthwise-bottleneck", home="MobileNetV2", unit=_unit, default_ratio=6)
