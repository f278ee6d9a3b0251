"""Parity must have teeth: planted faults are caught, rounding is not."""

import copy

import numpy as np
import pytest
import torch

from archbench.backends.openvino_conversion import ir_from_onnx
from archbench.backends.openvino_cpu_f32 import OPENVINO_CPU_F32
from archbench.cache import ArtifactCache
from archbench.contracts import Network, Precision, RunSettings
from archbench.measurement.artifacts import load_module, reference_for
from archbench.measurement.parity import Reference, agree, check, judge, judged_images, tolerance_of
from archbench.models.onnx_export import export_onnx
from archbench.workloads.grids import SIX
from archbench.workloads.inputs import seeded_input
from archbench.workloads.pattern import PatternWorkload


@pytest.fixture(scope="module")
def cache(cache_root):
    return ArtifactCache(cache_root)


def verdict_on(module, workload, cache, folder):
    """Parity of `module`, run by OpenVINO, against the true network's reference."""
    export_onnx(module, workload.input_shape, folder / "model.onnx")
    ir_from_onnx(folder / "model.onnx", folder / "model.xml")
    network = Network(module=None, files={".xml": folder / "model.xml", ".bin": folder / "model.bin"}, digest=str(folder))
    model = OPENVINO_CPU_F32.load(network, RunSettings(threads=1, isa=None, cache=cache.root))
    model.bind(seeded_input(workload))
    model.run()
    return check(model.output(), reference_for(workload, cache), tolerance_of(Precision.F32, len(workload.convolutions)))


def layers_of(module, kind):
    return [index for index, layer in enumerate(module) if isinstance(layer, kind)]


def wrong_weight(module):
    """One weight of the middle convolution is off by a standard deviation."""
    convolutions = layers_of(module, torch.nn.Conv2d)
    weight = module[convolutions[len(convolutions) // 2]].weight
    rows, columns = weight.shape[2:]
    weight[0, 0, rows // 2, columns // 2] += weight.std()


def dropped_relu(module):
    """The middle rectification does nothing."""
    rectifications = layers_of(module, torch.nn.ReLU)
    module[rectifications[len(rectifications) // 2]] = torch.nn.Identity()


def swapped_channels(module):
    """Two output channels of the middle convolution change places."""
    convolutions = layers_of(module, torch.nn.Conv2d)
    weight = module[convolutions[len(convolutions) // 2]].weight
    weight[[0, 1]] = weight[[1, 0]].clone()


@pytest.mark.parametrize(
    ("depth", "fault"),
    [
        *((2, fault) for fault in (wrong_weight, dropped_relu, swapped_channels)),
        (50, wrong_weight),
        *(pytest.param(50, fault, marks=pytest.mark.slow) for fault in (dropped_relu, swapped_channels)),
    ],
)
@pytest.mark.parametrize("pattern", SIX)
def test_planted_faults_are_caught(pattern, depth, fault, cache, tmp_path):
    workload = PatternWorkload(pattern=pattern, depth=depth, width=32, resolution=(14, 11))
    module = copy.deepcopy(load_module(workload, cache))
    fault(module)

    parity = verdict_on(module, workload, cache, tmp_path)

    assert not parity.holds
    assert parity.error > 2 * parity.tolerance
    assert parity.has_teeth


@pytest.mark.parametrize("pattern", SIX)
def test_the_true_network_passes_with_reserve(pattern, cache, tmp_path):
    workload = PatternWorkload(pattern=pattern, depth=50, width=32, resolution=(14, 11))

    parity = verdict_on(load_module(workload, cache), workload, cache, tmp_path)

    assert parity.error < parity.tolerance / 2
    assert parity.has_teeth


def test_the_error_is_the_largest_deviation_over_the_rms():
    reference = Reference(outputs=np.array([[3.0, -4.0]]), other=np.array([[0.0, 0.0]]))

    parity = check(np.array([[3.0, -4.5]], dtype=np.float32), reference, tolerance=0.2)

    assert parity.error == pytest.approx(0.5 / np.sqrt(12.5))
    assert parity.sensitivity == pytest.approx(1.0)
    assert parity.holds


@pytest.mark.parametrize("value", [np.nan, np.inf])
def test_a_value_that_is_not_finite_never_passes(value):
    reference = Reference(outputs=np.ones((1, 2)), other=np.zeros((1, 2)))

    assert not check(np.array([[1.0, value]], dtype=np.float32), reference, tolerance=1e9).holds


def test_an_output_of_another_shape_never_passes():
    reference = Reference(outputs=np.ones((1, 2)), other=np.zeros((1, 2)))

    assert not check(np.ones((1, 3), dtype=np.float32), reference, tolerance=1e9).holds


def test_a_constant_network_has_no_teeth():
    reference = Reference(outputs=np.ones((1, 2)), other=np.ones((1, 2)) + 1e-6)

    assert not check(np.ones((1, 2), dtype=np.float32), reference, tolerance=1.0).has_teeth


@pytest.mark.parametrize(("batch", "judged"), [(1, [0]), (2, [0, 1]), (5, [0, 4])])
def test_the_first_and_the_last_image_are_judged(batch, judged):
    images = np.arange(batch, dtype=np.float32).reshape(batch, 1, 1, 1)

    assert judged_images(images).ravel().tolist() == judged


def test_agreement_counts_positions_of_the_same_largest_channel():
    exact = np.zeros((2, 3, 1, 2))
    exact[:, 0] = 2.0
    output = exact.astype(np.float32)
    output[1, 2, 0, 1] = 3.0  # one of four positions

    found = agree(output, exact)

    assert (found.images, found.top1) == (2, 0.75)
    # One deviation of 3 among 12 values; a third of the values are 2.
    assert found.error == pytest.approx(np.sqrt(9 / 12) / np.sqrt(4 / 3))
    assert agree(exact[:, :, 0, 0].astype(np.float32), exact[:, :, 0, 0]).top1 == 1.0


@pytest.mark.parametrize("precision", [Precision.BF16, Precision.I8])
def test_a_low_precision_may_be_half_as_far_away_as_another_input(precision):
    generator = np.random.default_rng(0)
    exact, other = generator.standard_normal((2, 1, 1000))
    reference = Reference(outputs=exact, other=other)

    def parity(deviation):
        return judge((exact + deviation).astype(np.float32), reference, precision, 50)

    noise = generator.standard_normal((1, 1000))
    assert parity(0.6 * noise).holds
    assert parity(0.6 * noise).error == pytest.approx(0.6, rel=0.1)
    assert not parity(0.9 * noise).holds
    # A network that computes something else is as far away as another input.
    assert not parity(other - exact).holds
    assert parity(np.full((1, 1000), np.nan)).error == float("inf")
    assert not judge(exact.astype(np.float32) + 0.1, reference, Precision.F32, 50).holds
