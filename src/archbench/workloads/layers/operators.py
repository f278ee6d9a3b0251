"""The operators of the behaviour study (Tang et al., MLSys 2021, Table 1).

Convolutions and the fully connected layer stand alone, with a bias in the place of a normalisation, which every engine folds.
The operators without weights stand behind a 3 x 3 depthwise convolution: copies of them on one input would be one and the same
work, and what an engine fuses into the convolution before it, it fuses inside a network too.
Batch normalisation stands there, too.
"""

from __future__ import annotations

import dataclasses

from archbench.errors import WorkloadError
from archbench.workloads.layer import Layer, LayerWorkload
from archbench.workloads.unit import INPUT, Activation, Conv, GlobalPool, How, Join, Linear, Pool, Shuffle, Take, Unit, chain

DILATION = 2
GROUPS = 4

#: Kernels of MixConv's parts (Tan and Le 2019), each of as many channels.
MIXED = (3, 5, 7)

_CONTEXT = "depthwise"
_CONTEXT_KERNEL = 3


def _activated(unit: Unit, workload: LayerWorkload) -> Unit:
    return unit if workload.activation is None else chain(unit, Activation(workload.activation))


def _convolution(workload: LayerWorkload, *, groups: int = 1, dilation: int = 1) -> Unit:
    for name, channels in (("in_channels", workload.in_channels), ("out_channels", workload.out_channels)):
        if channels % groups:
            raise WorkloadError(f"{workload.layer} needs {name} that {groups} groups divide, but got {name}={channels}.")
    unit = Conv(
        out_channels=workload.out_channels,
        kernel=workload.edge,
        stride=workload.stride,
        groups=groups,
        dilation=dilation,
    )
    return _activated(unit, workload)


def _depthwise(workload: LayerWorkload) -> Unit:
    _require_same_channels(workload)
    return _convolution(workload, groups=workload.in_channels)


def _mixed(workload: LayerWorkload) -> Unit:
    """The channels in equal parts, the first one taking what is left over, each convolved depthwise with its own kernel."""
    _require_same_channels(workload)
    _require(workload, kernel=max(MIXED))
    part, over = divmod(workload.in_channels, len(MIXED))
    if not part:
        raise WorkloadError(f"mixconv needs at least {len(MIXED)} channels, but got in_channels={workload.in_channels}.")
    branches, start = [], 0
    for index, kernel in enumerate(MIXED):
        stop = start + part + (over if index == 0 else 0)
        depthwise = Conv(out_channels=stop - start, kernel=kernel, stride=workload.stride, groups=stop - start)
        branches.append(chain(Take(start=start, stop=stop), depthwise))
        start = stop
    return _activated(Join(how=How.CONCAT, branches=tuple(branches)), workload)


def _linear(workload: LayerWorkload) -> Unit:
    _require(workload, kernel=1, stride=1)
    if workload.resolution != (1, 1):
        raise WorkloadError(f"linear works on one pixel, but got resolution={workload.resolution}.")
    return _activated(Linear(out_channels=workload.out_channels), workload)


def _pool(workload: LayerWorkload, *, largest: bool) -> Unit:
    _require_same_channels(workload)
    return chain(_before(workload), Pool(largest=largest, kernel=workload.edge, stride=workload.stride))


def _batch_norm(workload: LayerWorkload) -> Unit:
    """In the place of the convolution's bias."""
    _require(workload, kernel=1, stride=1)
    _require_same_channels(workload)
    return dataclasses.replace(_before(workload), normalised=True)


def _global_pool(workload: LayerWorkload) -> Unit:
    _require(workload, kernel=1, stride=1)
    _require_same_channels(workload)
    return chain(_before(workload), GlobalPool())


def _join(workload: LayerWorkload, how: How) -> Unit:
    """The convolution before it and the input itself."""
    _require(workload, kernel=1, stride=1)
    if how is not How.CONCAT:
        _require_same_channels(workload)
    elif workload.out_channels != 2 * workload.in_channels:
        raise WorkloadError(
            f"concat doubles its channels, but got in_channels={workload.in_channels}, out_channels={workload.out_channels}."
        )
    return Join(how=how, branches=(_before(workload), INPUT))


def _shuffle(workload: LayerWorkload) -> Unit:
    _require(workload, kernel=1, stride=1)
    _require_same_channels(workload)
    if workload.in_channels % GROUPS:
        raise WorkloadError(f"shuffle needs channels that {GROUPS} groups divide, but got {workload.in_channels}.")
    return chain(_before(workload), Shuffle(groups=GROUPS))


def _before(workload: LayerWorkload) -> Conv:
    return Conv(out_channels=workload.in_channels, kernel=_CONTEXT_KERNEL, groups=workload.in_channels)


def _require_same_channels(workload: LayerWorkload) -> None:
    if workload.in_channels != workload.out_channels:
        raise WorkloadError(
            f"{workload.layer} keeps its channels, but got in_channels={workload.in_channels}, "
            f"out_channels={workload.out_channels}."
        )


def _require(workload: LayerWorkload, **fixed: int) -> None:
    for name, value in fixed.items():
        if getattr(workload, name) != value:
            raise WorkloadError(f"{workload.layer} has {name}={value} alone, but got {name}={getattr(workload, name)}.")


def _dilated(workload: LayerWorkload) -> Unit:
    return _convolution(workload, dilation=DILATION)


def _group(workload: LayerWorkload) -> Unit:
    return _convolution(workload, groups=GROUPS)


def _max_pool(workload: LayerWorkload) -> Unit:
    return _pool(workload, largest=True)


def _mean_pool(workload: LayerWorkload) -> Unit:
    return _pool(workload, largest=False)


def _add(workload: LayerWorkload) -> Unit:
    return _join(workload, How.ADD)


def _multiply(workload: LayerWorkload) -> Unit:
    return _join(workload, How.MULTIPLY)


def _concat(workload: LayerWorkload) -> Unit:
    return _join(workload, How.CONCAT)


CONV = Layer(name="conv", home="every network", unit=_convolution, activates=True)
DEPTHWISE = Layer(name="depthwise", home="MobileNetV1", unit=_depthwise, activates=True, keeps_channels=True)
DILATED = Layer(name="dilated", home="DeepLab", unit=_dilated, activates=True)
GROUP = Layer(name="group", home="ResNeXt", unit=_group, activates=True)
MIXCONV = Layer(name="mixconv", home="MixNet", unit=_mixed, kernel=max(MIXED), activates=True, keeps_channels=True, stacks=True)
LINEAR = Layer(name="linear", home="classifiers", unit=_linear, kernel=1, activates=True)
MAX_POOL = Layer(name="max-pool", home="ResNet", unit=_max_pool, context=_CONTEXT, keeps_channels=True)
MEAN_POOL = Layer(name="mean-pool", home="ShuffleNetV1", unit=_mean_pool, context=_CONTEXT, keeps_channels=True)
BATCH_NORM = Layer(name="batch-norm", home="Inception v2", unit=_batch_norm, kernel=1, context=_CONTEXT, keeps_channels=True)
GLOBAL_POOL = Layer(
    name="global-pool", home="Network in Network", unit=_global_pool, kernel=1, context=_CONTEXT, keeps_channels=True
)
ADD = Layer(name="add", home="ResNet", unit=_add, kernel=1, context=_CONTEXT, keeps_channels=True, stacks=True)
MULTIPLY = Layer(name="multiply", home="SENet", unit=_multiply, kernel=1, context=_CONTEXT, keeps_channels=True)
CONCAT = Layer(name="concat", home="DenseNet", unit=_concat, kernel=1, context=_CONTEXT)
SHUFFLE = Layer(name="shuffle", home="ShuffleNet", unit=_shuffle, kernel=1, context=_CONTEXT, keeps_channels=True)
