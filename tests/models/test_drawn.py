"""Drawn networks as modules: classifiers whose output depends on the image and keeps its size."""

import numpy as np
import pytest
import torch

from archbench.models.build import build
from archbench.models.weights import initialise
from archbench.workloads.drawn import DrawnWorkload
from archbench.workloads.inputs import seeded_input
from archbench.workloads.unit import steps_of


@pytest.mark.parametrize("number", [1, 32])
def test_an_image_becomes_a_score_for_each_class(number):
    workload = DrawnWorkload(number=number, batch=2)
    module = build(workload)
    initialise(module, workload)

    output = module(torch.from_numpy(seeded_input(workload))).numpy()

    *_, last = steps_of(workload.unit, workload.unit_shape)
    assert output.shape == (2, last.output[0])
    assert 0.01 < np.sqrt(np.mean(output**2)) < 10
    assert not np.allclose(output[0], output[1], atol=1e-3)
