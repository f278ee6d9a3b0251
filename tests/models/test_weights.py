"""Deep networks whose output still says something."""

import numpy as np
import pytest
import torch

from archbench.models.build import build
from archbench.models.weights import initialise
from archbench.registry import PATTERNS
from archbench.workloads.inputs import seeded_input
from archbench.workloads.pattern import PatternWorkload


def deep(pattern, resolution=(28, 28)):
    return PatternWorkload(pattern=pattern, depth=50, width=64, resolution=resolution)


def initialised(workload):
    module = build(workload)
    initialise(module, workload)
    return module


@pytest.mark.parametrize("pattern", PATTERNS)
def test_fifty_units_give_an_output_of_order_one_that_depends_on_the_input(pattern):
    workload = deep(pattern)
    module = initialised(workload)

    first, second = (module(torch.from_numpy(seeded_input(workload, stream=stream))).numpy() for stream in (0, 1))

    rms = np.sqrt(np.mean(first**2))
    assert 0.3 < rms < 10
    assert np.sqrt(np.mean((first - second) ** 2)) > 0.1 * rms


@pytest.mark.parametrize("pattern", PATTERNS)
def test_no_activation_of_fifty_units_is_denormal(pattern):
    workload = deep(pattern)
    smallest = []

    def observe(_layer, _inputs, output):
        magnitudes = output.abs()
        smallest.append(magnitudes[magnitudes > 0].min().item())

    module = initialised(workload)
    for layer in module:
        layer.register_forward_hook(observe)
    module(torch.from_numpy(seeded_input(workload)))

    assert min(smallest) > torch.finfo(torch.float32).tiny


@pytest.mark.parametrize("pattern", PATTERNS)
def test_a_single_pixel_is_enough(pattern):
    workload = deep(pattern, resolution=(1, 1))

    output = initialised(workload)(torch.from_numpy(seeded_input(workload)))

    assert torch.isfinite(output).all()
    assert 0.3 < output.square().mean().sqrt() < 10


def test_weights_are_the_same_at_each_build():
    workload = PatternWorkload(pattern="grouped", depth=2, width=16)

    first, second = (initialised(workload).state_dict() for _ in range(2))

    assert all(torch.equal(first[name], second[name]) for name in first)


def test_default_initialisation_would_not_do():
    workload = deep("standard")
    torch.manual_seed(0)
    module = build(workload)

    first, second = (module(torch.from_numpy(seeded_input(workload, stream=stream))) for stream in (0, 1))

    assert (first - second).square().mean().sqrt() < 1e-6
