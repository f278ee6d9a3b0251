"""What eager torch executes: operators in order with their shapes, and no more or less work than the formulas have."""

from pathlib import Path

import torch
from hypothesis import given
from torch import nn

from archbench.backends.torch_operators import lower
from archbench.contracts import Network, RunSettings
from archbench.cost.formulas import cost_by_formula
from archbench.models.build import build
from archbench.prediction.features import macs_of
from tests.strategies import workloads


def kernels_of(module, shape):
    network = Network(module=module.eval(), files={}, digest="")
    return lower(network, shape, RunSettings(threads=1, isa=None, cache=Path())).executed


class Small(nn.Module):
    """A convolution in groups with all that may stand behind one, a sum, and a classifier."""

    def __init__(self):
        super().__init__()
        self.convolution = nn.Conv2d(4, 8, 3, stride=2, padding=1, groups=2, bias=False)
        self.norm, self.activation, self.pool = nn.BatchNorm2d(8), nn.ReLU(inplace=True), nn.MaxPool2d(3, 2, 1)
        self.classifier = nn.Linear(8, 5)

    def forward(self, images):
        found = self.activation(self.norm(self.convolution(images)))
        found = self.pool(found + found)
        return self.classifier(torch.flatten(found.mean(dim=(2, 3)), 1))


def test_every_operator_is_a_kernel_in_its_place():
    found = kernels_of(Small(), (2, 4, 16, 12))

    kinds = [kernel.kind for kernel in found]
    assert kinds[0] == "GroupConvolution"
    assert [kind for kind in kinds if "norm" in kind]
    assert kinds[2:] == ["relu", "add", "max_pool2d_with_indices", "mean", "MatMul"]
    convolution, _, relu, _, pool, mean, matrix = found
    assert convolution.inputs == ((2, 4, 16, 12),)
    assert convolution.weights == ((8, 2, 3, 3),)
    assert convolution.outputs == ((2, 8, 8, 6),)
    assert (convolution.window, convolution.stride, convolution.groups) == ((3, 3), 2, 2)
    assert relu.weights == ()
    assert (pool.window, pool.stride) == ((3, 3), 2)
    assert mean.outputs == ((2, 8),)
    assert matrix.outputs == ((2, 5),)
    assert macs_of(matrix) == 2 * 8 * 5


@given(workloads())
def test_work_is_that_of_the_formulas(workload):
    found = kernels_of(build(workload), workload.input_shape)

    assert sum(map(macs_of, found)) == cost_by_formula(workload).macs
    assert sum(kernel.kind.endswith("onvolution") for kernel in found) == cost_by_formula(workload).layers


def test_every_run_gives_the_same():
    assert kernels_of(Small(), (1, 4, 8, 8)) == kernels_of(Small(), (1, 4, 8, 8))
