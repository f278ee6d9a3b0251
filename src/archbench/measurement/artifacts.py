"""Workload to loadable artifact, through the cache: weights, ONNX, IR, ncnn, quantized forms, float64 reference, cost."""

from __future__ import annotations

import functools
import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec
import numpy as np
from numpy.typing import NDArray

from archbench.cache import ArtifactCache, content_key, entry_digest
from archbench.contracts import Form, Network
from archbench.cost.formulas import Cost, cost_by_formula
from archbench.cost.units import tree_cost
from archbench.measurement.origins import Floats, Origin, Route, exact_outputs, origin_of, package_version
from archbench.measurement.parity import Reference, judged_images, relative_error
from archbench.workloads.drawn import DrawnWorkload
from archbench.workloads.inputs import seeded_input
from archbench.workloads.kws import KwsWorkload
from archbench.workloads.layer import LayerWorkload
from archbench.workloads.model import ModelWorkload
from archbench.workloads.pattern import PatternWorkload
from archbench.workloads.workload import Workload

if TYPE_CHECKING:
    import torch

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
    return _artifacts(workload, origin, cache, route).network(form)


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
    return _artifacts(workload, origin_of(workload, cache), cache).onnx()


def reference_for(workload: Workload, cache: ArtifactCache) -> Reference:
    """Float64 outputs for parity; see `archbench.measurement.parity`."""
    origin = origin_of(workload, cache)
    theirs = isinstance(workload, ModelWorkload)
    # A network that a search drew may have an output near zero, beside which its errors are large.
    magnifies = theirs or isinstance(workload, KwsWorkload)

    def make(folder: Path) -> None:
        images, others = (seeded_input(workload, stream=stream) for stream in range(_FIRST_CALIBRATION_STREAM))
        # How far another input moves the output need not be known to more digits, and float64 takes many times as long.
        batches: list[Floats] = [images.astype(np.float64), others, *([images] if magnifies else [])]
        # A user's model may mix the images of a batch, or take no other number of them.
        made = map(judged_images, origin.outputs(batches)) if theirs else origin.outputs(map(judged_images, batches))
        exact, other, *rounded = made
        np.save(folder / "outputs.npy", exact)
        np.save(folder / "other.npy", other)
        for output in rounded:
            np.save(folder / "rounding.npy", relative_error(output.astype(np.float32), exact.astype(np.float64)))

    entry = cache.fetch(content_key("reference", *(["rounding"] if magnifies else []), workload.id, origin.key), make)
    outputs, other = (np.load(entry / f"{name}.npy", allow_pickle=False) for name in ("outputs", "other"))
    rounding = float(np.load(entry / "rounding.npy", allow_pickle=False)) if magnifies else 0.0
    return Reference(outputs=outputs, other=other, rounding=rounding)


def agreement_inputs(workload: Workload, images: int) -> list[NDArray[np.float32]]:
    """Batches with so many images or a few more, none of which parity or quantization has seen."""
    first = _FIRST_CALIBRATION_STREAM + _CALIBRATION_INPUTS
    return [seeded_input(workload, stream=first + index) for index in range(math.ceil(images / workload.batch))]


def agreement_reference(workload: Workload, cache: ArtifactCache, images: int) -> NDArray[np.float64]:
    """Float64 outputs of the `agreement_inputs`, one after the other."""
    origin = origin_of(workload, cache)

    def make(folder: Path) -> None:
        np.save(folder / "outputs.npy", exact_outputs(origin, agreement_inputs(workload, images)))

    entry = cache.fetch(content_key("agreement", workload.id, origin.key, str(images)), make)
    outputs: NDArray[np.float64] = np.load(entry / "outputs.npy", allow_pickle=False)
    return outputs


def cost_for(workload: Workload, cache: ArtifactCache) -> Cost:
    """What the workload costs: by formula where there is one, else counted once from what it is made from."""
    if isinstance(workload, PatternWorkload | KwsWorkload):
        return cost_by_formula(workload)
    if isinstance(workload, LayerWorkload | DrawnWorkload):
        return tree_cost(workload)
    origin = origin_of(workload, cache)

    def make(folder: Path) -> None:
        (folder / "cost.json").write_bytes(msgspec.json.encode(origin.cost()))

    entry = cache.fetch(content_key("cost", workload.id, origin.key), make)
    return msgspec.json.decode((entry / "cost.json").read_bytes(), type=Cost)


@dataclass(frozen=True, slots=True, kw_only=True)
class Artifacts:
    """The files of one network, each made from the one before it and kept under what it depends on.

    Args:
        name: tells it from other networks of the same origin, such as other batches.
        origin: what it is made from.
        calibration: gives the inputs that quantization sees; `calibrated_by` identifies them.
    """

    name: str
    origin: Origin
    cache: ArtifactCache
    calibration: Callable[[], Sequence[NDArray[np.float32]]]
    calibrated_by: str = ""
    route: Route = DEFAULT_ROUTE

    def network(self, form: Form) -> Network:
        """The network in a form other than WEIGHTS."""
        if form is Form.IR_INT8:
            return self.lowered_ir("int8", self._quantize_ir)
        if form is Form.ONNX_INT8:
            return self.lowered_onnx("int8", self._quantize_onnx)
        return _loadable({Form.IR: self._ir, Form.ONNX: self._onnx, Form.NCNN: self._ncnn}[form]())

    def onnx(self) -> Path:
        """The ONNX file."""
        return self._onnx() / "model.onnx"

    def lowered_ir(self, how: str, lower: Callable[[Path, Path], None]) -> Network:
        """What `lower(source, target)` makes of the IR, which is described by `how`."""

        def make(folder: Path) -> None:
            lower(self._ir() / "model.xml", folder / "model.xml")

        kind = f"ir {self.route.value} {how} {self.calibrated_by}"
        return _loadable(self._fetch(kind, ("openvino", "onnx", "nncf"), make))

    def lowered_onnx(self, how: str, lower: Callable[[Path, Path], None]) -> Network:
        """What `lower(source, target)` makes of the ONNX file, which is described by `how`."""

        def make(folder: Path) -> None:
            lower(self.onnx(), folder / "model.onnx")

        return _loadable(self._fetch(f"onnx {how} {self.calibrated_by}", ("onnx", "onnxruntime"), make))

    def _onnx(self) -> Path:
        return self._fetch("onnx", ("onnx",), lambda folder: self.origin.write_onnx(folder / "model.onnx"))

    def _ir(self) -> Path:
        by_onnx = self.route is Route.ONNX and self.origin.lacks(Form.ONNX) is None

        def make(folder: Path) -> None:
            self.origin.write_ir(folder / "model.xml", self.onnx() if by_onnx else None)

        return self._fetch(f"ir {self.route.value}", ("openvino", "onnx"), make)

    def _ncnn(self) -> Path:
        """The ONNX file converted by pnnx."""

        def make(folder: Path) -> None:
            from archbench.backends.ncnn_conversion import ncnn_from_onnx

            ncnn_from_onnx(self.onnx(), folder / "model.param")

        return self._fetch("ncnn", ("onnx", "pnnx"), make)

    def _quantize_ir(self, source: Path, target: Path) -> None:
        from archbench.backends.openvino_quantization import quantize_ir

        quantize_ir(source, self.calibration(), target)

    def _quantize_onnx(self, source: Path, target: Path) -> None:
        from archbench.backends.onnxruntime_quantization import quantize_onnx

        quantize_onnx(source, self.calibration(), target)

    def _fetch(self, kind: str, packages: Sequence[str], make: Callable[[Path], None]) -> Path:
        return self.cache.fetch(content_key(kind, self.name, self.origin.key, *map(package_version, packages)), make)


def _loadable(entry: Path) -> Network:
    files = {path.suffix: path for path in entry.iterdir() if path.suffix in (".xml", ".bin", ".onnx", ".param")}
    return Network(module=None, files=files, digest=entry_digest(entry))


def _artifacts(workload: Workload, origin: Origin, cache: ArtifactCache, route: Route = DEFAULT_ROUTE) -> Artifacts:
    calibration = functools.partial(_calibration_inputs, workload)
    return Artifacts(name=workload.id, origin=origin, cache=cache, calibration=calibration, route=route)


def _calibration_inputs(workload: Workload) -> list[NDArray[np.float32]]:
    """Inputs like the one that is run, which is not among them."""
    streams = range(_FIRST_CALIBRATION_STREAM, _FIRST_CALIBRATION_STREAM + _CALIBRATION_INPUTS)
    return [seeded_input(workload, stream=stream) for stream in streams]
