"""The keyword-spotting network as a module: its shape, and its cost by formula against counts."""

import dataclasses

import numpy as np
import pytest
import torch
from hypothesis import given, settings

from archbench.cache import ArtifactCache
from archbench.cost.counting import count_cost
from archbench.cost.formulas import cost_by_formula
from archbench.measurement.artifacts import cost_for, reference_for
from archbench.models.build import build
from archbench.records.record import MIN_SENSITIVITY
from archbench.workloads.kws import NAMED, KwsWorkload, operations
from tests.strategies import kws_networks


@settings(max_examples=15)
@given(kws_networks())
def test_the_formula_equals_the_count(workload):
    workload = dataclasses.replace(workload, batch=1 + workload.batch % 2)
    counted = count_cost(build(workload).to("meta"), workload.input_shape)

    found = cost_by_formula(workload)

    # An even kernel's input is padded by a layer before it, whose zeros the count takes for input.
    same = ("layers", "macs", "parameters", "weight_bytes", "activation_bytes")
    assert [getattr(found, name) for name in same] == [getattr(counted, name) for name in same]
    if all(size % 2 for unit in workload.units for size in unit.kernel):
        assert found == counted


@pytest.mark.parametrize("name", NAMED)
def test_flops_are_the_papers_operations_and_the_classifier(name):
    workload = KwsWorkload.named(name)

    assert cost_by_formula(workload).flops == operations(workload) + 2 * workload.units[-1].filters * 10


def test_the_seed_gives_ten_numbers_a_second_of_speech():
    workload = KwsWorkload.named("kws-seed", batch=3)

    assert build(workload)(torch.zeros(workload.input_shape)).shape == (3, 10)


@pytest.mark.parametrize("name", ["kws-seed", "kws12"])
def test_weights_are_seeded_and_the_output_depends_on_the_input(name, cache_root):
    cache = ArtifactCache(cache_root)
    workload = KwsWorkload.named(name)
    reference = reference_for(workload, cache)

    assert reference.outputs.shape == (1, 10)
    assert np.isfinite(reference.outputs).all()
    assert reference.sensitivity > MIN_SENSITIVITY
    assert cost_for(workload, cache) == cost_by_formula(workload)
