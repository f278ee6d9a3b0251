"""A trained network in the form a backend loads, made once: weights, ONNX, OpenVINO's IR, and both quantized."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from torch import nn

from archbench.accuracy.block import Block
from archbench.cache import ArtifactCache, content_key, entry_digest
from archbench.contracts import Form, Network
from archbench.datasets.dataset import Dataset, Part
from archbench.measurement.origins import package_version, source_digest
from archbench.records.accuracy import Quantization

_SOURCES = (
    "archbench.accuracy.block",
    "archbench.accuracy.module",
    "archbench.accuracy.training",
    "archbench.models.patterns",
)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Trained:
    """A block's network after training: its module in evaluation mode, and the content hash of its weights."""

    block: Block
    module: nn.Module
    digest: str


def trained_on(dataset: Dataset, block: Block, cache: ArtifactCache) -> Trained:
    """The block's network trained on the training part, on first use.

    Raises:
        CacheError: the cache cannot be written.
    """
    from safetensors.torch import load_file, save_file

    from archbench.accuracy.module import build
    from archbench.accuracy.training import train

    def make(folder: Path) -> None:
        save_file(train(block, dataset).state_dict(), folder / "weights.safetensors")

    key = content_key("trained", block.id, dataset.digest, source_digest(_SOURCES), package_version("torch"))
    entry = cache.fetch(key, make)
    module = build(block, dataset.resolution, dataset.classes)
    module.load_state_dict(load_file(entry / "weights.safetensors"))
    return Trained(block=block, module=module.eval().requires_grad_(False), digest=entry_digest(entry))


def network_in(form: Form, trained: Trained, calibration: Part, cache: ArtifactCache, quantization: Quantization) -> Network:
    """The network for single images, quantized with the calibration part if the form is.

    Raises:
        CacheError: the cache cannot be written.
    """
    if form is Form.WEIGHTS:
        return Network(module=trained.module, files={}, digest=trained.digest)
    entry = _MAKERS[form](trained, calibration, cache, quantization)
    files = {path.suffix: path for path in entry.iterdir() if path.suffix in (".xml", ".bin", ".onnx")}
    return Network(module=None, files=files, digest=entry_digest(entry))


def _onnx(trained: Trained, calibration: Part, cache: ArtifactCache, _: Quantization) -> Path:
    from archbench.models.onnx_export import export_onnx

    def make(folder: Path) -> None:
        export_onnx(trained.module, (1, *calibration.images.shape[1:]), folder / "model.onnx")

    return cache.fetch(content_key("trained-onnx", trained.digest, package_version("torch"), package_version("onnx")), make)


def _ir(trained: Trained, calibration: Part, cache: ArtifactCache, quantization: Quantization) -> Path:
    from archbench.backends.openvino_conversion import ir_from_onnx

    source = _onnx(trained, calibration, cache, quantization)

    def make(folder: Path) -> None:
        ir_from_onnx(source / "model.onnx", folder / "model.xml")

    return cache.fetch(content_key("trained-ir", entry_digest(source), package_version("openvino")), make)


def _int8_ir(trained: Trained, calibration: Part, cache: ArtifactCache, quantization: Quantization) -> Path:
    from archbench.backends.openvino_quantization import quantize_ir, quantize_ir_controlled

    source = _ir(trained, calibration, cache, quantization)

    def make(folder: Path) -> None:
        inputs, target = _single(calibration), folder / "model.xml"
        if quantization.max_drop is None:
            quantize_ir(source / "model.xml", inputs, target)
        else:
            examples = list(zip(inputs, calibration.labels.tolist(), strict=True))
            quantize_ir_controlled(source / "model.xml", examples, quantization.max_drop, target)

    versions = (package_version("openvino"), package_version("nncf"))
    return cache.fetch(
        content_key("trained-ir-int8", entry_digest(source), calibration.digest, str(quantization.max_drop), *versions), make
    )


def _int8_onnx(trained: Trained, calibration: Part, cache: ArtifactCache, quantization: Quantization) -> Path:
    from archbench.backends.onnxruntime_quantization import quantize_onnx

    source = _onnx(trained, calibration, cache, quantization)

    def make(folder: Path) -> None:
        quantize_onnx(source / "model.onnx", _single(calibration), folder / "model.onnx", per_channel=quantization.per_channel)

    version = package_version("onnxruntime")
    return cache.fetch(
        content_key("trained-onnx-int8", entry_digest(source), calibration.digest, str(quantization.per_channel), version), make
    )


def _single(part: Part) -> list[NDArray[np.float32]]:
    return [part.images[index : index + 1] for index in range(len(part))]


_MAKERS: Mapping[Form, Callable[[Trained, Part, ArtifactCache, Quantization], Path]] = {
    Form.ONNX: _onnx,
    Form.IR: _ir,
    Form.IR_INT8: _int8_ir,
    Form.ONNX_INT8: _int8_onnx,
}
