"""Artifacts through the cache: two routes, one result; workers that need no torch get none."""

import os
import subprocess
import sys

import numpy as np
import pytest
import torch

from archbench.backends.openvino_cpu_f32 import OPENVINO_CPU_F32
from archbench.cache import ArtifactCache
from archbench.contracts import RunSettings
from archbench.measurement import origins
from archbench.measurement.artifacts import load_module, network_for, onnx_file, reference_for
from archbench.measurement.origins import OnnxOrigin, Route
from archbench.workloads.grids import SIX
from archbench.workloads.inputs import seeded_input
from archbench.workloads.pattern import PatternWorkload
from tests.onnx_models import whole


@pytest.fixture(scope="module")
def cache(cache_root):
    return ArtifactCache(cache_root)


def openvino_model(workload, cache, route):
    model = OPENVINO_CPU_F32.load(
        network_for(workload, OPENVINO_CPU_F32.form, cache, route), RunSettings(threads=1, isa=None, cache=cache.root)
    )
    model.bind(seeded_input(workload))
    model.run()
    return model


def kernels(model):
    """Kind, kernel, precision and layout of each executed node; names of the original layers differ by route."""
    return [line.split(" <- ")[0] for line in model.executed_graph()]


@pytest.mark.parametrize("pattern", SIX)
def test_both_routes_execute_the_same_kernels_and_agree(pattern, cache):
    workload = PatternWorkload(pattern=pattern, depth=3, width=16, resolution=(9, 7), batch=2)

    onnx, direct = (openvino_model(workload, cache, route) for route in (Route.ONNX, Route.DIRECT))

    assert kernels(onnx) == kernels(direct)
    np.testing.assert_allclose(onnx.output(), direct.output(), rtol=1e-4, atol=1e-4)


def test_a_cached_module_is_the_built_one(cache):
    workload = PatternWorkload(pattern="bottleneck", depth=2, width=16)

    first, second = load_module(workload, cache), load_module(workload, cache)

    assert first is not second
    assert all(torch.equal(a, b) for a, b in zip(first.state_dict().values(), second.state_dict().values(), strict=True))


def test_weights_are_shared_along_the_batch_but_references_are_not(cache):
    single = PatternWorkload(pattern="standard", depth=1, width=8, resolution=(5, 5))
    triple = PatternWorkload(pattern="standard", depth=1, width=8, resolution=(5, 5), batch=3)

    assert torch.equal(load_module(single, cache)[0].weight, load_module(triple, cache)[0].weight)
    assert reference_for(single, cache).outputs.shape == (1, 8, 5, 5)
    assert reference_for(triple, cache).outputs.shape == (2, 8, 5, 5)


def test_the_onnx_file_holds_the_network(cache):
    import onnx

    workload = PatternWorkload(pattern="factorized", depth=2, width=8, resolution=(5, 6), batch=2)
    graph = onnx.load(onnx_file(workload, cache)).graph

    (given,) = graph.input
    assert [dimension.dim_value for dimension in given.type.tensor_type.shape.dim] == [2, 8, 5, 6]
    assert [node.op_type for node in graph.node].count("Conv") == 4


def test_a_models_file_is_read_once_until_somebody_writes_to_it(tmp_path, monkeypatch):
    read = []
    real = origins.file_digest
    monkeypatch.setattr(origins, "file_digest", lambda path: read.append(path) or real(path))
    path = whole(tmp_path / "net.onnx")
    origin = OnnxOrigin(path=path, shape=(1, 3, 8, 8))

    first = origin.key

    assert origin.key == first
    assert read.count(path) == 1
    whole(path)  # other weights, and as many
    os.utime(path, ns=(0, 0))
    assert origin.key != first


def test_reading_cached_ir_imports_no_torch(cache):
    workload = PatternWorkload(pattern="grouped", depth=1, width=8)
    network_for(workload, OPENVINO_CPU_F32.form, cache)
    script = f"""
import sys
from pathlib import Path
from archbench.backends.openvino_cpu_f32 import OPENVINO_CPU_F32 as backend
from archbench.cache import ArtifactCache
from archbench.measurement.artifacts import network_for
from archbench.workloads.ids import parse_workload
network_for(parse_workload({workload.id!r}), backend.form, ArtifactCache(Path({str(cache.root)!r})))
assert "torch" not in sys.modules
"""
    subprocess.run([sys.executable, "-c", script], check=True)
