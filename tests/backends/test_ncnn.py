"""What pnnx and ncnn make of the networks, and what they refuse."""

import shutil
import subprocess
import sys

import numpy as np
import pytest

from archbench.backends.ncnn_cpu import NCNN
from archbench.cache import ArtifactCache
from archbench.contracts import Network, RunSettings
from archbench.errors import BackendError
from archbench.measurement.artifacts import cost_for, network_for, onnx_file, reference_for
from archbench.measurement.parity import judge
from archbench.registry import PATTERNS
from archbench.workloads.inputs import seeded_input
from archbench.workloads.pattern import PatternWorkload

pytestmark = pytest.mark.skipif(NCNN.absence() is not None, reason=str(NCNN.absence()))

WORKLOAD = PatternWorkload(pattern="standard", depth=2, width=16, resolution=(8, 8))

PARAMETERS = """7767517
2 2
Input    in0     0 1 in0
{kind}   layer   1 1 in0 out0 0=1 1=1 6=1
"""


@pytest.fixture
def cache(cache_root):
    return ArtifactCache(cache_root)


def parity_of(workload, cache, network=None, threads=1):
    settings = RunSettings(threads=threads, isa=None, cache=cache.root)
    model = NCNN.load(network or network_for(workload, NCNN.form, cache), settings)
    model.bind(seeded_input(workload))
    model.run()
    return judge(model.output(), reference_for(workload, cache), NCNN.precision, cost_for(workload, cache).layers)


@pytest.mark.parametrize("threads", [1, 2])
@pytest.mark.parametrize("pattern", PATTERNS)
def test_every_pattern_agrees_with_the_reference(pattern, threads, cache):
    workload = PatternWorkload(pattern=pattern, depth=10, width=64, resolution=(14, 14), batch=2)

    assert parity_of(workload, cache, threads=threads).holds


def test_a_wrong_weight_fails_parity(cache, tmp_path):
    network = network_for(WORKLOAD, NCNN.form, cache)
    files = {suffix: shutil.copy(path, tmp_path / path.name) for suffix, path in network.files.items()}
    weights = np.fromfile(files[".bin"], dtype=np.float32)
    weights[np.argmax(np.abs(weights))] *= -1
    weights.tofile(files[".bin"])

    assert parity_of(WORKLOAD, cache).holds
    assert not parity_of(WORKLOAD, cache, Network(module=None, files=files, digest="wrong")).holds


def test_only_what_ncnn_loads_is_kept_of_a_conversion(tmp_path):
    cache = ArtifactCache(tmp_path)
    network = network_for(WORKLOAD, NCNN.form, cache)

    entry = network.files[".param"].parent
    assert {path.name for path in entry.iterdir()} == {"model.param", "model.bin", "manifest.json"}
    assert {path.name for path in onnx_file(WORKLOAD, cache).parent.iterdir()} == {"model.onnx", "manifest.json"}


def test_weights_keep_their_32_bits(cache):
    weights = network_for(WORKLOAD, NCNN.form, cache).files[".bin"]

    assert weights.stat().st_size > 4 * sum(convolution.weights for convolution in WORKLOAD.convolutions)


def test_a_cached_network_is_loaded_and_run_without_torch(cache):
    network_for(WORKLOAD, NCNN.form, cache)
    script = f"""
import sys
from pathlib import Path
from archbench.backends.ncnn_cpu import NCNN as backend
from archbench.cache import ArtifactCache
from archbench.contracts import RunSettings
from archbench.measurement.artifacts import network_for
from archbench.workloads.ids import parse_workload
from archbench.workloads.inputs import seeded_input
cache = ArtifactCache(Path({str(cache.root)!r}))
workload = parse_workload({WORKLOAD.id!r})
assert backend.absence() is None
assert "ncnn" not in sys.modules
model = backend.load(network_for(workload, backend.form, cache), RunSettings(threads=1, isa=None, cache=cache.root))
model.bind(seeded_input(workload))
model.run()
assert model.output().shape == workload.input_shape
assert "torch" not in sys.modules
"""
    subprocess.run([sys.executable, "-c", script], check=True)


def test_what_pnnx_cannot_read_is_one_line_and_leaves_nothing(tmp_path):
    from archbench.backends.ncnn_conversion import ncnn_from_onnx

    (tmp_path / "broken.onnx").write_bytes(b"no network")

    with pytest.raises(BackendError, match=r"pnnx did not convert the network \(exit code \d+\): .") as caught:
        ncnn_from_onnx(tmp_path / "broken.onnx", tmp_path / "model.param")

    assert "\n" not in str(caught.value)
    assert [path.name for path in tmp_path.iterdir()] == ["broken.onnx"]


@pytest.mark.parametrize(("kind", "unreadable"), [("NoSuchLayer", "model.param"), ("Convolution", "model.bin")])
def test_a_model_that_ncnn_refuses_is_one_line(kind, unreadable, tmp_path):
    files = {suffix: tmp_path / f"model{suffix}" for suffix in (".param", ".bin")}
    files[".param"].write_text(PARAMETERS.format(kind=kind))
    files[".bin"].write_bytes(b"")

    with pytest.raises(BackendError, match=f"ncnn refused the model: it cannot read {unreadable}") as caught:
        NCNN.load(Network(module=None, files=files, digest="broken"), RunSettings(threads=1, isa=None, cache=tmp_path))

    assert "\n" not in str(caught.value)


def test_there_is_no_output_before_a_run(cache):
    model = NCNN.load(network_for(WORKLOAD, NCNN.form, cache), RunSettings(threads=1, isa=None, cache=cache.root))

    with pytest.raises(RuntimeError, match="`run` must come before `output`"):
        model.output()
