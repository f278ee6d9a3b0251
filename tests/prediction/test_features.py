"""Features of kernels that a real engine would execute."""

import pytest

from archbench.contracts import Kernel
from archbench.errors import UnknownNameError
from archbench.measurement.lowering import lowerings
from archbench.prediction.features import FEATURES, WORK, family_of, features_of, macs_of, work_of
from archbench.workloads.case import Case
from archbench.workloads.layer import LayerWorkload
from tests.prediction.planted import conv

OPENVINO = "openvino-cpu-f32"


def lowered(cache_root, layer, **sizes):
    workload = LayerWorkload(layer=layer, resolution=(14, 14), **sizes)
    ((_, lowering),) = lowerings([Case(workload=workload, backend=OPENVINO)], cache_root)
    return lowering


@pytest.fixture(scope="module")
def inverted(cache_root):
    return lowered(cache_root, "mobilenet-v2-block", in_channels=16, out_channels=16)


def named(features, *names):
    return [round(float(features[FEATURES.index(name)]), 3) for name in names]


def test_what_is_fused_is_no_kernel_of_its_own(inverted):
    convolutions = [kernel for kernel in inverted.executed if kernel.kind == "Convolution"]

    assert len(convolutions) == 3
    assert [kernel.groups for kernel in convolutions] == [1, 96, 1]
    assert [kernel.window for kernel in convolutions] == [(1, 1), (3, 3), (1, 1)]
    assert [kernel.outputs for kernel in convolutions] == [((1, 96, 14, 14),), ((1, 96, 14, 14),), ((1, 16, 14, 14),)]
    # A clamp behind the first two, which the engine does with them.
    assert [len(kernel.fused) for kernel in convolutions[:2]] == [1, 1]
    assert {kernel.kind for kernel in inverted.given} >= {"Convolution", "GroupConvolution", "Minimum"}
    assert "Minimum" not in {kernel.kind for kernel in inverted.executed}


def test_multiply_accumulates_are_those_of_the_formula(inverted):
    expand, depthwise, project = (kernel for kernel in inverted.executed if kernel.kind == "Convolution")

    assert macs_of(expand) == macs_of(project) == 14 * 14 * 16 * 96
    assert macs_of(depthwise) == 14 * 14 * 96 * 9
    assert sum(map(macs_of, inverted.given)) == sum(map(macs_of, inverted.executed))


def test_stride_and_activation_are_read(cache_root):
    kernels = lowered(cache_root, "conv", in_channels=8, out_channels=24, stride=2, activation="swish").executed
    (convolution,) = (kernel for kernel in kernels if kernel.kind == "Convolution")

    assert convolution.fused == ("Swish",)
    assert named(features_of(convolution), "stride", "window", "curved", "out_fill_16") == [2, 9, 1, 0.75]


def test_a_fully_connected_layer_has_its_weights(cache_root):
    workload = LayerWorkload(layer="linear", in_channels=32, out_channels=10, resolution=(1, 1))
    ((_, lowering),) = lowerings([Case(workload=workload, backend=OPENVINO)], cache_root)

    assert [macs_of(kernel) for kernel in lowering.executed if kernel.kind == "FullyConnected"] == [320]


def test_work_counts_whole_vectors():
    half_filled, filled = work_of(conv(16, 8, 14)), work_of(conv(16, 16, 14))

    assert half_filled[WORK.index("vector_macs")] == filled[WORK.index("vector_macs")]
    assert half_filled[WORK.index("bytes_out")] == filled[WORK.index("bytes_out")] / 2


def test_a_reorder_is_priced_by_its_layouts():
    there = Kernel(kind="Reorder", implementation="jit_f32", layout="abcd>acdb")
    back = Kernel(kind="Reorder", implementation="jit_f32", layout="acdb>abcd")

    assert family_of(there) != family_of(back)
    assert family_of(conv(3, 8, 14)) == "Convolution brgconv_avx512_f32"


def test_a_kernel_without_shapes_has_features():
    assert len(features_of(Kernel(kind="Odd"))) == len(FEATURES)
    assert work_of(Kernel(kind="Odd"))[0] == 1


def test_a_backend_that_does_not_tell_is_one_line(cache_root):
    workload = LayerWorkload(layer="linear", in_channels=32, out_channels=10, resolution=(1, 1))
    with pytest.raises(UnknownNameError, match="unknown backend that tells what it executes 'ncnn'"):
        list(lowerings([Case(workload=workload, backend="ncnn")], cache_root))
