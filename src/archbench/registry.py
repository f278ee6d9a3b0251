"""Names to import paths. Nothing is imported until it is asked for; adding a part is one line here."""

from __future__ import annotations

import importlib
import importlib.util
from collections.abc import Mapping
from typing import Any

from archbench.errors import UnknownNameError

PATTERNS: Mapping[str, str] = {
    "standard": "archbench.workloads.patterns.standard:PATTERN",
    "factorized": "archbench.workloads.patterns.factorized:PATTERN",
    "bottleneck": "archbench.workloads.patterns.bottleneck:PATTERN",
    "depthwise-separable": "archbench.workloads.patterns.depthwise_separable:PATTERN",
    "depthwise-bottleneck": "archbench.workloads.patterns.depthwise_bottleneck:PATTERN",
    "grouped": "archbench.workloads.patterns.grouped:PATTERN",
    "inverted-bottleneck": "archbench.workloads.patterns.inverted_bottleneck:PATTERN",
}

#: Operators and blocks of the behaviour study.
LAYERS: Mapping[str, str] = {
    "conv": "archbench.workloads.layers.operators:CONV",
    "depthwise": "archbench.workloads.layers.operators:DEPTHWISE",
    "dilated": "archbench.workloads.layers.operators:DILATED",
    "group": "archbench.workloads.layers.operators:GROUP",
    "mixconv": "archbench.workloads.layers.operators:MIXCONV",
    "linear": "archbench.workloads.layers.operators:LINEAR",
    "max-pool": "archbench.workloads.layers.operators:MAX_POOL",
    "mean-pool": "archbench.workloads.layers.operators:MEAN_POOL",
    "batch-norm": "archbench.workloads.layers.operators:BATCH_NORM",
    "global-pool": "archbench.workloads.layers.operators:GLOBAL_POOL",
    "add": "archbench.workloads.layers.operators:ADD",
    "multiply": "archbench.workloads.layers.operators:MULTIPLY",
    "concat": "archbench.workloads.layers.operators:CONCAT",
    "shuffle": "archbench.workloads.layers.operators:SHUFFLE",
    "mobilenet-v1-block": "archbench.workloads.layers.blocks:MOBILENET_V1",
    "mobilenet-v2-block": "archbench.workloads.layers.blocks:MOBILENET_V2",
    "mobilenet-v2-se-block": "archbench.workloads.layers.blocks:MOBILENET_V2_SE",
    "shufflenet-v1-block": "archbench.workloads.layers.blocks:SHUFFLENET_V1",
    "shufflenet-v2-block": "archbench.workloads.layers.blocks:SHUFFLENET_V2",
    "dense-block": "archbench.workloads.layers.blocks:DENSE",
    "residual-block": "archbench.workloads.layers.blocks:RESIDUAL",
    "bottleneck-block": "archbench.workloads.layers.blocks:BOTTLENECK",
}

#: The first one is the reference.
BACKENDS: Mapping[str, str] = {
    "torch": "archbench.backends.torch_eager:TORCH",
    "torch-channels-last": "archbench.backends.torch_channels_last:TORCH_CHANNELS_LAST",
    "openvino-cpu-f32": "archbench.backends.openvino_cpu_f32:OPENVINO_CPU_F32",
    "openvino-cpu-bf16": "archbench.backends.openvino_cpu_bf16:OPENVINO_CPU_BF16",
    "openvino-cpu-int8": "archbench.backends.openvino_cpu_int8:OPENVINO_CPU_INT8",
    "openvino-gpu-f16": "archbench.backends.openvino_gpu_f16:OPENVINO_GPU_F16",
    "openvino-npu-f16": "archbench.backends.openvino_npu_f16:OPENVINO_NPU_F16",
    "torch-cuda": "archbench.backends.torch_cuda:TORCH_CUDA",
    "torch-cuda-graph": "archbench.backends.torch_cuda:TORCH_CUDA_GRAPH",
    "onnxruntime": "archbench.backends.onnxruntime_cpu:ONNXRUNTIME",
    "onnxruntime-int8": "archbench.backends.onnxruntime_int8:ONNXRUNTIME_INT8",
    "torch-onednn": "archbench.backends.torch_onednn:TORCH_ONEDNN",
    "torch-compile": "archbench.backends.torch_compile:TORCH_COMPILE",
    "ncnn": "archbench.backends.ncnn_cpu:NCNN",
}

INSTRUMENTS: Mapping[str, str] = {
    "callgrind": "archbench.instruments.callgrind:CALLGRIND",
    "perf": "archbench.instruments.perf:PERF",
    "energy": "archbench.instruments.energy:ENERGY",
    "memory": "archbench.instruments.memory:MEMORY",
}

#: Fixed work of the harness itself.
HOT_PATHS: Mapping[str, str] = {
    "sampling-loop": "archbench.measurement.hot_paths:sampling_loop",
    "case-ids": "archbench.measurement.hot_paths:case_ids",
}

#: Where a backend spends its time: `layer_times(network, input, settings, repeats)`.
LAYER_CLOCKS: Mapping[str, str] = {
    "torch": "archbench.backends.torch_layers:layer_times",
    "openvino-cpu-f32": "archbench.backends.openvino_layers:layer_times",
}

#: What a backend executes of a network, without timing it: `lower(network, shape, settings)`, the shape that of the input.
LOWERERS: Mapping[str, str] = {
    "torch": "archbench.backends.torch_operators:lower",
    "torch-channels-last": "archbench.backends.torch_operators:lower",
    "openvino-cpu-f32": "archbench.backends.openvino_kernels:lower_f32",
    "openvino-cpu-bf16": "archbench.backends.openvino_kernels:lower_bf16",
    "openvino-cpu-int8": "archbench.backends.openvino_kernels:lower_int8",
}

#: Engines that show what arithmetic this machine can do: `attempts(settings)` gives contenders by name, made when called.
PEAK_ENGINES: Mapping[str, str] = {
    "torch": "archbench.backends.torch_peaks:attempts",
    "openvino": "archbench.backends.openvino_peaks:attempts",
}

REFERENCE_BACKEND = "torch"

#: What the form/function paper holds against the reference.
ACCELERATED_BACKEND = "openvino-cpu-f32"

#: What runs an ONNX file as it is.
ONNX_BACKEND = "onnxruntime"

#: Measured unless others are asked for.
DEFAULT_BACKENDS = (REFERENCE_BACKEND, ACCELERATED_BACKEND)


def missing_package(package: str, extra: str) -> str | None:
    """Why what needs `package` cannot be used, or None if it is installed; nothing is imported."""
    if importlib.util.find_spec(package) is not None:
        return None
    return f"{package} is not installed; run `pip install 'archbench[{extra}]'`"


def check_name(kind: str, table: Mapping[str, Any], name: str) -> str:
    """Return `name` if `table` holds it.

    Raises:
        UnknownNameError: it does not; the message lists what is known.
    """
    if name not in table:
        raise UnknownNameError(kind, name, table)
    return name


def resolve(kind: str, table: Mapping[str, str], name: str) -> Any:
    """Import and return the object that `table` names.

    Raises:
        UnknownNameError: the table holds no such name.
    """
    module, _, attribute = table[check_name(kind, table, name)].partition(":")
    return getattr(importlib.import_module(module), attribute)
