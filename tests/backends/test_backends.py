"""Every backend through the conformance suite, and what is particular to each."""

import os
import subprocess
import sys
import time

import pytest
import torch

from archbench.backends.ncnn_cpu import NCNN
from archbench.backends.onnxruntime_cpu import ONNXRUNTIME
from archbench.backends.onnxruntime_int8 import ONNXRUNTIME_INT8
from archbench.backends.openvino_cpu_bf16 import OPENVINO_CPU_BF16
from archbench.backends.openvino_cpu_f32 import OPENVINO_CPU_F32
from archbench.backends.openvino_cpu_int8 import OPENVINO_CPU_INT8
from archbench.backends.openvino_gpu_f16 import OPENVINO_GPU_F16
from archbench.backends.openvino_npu_f16 import OPENVINO_NPU_F16
from archbench.backends.torch_channels_last import TORCH_CHANNELS_LAST
from archbench.backends.torch_compile import TORCH_COMPILE
from archbench.backends.torch_cuda import TORCH_CUDA, TORCH_CUDA_GRAPH
from archbench.backends.torch_eager import TORCH
from archbench.backends.torch_onednn import TORCH_ONEDNN
from archbench.cache import ArtifactCache
from archbench.contracts import Network, RunSettings
from archbench.errors import BackendError
from archbench.machine.fingerprint import read_fingerprint
from archbench.machine.isa import isa_environment
from archbench.measurement.artifacts import network_for
from archbench.registry import BACKENDS
from archbench.workloads.pattern import PatternWorkload
from tests.backends.conformance import BackendConformance

WORKLOAD = PatternWorkload(pattern="standard", depth=1, width=32, resolution=(8, 8))


class TestTorch(BackendConformance):
    @pytest.fixture
    def backend(self):
        return TORCH


class TestTorchChannelsLast(BackendConformance):
    @pytest.fixture
    def backend(self):
        return TORCH_CHANNELS_LAST

    def test_the_memory_format_is_granted(self, load):
        assert load(WORKLOAD).granted()["memory_format"] == "channels_last"


class TestOpenVinoCpuF32(BackendConformance):
    @pytest.fixture
    def backend(self):
        return OPENVINO_CPU_F32

    def test_float32_is_granted_also_where_the_cpu_has_bfloat16(self, load):
        model = load(WORKLOAD)

        assert model.granted()["inference_precision_hint"] == "f32"
        assert model.granted()["num_streams"] == "1"
        assert not any("bf16" in line for line in model.executed_graph())


class TestOpenVinoCpuBf16(BackendConformance):
    @pytest.fixture
    def backend(self):
        return OPENVINO_CPU_BF16

    def test_the_convolutions_run_in_bfloat16(self, load):
        model = load(WORKLOAD)

        assert model.granted()["inference_precision_hint"] == "bf16"
        assert all("bf16" in line for line in model.executed_graph() if line.startswith("Convolution"))

    def test_what_is_granted_counts_them(self, load):
        assert load(WORKLOAD).granted()["convolutions"] == "1 bf16"


class TestOpenVinoCpuInt8(BackendConformance):
    @pytest.fixture
    def backend(self):
        return OPENVINO_CPU_INT8

    def test_the_convolutions_run_in_8_bits(self, load):
        model = load(WORKLOAD)

        assert model.granted()["convolutions"] in ("1 i8", "1 u8")
        assert any(line.startswith("Convolution") and "_I8 " in line for line in model.executed_graph())

    @pytest.mark.parametrize("pattern", ["grouped", "depthwise-separable"])
    def test_grouped_and_depthwise_convolutions_do_too(self, load, pattern):
        workload = PatternWorkload(pattern=pattern, depth=2, width=64, resolution=(8, 8))

        assert load(workload).granted()["convolutions"] == f"{len(workload.convolutions)} u8"


class TestOpenVinoGpuF16(BackendConformance):
    @pytest.fixture
    def backend(self):
        return OPENVINO_GPU_F16


class TestOpenVinoNpuF16(BackendConformance):
    @pytest.fixture
    def backend(self):
        return OPENVINO_NPU_F16


class TestOnnxRuntime(BackendConformance):
    @pytest.fixture
    def backend(self):
        return ONNXRUNTIME

    def test_relu_is_fused_into_its_convolution(self, load):
        assert any("Conv+Relu" in line for line in load(WORKLOAD).executed_graph())


class TestOnnxRuntimeInt8(BackendConformance):
    @pytest.fixture
    def backend(self):
        return ONNXRUNTIME_INT8

    def test_the_convolutions_run_in_8_bits(self, load):
        model = load(WORKLOAD)

        assert any("QLinearConv" in line for line in model.executed_graph())
        assert model.granted()["convolutions"] == "1 u8"

    def test_a_network_left_in_float32_is_refused(self, tmp_path):
        settings = RunSettings(threads=1, isa=None, cache=tmp_path)

        with pytest.raises(BackendError, match="asked for int8 but computes no convolution in it"):
            ONNXRUNTIME_INT8.load(network_for(WORKLOAD, ONNXRUNTIME.form, ArtifactCache(tmp_path)), settings)


class TestTorchOneDnn(BackendConformance):
    @pytest.fixture
    def backend(self):
        return TORCH_ONEDNN

    def test_every_convolution_is_replaced(self, load):
        graph = load(PatternWorkload(pattern="bottleneck", depth=2, width=16)).executed_graph()

        convolutions = [line for line in graph if "Conv2d(" in line]
        assert len(convolutions) == 6
        assert all("OneDnnConvolution" in line for line in convolutions)


@pytest.mark.slow  # each shape is a C++ program to compile
class TestTorchCompile(BackendConformance):
    @pytest.fixture
    def backend(self):
        return TORCH_COMPILE


class TestNcnn(BackendConformance):
    @pytest.fixture
    def backend(self):
        return NCNN

    def test_nothing_is_stored_or_computed_in_fewer_than_32_bits(self, load):
        granted = load(WORKLOAD).granted()

        assert {value for name, value in granted.items() if "16" in name} == {"False"}

    def test_relu_is_fused_into_its_convolution(self, load):
        assert load(WORKLOAD).executed_graph() == ("Convolution convrelu_0",)


class TestTorchCuda(BackendConformance):
    @pytest.fixture
    def backend(self):
        return TORCH_CUDA

    def test_the_device_keeps_the_time_of_a_run(self, load):
        model = load(WORKLOAD)
        start = time.perf_counter_ns()
        model.run()

        assert 0 < model.device_ns() <= time.perf_counter_ns() - start


class TestTorchCudaGraph(BackendConformance):
    @pytest.fixture
    def backend(self):
        return TORCH_CUDA_GRAPH


def test_the_suite_covers_every_backend():
    suites = {f"Test{name}".replace("-", "").lower() for name in BACKENDS}
    tested = {name.lower() for name in globals() if name.startswith("Test")}

    assert tested == suites


@pytest.mark.parametrize(("backend", "package"), [(ONNXRUNTIME, "onnxruntime"), (OPENVINO_CPU_INT8, "nncf"), (NCNN, "ncnn")])
def test_a_package_that_is_not_installed_is_named(backend, package, monkeypatch):
    monkeypatch.setitem(sys.modules, package, None)

    assert backend.absence() == f"{package} is not installed; run `pip install 'archbench[{package}]'`"


def test_without_a_compiler_inductor_is_absent(monkeypatch):
    monkeypatch.setenv("PATH", "/nowhere")
    monkeypatch.delenv("CXX", raising=False)

    assert TORCH_COMPILE.absence() == "inductor needs a C++ compiler, and g++ or clang++ is not installed"


@pytest.mark.parametrize("build", [None, "13.0"])
def test_without_a_cuda_device_the_build_or_the_device_is_named(build, monkeypatch):
    monkeypatch.setattr(torch.version, "cuda", build)
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)

    reason = "finds no CUDA device" if build else "is built without CUDA; install a build that has it"
    assert TORCH_CUDA.absence() == f"torch {torch.__version__} {reason}"


@pytest.mark.parametrize("backend", [ONNXRUNTIME, TORCH_COMPILE, NCNN, TORCH_CUDA])
def test_a_backend_that_cannot_be_capped_says_so(backend, tmp_path):
    network = network_for(WORKLOAD, backend.form, ArtifactCache(tmp_path))

    with pytest.raises(BackendError, match="takes no ISA cap, but 'avx2' was asked for"):
        backend.load(network, RunSettings(threads=1, isa="avx2", cache=tmp_path))


def test_a_model_the_engine_cannot_read_is_one_line(tmp_path):
    (tmp_path / "model.xml").write_text("<net></net>")
    network = Network(module=None, files={".xml": tmp_path / "model.xml"}, digest="broken")

    with pytest.raises(BackendError, match="OpenVINO CPU refused the model") as caught:
        OPENVINO_CPU_F32.load(network, RunSettings(threads=1, isa=None, cache=tmp_path / "cache"))

    assert "\n" not in str(caught.value)


def test_a_corrupt_compiled_model_is_compiled_again(tmp_path):
    settings = RunSettings(threads=1, isa=None, cache=tmp_path)
    network = network_for(WORKLOAD, OPENVINO_CPU_F32.form, ArtifactCache(tmp_path))
    OPENVINO_CPU_F32.load(network, settings)
    (blob,) = tmp_path.glob("*/*/model.blob")
    blob.write_bytes(b"\0" * 64)

    OPENVINO_CPU_F32.load(network, settings)

    assert blob.stat().st_size > 64


@pytest.mark.skipif("avx2" not in read_fingerprint().isa, reason="this CPU has no AVX2")
def test_an_isa_cap_is_granted_by_the_engine(tmp_path):
    script = f"""
import sys
from pathlib import Path
from archbench.backends.openvino_cpu_f32 import OPENVINO_CPU_F32 as backend
from archbench.cache import ArtifactCache
from archbench.contracts import RunSettings
from archbench.measurement.artifacts import network_for
from archbench.workloads.ids import parse_workload
cache = ArtifactCache(Path({str(tmp_path)!r}))
model = backend.load(network_for(parse_workload({WORKLOAD.id!r}), backend.form, cache),
                     RunSettings(threads=1, isa="avx2", cache=cache.root))
print("\\n".join(model.executed_graph()))
print("ISA", model.granted()["runtime_requirements"])
"""
    environment = {**os.environ, **isa_environment("avx2")}

    finished = subprocess.run([sys.executable, "-c", script], env=environment, capture_output=True, text=True, check=True)

    assert "avx512" not in finished.stdout
    assert "AVX2" in finished.stdout.split("ISA ")[1].upper()
