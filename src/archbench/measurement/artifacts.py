"""Workload to loadable artifact, through the cache: weights, ONNX, IR, float64 reference outputs, cost.

Keys hold everything an artifact depends on, taken without importing torch, so that a worker which only reads IR stays light.
"""

from __future__ import annotations

import dataclasses
import functools
import importlib.metadata
import importlib.util
from enum import Enum
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec
import numpy as np
from numpy.typing import NDArray

from archbench.cache import ArtifactCache, content_key, entry_digest, file_digest
from archbench.contracts import Form, Network
from archbench.cost.counting import count_cost
from archbench.cost.formulas import Cost, cost_by_formula
from archbench.measurement.parity import Reference, judged_images
from archbench.workloads.inputs import seeded_input
from archbench.workloads.pattern import PatternWorkload
from archbench.workloads.workload import Workload

if TYPE_CHECKING:
    import torch

_SOURCES = ("archbench.models.weights", "archbench.models.onnx_export", "archbench.measurement.artifacts")
_PATTERN_SOURCES = ("archbench.models.patterns",)
_NETWORK_SOURCES = ("archbench.models.named", "archbench.models.inception_v1")

#: Streams 0 and 1 are the input and the other one of the reference.
_FIRST_CALIBRATION_STREAM = 2
_CALIBRATION_INPUTS = 32


class Route(Enum):
    """How a torch module becomes OpenVINO IR."""

    ONNX = "onnx"
    DIRECT = "direct"


#: Measured by benchmarks/route_cost.py: the same executed kernels either way, ONNX in a quarter to a third of the time.
DEFAULT_ROUTE = Route.ONNX


def network_for(workload: Workload, form: Form, cache: ArtifactCache, route: Route = DEFAULT_ROUTE) -> Network:
    """The workload in the form a backend loads, made on first use.

    Raises:
        CacheError: the cache cannot be written.
    """
    if form is Form.WEIGHTS:
        return Network(module=load_module(workload, cache), files={}, digest=_weights_key(workload))
    entry = _entry(workload, form, cache, route)
    files = {path.suffix: path for path in entry.iterdir() if path.suffix in (".xml", ".bin", ".onnx")}
    return Network(module=None, files=files, digest=entry_digest(entry))


def load_module(workload: Workload, cache: ArtifactCache) -> torch.nn.Module:
    """The workload's torch module with its seeded, calibrated weights."""
    from safetensors.torch import load_file, save_file

    from archbench.models.build import build
    from archbench.models.weights import initialise

    module = build(workload)

    def make(folder: Path) -> None:
        initialise(module, _one_image(workload))
        save_file(module.state_dict(), folder / "weights.safetensors")

    entry = cache.fetch(_weights_key(workload), make)
    module.load_state_dict(load_file(entry / "weights.safetensors"))
    return module


def reference_for(workload: Workload, cache: ArtifactCache) -> Reference:
    """Float64 outputs of the torch module for parity; see `archbench.measurement.parity`."""

    def make(folder: Path) -> None:
        import torch

        module = load_module(workload, cache).double()

        def forward(images: NDArray[np.float32]) -> NDArray[np.float64]:
            with torch.inference_mode():
                output: NDArray[np.float64] = module(torch.from_numpy(images).double()).numpy()
            return output

        np.save(folder / "outputs.npy", forward(judged_images(seeded_input(workload))))
        np.save(folder / "other.npy", forward(seeded_input(_one_image(workload), stream=1)))

    entry = cache.fetch(content_key("reference", workload.id, _weights_key(workload)), make)
    return Reference(
        outputs=np.load(entry / "outputs.npy", allow_pickle=False),
        other=np.load(entry / "other.npy", allow_pickle=False),
    )


def cost_for(workload: Workload, cache: ArtifactCache) -> Cost:
    """What the workload costs: by formula where there is one, else counted once from the built module."""
    if isinstance(workload, PatternWorkload):
        return cost_by_formula(workload)

    def make(folder: Path) -> None:
        from archbench.models.build import build

        counted = count_cost(build(workload).to("meta"), workload.input_shape)
        (folder / "cost.json").write_bytes(msgspec.json.encode(counted))

    entry = cache.fetch(content_key("cost", workload.id, _weights_key(workload)), make)
    return msgspec.json.decode((entry / "cost.json").read_bytes(), type=Cost)


def _entry(workload: Workload, form: Form, cache: ArtifactCache, route: Route) -> Path:
    if form is Form.IR:
        return _ir_entry(workload, cache, route)
    if form is Form.IR_INT8:
        return _int8_ir_entry(workload, cache, route)
    if form is Form.ONNX_INT8:
        return _int8_onnx_entry(workload, cache)
    return onnx_file(workload, cache).parent


def _int8_ir_entry(workload: Workload, cache: ArtifactCache, route: Route) -> Path:
    """The IR quantized by NNCF."""

    def make(folder: Path) -> None:
        from archbench.backends.openvino_quantization import quantize_ir

        quantize_ir(_ir_entry(workload, cache, route) / "model.xml", _calibration_inputs(workload), folder / "model.xml")

    versions = (package_version("openvino"), package_version("onnx"), package_version("nncf"))
    return cache.fetch(content_key("ir-int8", route.value, workload.id, _weights_key(workload), *versions), make)


def _int8_onnx_entry(workload: Workload, cache: ArtifactCache) -> Path:
    """The ONNX file quantized by ONNX Runtime."""

    def make(folder: Path) -> None:
        from archbench.backends.onnxruntime_quantization import quantize_onnx

        quantize_onnx(onnx_file(workload, cache), _calibration_inputs(workload), folder / "model.onnx")

    key = content_key("onnx-int8", workload.id, _weights_key(workload), package_version("onnx"), package_version("onnxruntime"))
    return cache.fetch(key, make)


def _calibration_inputs(workload: Workload) -> list[NDArray[np.float32]]:
    """Inputs like the one that is run, which is not among them."""
    return [seeded_input(workload, stream=_FIRST_CALIBRATION_STREAM + index) for index in range(_CALIBRATION_INPUTS)]


def _ir_entry(workload: Workload, cache: ArtifactCache, route: Route) -> Path:
    from archbench.backends.openvino_conversion import ir_from_module, ir_from_onnx

    def make(folder: Path) -> None:
        if route is Route.ONNX:
            ir_from_onnx(onnx_file(workload, cache), folder / "model.xml")
        else:
            ir_from_module(load_module(workload, cache), workload.input_shape, folder / "model.xml")

    return cache.fetch(
        content_key(
            "ir", route.value, workload.id, _weights_key(workload), package_version("openvino"), package_version("onnx")
        ),
        make,
    )


def onnx_file(workload: Workload, cache: ArtifactCache) -> Path:
    """The workload as a checked ONNX file."""

    def make(folder: Path) -> None:
        from archbench.models.onnx_export import export_onnx

        export_onnx(load_module(workload, cache), workload.input_shape, folder / "model.onnx")

    return cache.fetch(content_key("onnx", workload.id, _weights_key(workload), package_version("onnx")), make) / "model.onnx"


def _weights_key(workload: Workload) -> str:
    if isinstance(workload, PatternWorkload):
        origin = source_digest(_PATTERN_SOURCES)
    else:
        try:
            origin = f"{source_digest(_NETWORK_SOURCES)} {workload.spec.library} {package_version(workload.spec.library)}"
        except importlib.metadata.PackageNotFoundError as error:
            raise workload.missing from error
    return content_key("weights", _one_image(workload).id, source_digest(_SOURCES), origin, package_version("torch"))


def _one_image(workload: Workload) -> Workload:
    return dataclasses.replace(workload, batch=1)


@functools.cache
def source_digest(modules: tuple[str, ...]) -> str:
    """Content hash of the files of modules, which are not imported."""
    specs = (importlib.util.find_spec(name) for name in modules)
    return content_key(*(file_digest(Path(spec.origin)) for spec in specs if spec is not None and spec.origin is not None))


@functools.cache
def package_version(package: str) -> str:
    """The installed version of a distribution."""
    return importlib.metadata.version(package)
