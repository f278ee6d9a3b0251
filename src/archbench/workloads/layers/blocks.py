"""The blocks of the behaviour study (Tang et al., MLSys 2021, Table 1), each as in the paper that brought it."""

from __future__ import annotations

from archbench.errors import WorkloadError
from archbench.workloads.layer import Layer, LayerWorkload
from archbench.workloads.unit import (
    INPUT,
    Activation,
    Chain,
    Conv,
    GlobalPool,
    How,
    Join,
    Pool,
    Shuffle,
    Take,
    Unit,
    chain,
)

EXPANSION = 6
REDUCTION = 4
GROUPS = 4

#: DenseNet's bottleneck is this many times its growth.
_DENSE_BOTTLENECK = 4

_RELU = Activation.RELU


def normalised(out_channels: int, *, kernel: int = 1, stride: int = 1, groups: int = 1) -> Conv:
    """A convolution with batch normalisation."""
    return Conv(out_channels=out_channels, kernel=kernel, stride=stride, groups=groups, normalised=True)


def _depthwise(channels: int, workload: LayerWorkload) -> Conv:
    return normalised(channels, kernel=workload.edge, stride=workload.stride, groups=channels)


def _keeps_shape(workload: LayerWorkload) -> bool:
    return workload.stride == 1 and workload.in_channels == workload.out_channels


def _mobilenet_v1(workload: LayerWorkload) -> Unit:
    return chain(_depthwise(workload.in_channels, workload), _RELU, normalised(workload.out_channels), _RELU)


def inverted(
    in_channels: int,
    out_channels: int,
    *,
    kernel: int,
    stride: int,
    expansion: int = EXPANSION,
    activation: Activation = Activation.RELU6,
    attention: bool = False,
) -> Unit:
    """Expand, convolve depthwise, weigh the channels if asked to, project; added to the input where the shapes agree."""
    wide = in_channels * expansion
    weigh = (_squeeze_and_excitation(wide, max(1, in_channels // REDUCTION)),) if attention else ()
    depthwise = normalised(wide, kernel=kernel, stride=stride, groups=wide)
    body = chain(normalised(wide), activation, depthwise, activation, *weigh, normalised(out_channels))
    keeps_shape = stride == 1 and in_channels == out_channels
    return Join(how=How.ADD, branches=(body, INPUT)) if keeps_shape else body


def _squeeze_and_excitation(channels: int, middle: int) -> Join:
    """Hu et al. 2018; as in MnasNet with a quarter of the block's width in the middle and a sigmoid at the end."""
    weights = chain(GlobalPool(), Conv(out_channels=middle), _RELU, Conv(out_channels=channels), Activation.SIGMOID)
    return Join(how=How.MULTIPLY, branches=(INPUT, weights))


def _shufflenet_v1(workload: LayerWorkload) -> Unit:
    """At stride 2 the input is pooled and put beside the rest, which makes the channels more."""
    beside = 0 if workload.stride == 1 else workload.in_channels
    own = workload.out_channels - beside
    middle = workload.out_channels // REDUCTION
    if workload.stride == 1:
        _require_same_channels(workload)
    if own < 1 or middle % GROUPS or own % GROUPS or workload.in_channels % GROUPS:
        raise WorkloadError(
            f"shufflenet-v1 needs channels that {GROUPS} groups divide, a quarter of the output's too, and at stride 2 "
            f"more out than in, but got in_channels={workload.in_channels}, out_channels={workload.out_channels}."
        )
    body = chain(
        normalised(middle, groups=GROUPS),
        _RELU,
        Shuffle(groups=GROUPS),
        _depthwise(middle, workload),
        normalised(own, groups=GROUPS),
    )
    if workload.stride == 1:
        return chain(Join(how=How.ADD, branches=(body, INPUT)), _RELU)
    return chain(Join(how=How.CONCAT, branches=(body, Pool(largest=False, kernel=3, stride=2))), _RELU)


def _shufflenet_v2(workload: LayerWorkload) -> Unit:
    """At stride 1 half of the channels pass by; at stride 2 both branches see them all."""
    if workload.out_channels % 2 or (workload.stride == 1 and not _keeps_shape(workload)):
        raise WorkloadError(
            "shufflenet-v2 needs an even number of channels and keeps it at stride 1, but got "
            f"in_channels={workload.in_channels}, out_channels={workload.out_channels}."
        )
    half = workload.out_channels // 2
    tail = (_depthwise(half, workload), normalised(half), _RELU)
    if workload.stride == 1:
        left: Unit = Take(start=0, stop=half)
        right = chain(Take(start=half, stop=2 * half), normalised(half), _RELU, *tail)
    else:
        left = chain(_depthwise(workload.in_channels, workload), normalised(half), _RELU)
        right = chain(normalised(half), _RELU, *tail)
    return chain(Join(how=How.CONCAT, branches=(left, right)), Shuffle(groups=2))


def _dense(workload: LayerWorkload) -> Unit:
    """A layer of DenseNet's: what it grows by is put beside its input."""
    growth = workload.out_channels - workload.in_channels
    if growth < 1 or workload.stride != 1:
        raise WorkloadError(
            "dense needs stride 1 and more channels out than in, but got "
            f"in_channels={workload.in_channels}, out_channels={workload.out_channels}, stride={workload.stride}."
        )
    body = chain(normalised(_DENSE_BOTTLENECK * growth), _RELU, normalised(growth, kernel=workload.edge), _RELU)
    return Join(how=How.CONCAT, branches=(INPUT, body))


def _residual(workload: LayerWorkload) -> Unit:
    out, kernel = workload.out_channels, workload.edge
    body = chain(normalised(out, kernel=kernel, stride=workload.stride), _RELU, normalised(out, kernel=kernel))
    return chain(Join(how=How.ADD, branches=(body, _shortcut(workload))), _RELU)


def _bottleneck(workload: LayerWorkload) -> Unit:
    middle = max(1, workload.out_channels // REDUCTION)
    body = chain(
        normalised(middle),
        _RELU,
        normalised(middle, kernel=workload.edge, stride=workload.stride),
        _RELU,
        normalised(workload.out_channels),
    )
    return chain(Join(how=How.ADD, branches=(body, _shortcut(workload))), _RELU)


def _shortcut(workload: LayerWorkload) -> Chain | Conv:
    return INPUT if _keeps_shape(workload) else normalised(workload.out_channels, stride=workload.stride)


def _require_same_channels(workload: LayerWorkload) -> None:
    if workload.in_channels != workload.out_channels:
        raise WorkloadError(
            f"{workload.layer} keeps its channels at stride 1, but got in_channels={workload.in_channels}, "
            f"out_channels={workload.out_channels}."
        )


def _plain(workload: LayerWorkload) -> Unit:
    return inverted(workload.in_channels, workload.out_channels, kernel=workload.edge, stride=workload.stride)


def _weighing(workload: LayerWorkload) -> Unit:
    return inverted(workload.in_channels, workload.out_channels, kernel=workload.edge, stride=workload.stride, attention=True)


MOBILENET_V1 = Layer(name="mobilenet-v1-block", home="MobileNetV1", unit=_mobilenet_v1, stacks=True)
MOBILENET_V2 = Layer(name="mobilenet-v2-block", home="MobileNetV2", unit=_plain, stacks=True)
MOBILENET_V2_SE = Layer(name="mobilenet-v2-se-block", home="MnasNet", unit=_weighing, stacks=True)
SHUFFLENET_V1 = Layer(name="shufflenet-v1-block", home="ShuffleNetV1", unit=_shufflenet_v1, stacks=True)
SHUFFLENET_V2 = Layer(name="shufflenet-v2-block", home="ShuffleNetV2", unit=_shufflenet_v2, stacks=True)
DENSE = Layer(name="dense-block", home="DenseNet", unit=_dense)
RESIDUAL = Layer(name="residual-block", home="ResNet-18", unit=_residual, stacks=True)
BOTTLENECK = Layer(name="bottleneck-block", home="ResNet-50", unit=_bottleneck, stacks=True)
