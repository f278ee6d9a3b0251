"""Copies of an operator side by side: each does its own work, in torch and in the engine."""

import dataclasses
from collections import Counter

import numpy as np
import pytest
import torch
from hypothesis import given, reject, settings
from hypothesis import strategies as st
from torch.utils._python_dispatch import TorchDispatchMode

from archbench.cache import ArtifactCache
from archbench.contracts import Precision, RunSettings, backend_named
from archbench.errors import WorkloadError
from archbench.measurement.artifacts import cost_for, network_for, reference_for
from archbench.measurement.parity import judge
from archbench.models.build import build
from archbench.models.weights import initialise
from archbench.registry import LAYERS
from archbench.workloads.inputs import seeded_input
from archbench.workloads.layer import KERNELS, STRIDES, LayerWorkload

COPIES = 3
CHANNELS_OUT = {"concat": 64, "dense-block": 48}

#: What the engine executes for a network and not for a copy, or to no effect: layouts of input and output, what keeps pixels
#: and puts them together, and other views of the same memory.
ONCE = ("Reorder", "Concatenation", "StridedSlice", "Reshape")
CONCATENATES = ("concat", "mixconv", "dense-block", "shufflenet-v2-block")


def small(name, copies=COPIES):
    return LayerWorkload(
        layer=name,
        in_channels=32,
        out_channels=CHANNELS_OUT.get(name, 32),
        resolution=(1, 1) if name == "linear" else (10, 10),
        copies=copies,
    )


@pytest.mark.parametrize("name", LAYERS)
def test_each_copy_has_an_output_of_its_own_of_order_one(name):
    workload = small(name)
    module = build(workload)
    initialise(module, workload)

    output = module(torch.from_numpy(seeded_input(workload))).numpy()

    channels, _, columns = workload.output_shape
    outputs = 1 if workload.is_stacked else COPIES
    assert output.shape == (1, outputs * channels, 1, min(4, columns))
    parts = np.split(output, outputs, axis=1)
    # The mean of a hundred pixels of noise is a tenth of one.
    scale = 10 if name == "global-pool" else 1
    assert all(0.2 < scale * np.sqrt(np.mean(part**2)) < 10 for part in parts)
    assert all(not np.allclose(parts[0], part, atol=1e-2) for part in parts[1:])


class Joining(TorchDispatchMode):
    """Notes what is put together: the bytes of each tensor, and those of the memory that it keeps from being freed."""

    def __init__(self):
        super().__init__()
        self.parts = []

    def __torch_dispatch__(self, operator, types, args=(), kwargs=None):
        if operator is torch.ops.aten.cat.default:
            self.parts = [(part.nbytes, part.untyped_storage().nbytes()) for part in args[0]]
        return operator(*args, **(kwargs or {}))


@pytest.mark.parametrize("name", ["conv", "depthwise", "max-pool"])
def test_what_is_kept_of_an_output_keeps_nothing_else_of_it(name):
    workload = dataclasses.replace(small(name), resolution=(28, 28))
    with torch.no_grad(), Joining() as joining:
        build(workload)(torch.from_numpy(seeded_input(workload)))

    assert len(joining.parts) == COPIES
    assert all(kept == held for kept, held in joining.parts)


@st.composite
def layers(draw):
    name = draw(st.sampled_from(sorted(LAYERS)))
    resolution = (1, 1) if name == "linear" else (draw(st.integers(1, 24)), draw(st.integers(1, 24)))
    sizes = {"stride": draw(st.sampled_from(STRIDES)), "kernel": draw(st.sampled_from((None, *KERNELS)))}
    channels = {"in_channels": 32, "out_channels": draw(st.sampled_from((32, 48, 64)))}
    try:
        return LayerWorkload(layer=name, resolution=resolution, copies=draw(st.integers(1, 3)), **channels, **sizes)
    except WorkloadError:
        reject()


@settings(max_examples=150, deadline=None)
@given(workload=layers())
def test_a_glance_at_what_the_kept_pixels_depend_on_gives_the_same_pixels(workload):
    module = build(workload)
    initialise(module, workload)
    images = torch.from_numpy(seeded_input(workload)).double()

    whole, glance = module.double()(images), module.glance(images)

    torch.testing.assert_close(glance, whole, rtol=1e-9, atol=1e-9)


def test_a_glance_costs_a_fraction():
    workload = LayerWorkload(layer="conv", in_channels=8, out_channels=8, resolution=(28, 28), copies=2)
    module = build(workload)
    seen = []
    module.units[0].register_forward_hook(lambda _, images, __: seen.append(tuple(images[0].shape)))

    module.glance(torch.zeros(workload.input_shape))

    # The middle row of outputs and the first four columns, each with a neighbour.
    assert seen == [(1, 8, 3, 5)]


def compiled(workload, cache):
    network = network_for(workload, backend_named("openvino-cpu-f32").form, cache)
    model = backend_named("openvino-cpu-f32").load(network, RunSettings(threads=1, isa=None, cache=cache.root))
    model.bind(seeded_input(workload))
    model.run()
    return model


@pytest.mark.parametrize("name", LAYERS)
def test_the_engine_shares_and_folds_no_work_between_copies(name, tmp_path):
    cache = ArtifactCache(tmp_path)
    few, many = (compiled(small(name, copies), cache) for copies in (2, COPIES))

    parity = judge(many.output(), reference_for(small(name), cache), Precision.F32, cost_for(small(name), cache).layers)
    assert parity.holds and parity.has_teeth
    fewer, more = (Counter(line.split()[0] for line in model.executed_graph()) for model in (few, many))
    assert {kind: more[kind] - fewer[kind] for kind in fewer if kind not in ONCE} == {
        kind: count / 2 for kind, count in fewer.items() if kind not in ONCE
    }
    assert more["Concatenation"] - fewer["Concatenation"] == (name in CONCATENATES)
