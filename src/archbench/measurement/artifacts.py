"""Workload to loadable artifact, through the cache: weights, ONNX, IR, ncnn, quantized forms, float64 reference, cost."""

from __future__ import annotations

import math
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import msgspec
import numpy as np
from numpy.typing import NDArray

from archbench.cache import ArtifactCache, content_key, entry_digest
from archbench.contracts import Form, Network
from archbench.cost.formulas import Cost
from archbench.measurement.origins import Origin, Route, origin_of, package_version
from archbench.measurement.parity import Reference, judged_images, relative_error
from archbench.workloads.inputs import seeded_input
from archbench.workloads.model import ModelWorkload
from archbench.workloads.workload import Workload

if TYPE_CHECKING:
    import torch

_Float = TypeVar("_Float", bound=np.floating[Any])

#: Measured by benchmarks/route_cost.py: the same executed kernels either way, ONNX in a quarter to a third of the time.
DEFAULT_ROUTE = Route.ONNX

#: Streams 0 and 1 are the input and the other one of the reference.
_FIRST_CALIBRATION_STREAM = 2
_CALIBRATION_INPUTS = 32


def network_for(workload: Workload, form: Form, cache: ArtifactCache, route: Route = DEFAULT_ROUTE) -> Network:
    """The workload in the form a backend loads, made on first use.

    Raises:
        CacheError: the cache cannot be written.
        ModelError: the user's model cannot be read, or cannot be had in that form.
    """
    origin = origin_of(workload, cache)
    if form is Form.WEIGHTS:
        return Network(module=origin.module(), files={}, digest=origin.key)
    entry = _Artifacts(workload, origin, cache, route).entry(form)
    files = {path.suffix: path for path in entry.iterdir() if path.suffix in (".xml", ".bin", ".onnx", ".param")}
    return Network(module=None, files=files, digest=entry_digest(entry))


def lacking(workload: Workload, form: Form, cache: ArtifactCache) -> str | None:
    """Why the workload cannot be had in that form, or None.

    Raises:
        ModelError: the user's model cannot be read.
    """
    return origin_of(workload, cache).lacks(form)


def load_module(workload: Workload, cache: ArtifactCache) -> torch.nn.Module:
    """The workload's torch module: one of ours with its seeded, calibrated weights.

    Raises:
        ModelError: it is a file, which holds none.
    """
    return origin_of(workload, cache).module()


def onnx_file(workload: Workload, cache: ArtifactCache) -> Path:
    """The workload as a checked ONNX file."""
    return _Artifacts(workload, origin_of(workload, cache), cache, DEFAULT_ROUTE).onnx()


def reference_for(workload: Workload, cache: ArtifactCache) -> Reference:
    """Float64 outputs for parity; see `archbench.measurement.parity`."""
    origin = origin_of(workload, cache)
    ours = not isinstance(workload, ModelWorkload)

    def judged(stream: int, kind: type[_Float]) -> NDArray[_Float]:
        images = seeded_input(workload, stream=stream).astype(kind)
        # A user's model may mix the images of a batch, or take no other number of them.
        return origin.outputs(judged_images(images)) if ours else judged_images(origin.outputs(images))

    def make(folder: Path) -> None:
        outputs = judged(0, np.float64)
        np.save(folder / "outputs.npy", outputs)
        np.save(folder / "other.npy", judged(1, np.float64))
        np.save(folder / "rounding.npy", 0.0 if ours else relative_error(judged(0, np.float32), outputs))

    entry = cache.fetch(content_key("reference", workload.id, origin.key), make)
    outputs, other, rounding = (np.load(entry / f"{name}.npy", allow_pickle=False) for name in ("outputs", "other", "rounding"))
    return Reference(outputs=outputs, other=other, rounding=float(rounding))


def agreement_inputs(workload: Workload, images: int) -> list[NDArray[np.float32]]:
    """Batches with so many images or a few more, none of which parity or quantization has seen."""
    first = _FIRST_CALIBRATION_STREAM + _CALIBRATION_INPUTS
    return [seeded_input(workload, stream=first + index) for index in range(math.ceil(images / workload.batch))]


def agreement_reference(workload: Workload, cache: ArtifactCache, images: int) -> NDArray[np.float64]:
    """Float64 outputs of the `agreement_inputs`, one after the other."""
    origin = origin_of(workload, cache)

    def make(folder: Path) -> None:
        batches = (batch.astype(np.float64) for batch in agreement_inputs(workload, images))
        np.save(folder / "outputs.npy", np.concatenate([origin.outputs(batch) for batch in batches]))

    entry = cache.fetch(content_key("agreement", workload.id, origin.key, str(images)), make)
    outputs: NDArray[np.float64] = np.load(entry / "outputs.npy", allow_pickle=False)
    return outputs


def cost_for(workload: Workload, cache: ArtifactCache) -> Cost:
    """What the workload costs: by formula where there is one, else counted once from what it is made from."""
    origin = origin_of(workload, cache)

    def make(folder: Path) -> None:
        (folder / "cost.json").write_bytes(msgspec.json.encode(origin.cost()))

    entry = cache.fetch(content_key("cost", workload.id, origin.key), make)
    return msgspec.json.decode((entry / "cost.json").read_bytes(), type=Cost)


class _Artifacts:
    """The files of one workload, each made from the one before it and kept under what it depends on."""

    def __init__(self, workload: Workload, origin: Origin, cache: ArtifactCache, route: Route) -> None:
        self._workload = workload
        self._origin = origin
        self._cache = cache
        self._route = route

    def entry(self, form: Form) -> Path:
        """The folder of the artifact in a form other than WEIGHTS."""
        makers = {
            Form.IR: self._ir,
            Form.IR_INT8: self._ir_int8,
            Form.ONNX: self._onnx,
            Form.ONNX_INT8: self._onnx_int8,
            Form.NCNN: self._ncnn,
        }
        return makers[form]()

    def onnx(self) -> Path:
        """The ONNX file."""
        return self._onnx() / "model.onnx"

    def _onnx(self) -> Path:
        key = content_key("onnx", self._workload.id, self._origin.key, package_version("onnx"))
        return self._cache.fetch(key, lambda folder: self._origin.write_onnx(folder / "model.onnx"))

    def _ir(self) -> Path:
        by_onnx = self._route is Route.ONNX and self._origin.lacks(Form.ONNX) is None

        def make(folder: Path) -> None:
            self._origin.write_ir(folder / "model.xml", self.onnx() if by_onnx else None)

        versions = (package_version("openvino"), package_version("onnx"))
        return self._cache.fetch(content_key("ir", self._route.value, self._workload.id, self._origin.key, *versions), make)

    def _ir_int8(self) -> Path:
        """The IR quantized by NNCF."""

        def make(folder: Path) -> None:
            from archbench.backends.openvino_quantization import quantize_ir

            quantize_ir(self._ir() / "model.xml", self._calibration_inputs(), folder / "model.xml")

        versions = (package_version("openvino"), package_version("onnx"), package_version("nncf"))
        key = content_key("ir-int8", self._route.value, self._workload.id, self._origin.key, *versions)
        return self._cache.fetch(key, make)

    def _onnx_int8(self) -> Path:
        """The ONNX file quantized by ONNX Runtime."""

        def make(folder: Path) -> None:
            from archbench.backends.onnxruntime_quantization import quantize_onnx

            quantize_onnx(self.onnx(), self._calibration_inputs(), folder / "model.onnx")

        versions = (package_version("onnx"), package_version("onnxruntime"))
        return self._cache.fetch(content_key("onnx-int8", self._workload.id, self._origin.key, *versions), make)

    def _ncnn(self) -> Path:
        """The ONNX file converted by pnnx."""

        def make(folder: Path) -> None:
            from archbench.backends.ncnn_conversion import ncnn_from_onnx

            ncnn_from_onnx(self.onnx(), folder / "model.param")

        versions = (package_version("onnx"), package_version("pnnx"))
        return self._cache.fetch(content_key("ncnn", self._workload.id, self._origin.key, *versions), make)

    def _calibration_inputs(self) -> list[NDArray[np.float32]]:
        """Inputs like the one that is run, which is not among them."""
        streams = range(_FIRST_CALIBRATION_STREAM, _FIRST_CALIBRATION_STREAM + _CALIBRATION_INPUTS)
        return [seeded_input(self._workload, stream=stream) for stream in streams]
