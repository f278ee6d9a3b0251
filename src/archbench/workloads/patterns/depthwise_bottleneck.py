"""Depthwise bottleneck: pointwise reduce by `ratio`, depthwise, pointwise expand. Home: MobileNetV2, in its reducing form.

The form/function paper lists this pattern beside the bottleneck, calls it one, and finds that it gains most from acceleration
(550 %). Read as the bottleneck with its spatial convolution made depthwise, same ratio and same rectification, it differs from
pattern (iii) in exactly that, and gains most here too. MobileNetV2's own block widens instead; that reading is kept as
`inverted-bottleneck`, and gains far less here (METHODOLOGY, "Which depthwise bottleneck").
"""

from __future__ import annotations

from archbench.errors import WorkloadError
from archbench.workloads.convolution import Convolution
from archbench.workloads.pattern import Pattern, PatternWorkload


def _unit(workload: PatternWorkload) -> tuple[Convolution, ...]:
    width, kernel, ratio = workload.width, workload.kernel, workload.ratio or 1
    if width % ratio:
        raise WorkloadError(f"depthwise-bottleneck needs a width that its ratio divides, but got width={width}, ratio={ratio}.")
    inner = width // ratio
    return (
        Convolution(in_channels=width, out_channels=inner, kernel=(1, 1)),
        Convolution(in_channels=inner, out_channels=inner, kernel=(kernel, kernel), groups=inner),
        Convolution(in_channels=inner, out_channels=width, kernel=(1, 1)),
    )


PATTERN = Pattern(name="depthwise-bottleneck", home="MobileNetV2", unit=_unit, default_ratio=4)
