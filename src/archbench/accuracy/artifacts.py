"""A network trained on first use, in the form a backend loads."""

from __future__ import annotations

import copy
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from torch import nn

from archbench.accuracy.block import Block
from archbench.cache import ArtifactCache, content_key, entry_digest
from archbench.contracts import Form, Network
from archbench.datasets.dataset import Dataset, Part
from archbench.measurement.artifacts import Artifacts
from archbench.measurement.origins import TorchOrigin, give_weights, package_version, source_digest
from archbench.records.accuracy import Quantization

_SOURCES = (
    "archbench.accuracy.block",
    "archbench.accuracy.module",
    "archbench.accuracy.training",
    "archbench.models.training",
    "archbench.models.patterns",
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Trained:
    """A network after training, for single images: what it is called, and its origin, whose key is the hash of its weights."""

    name: str
    origin: TorchOrigin


def trained_on(dataset: Dataset, block: Block, cache: ArtifactCache) -> Trained:
    """The block's network trained on the training part, on first use.

    Raises:
        CacheError: the cache cannot be written.
    """
    from archbench.accuracy.module import build
    from archbench.accuracy.training import train

    def learn(module: nn.Module) -> None:
        module.load_state_dict(train(block, dataset).state_dict())

    key = content_key("trained", block.id, dataset.digest, source_digest(_SOURCES), package_version("torch"))
    module = build(block, dataset.resolution, dataset.classes).eval().requires_grad_(False)
    entry = give_weights(module, learn, key, cache)
    return trained_network(block.id, module, entry_digest(entry), dataset)


def trained_network(name: str, module: nn.Module, digest: str, dataset: Dataset) -> Trained:
    """A module that was trained on `dataset`, with the digest of its weights."""
    shape, another = (1, *dataset.test.images.shape[1:]), partial(copy.deepcopy, module)
    return Trained(name=name, origin=TorchOrigin(key=digest, shape=shape, build=another, outline=another))


def network_in(form: Form, trained: Trained, calibration: Part, cache: ArtifactCache, quantization: Quantization) -> Network:
    """The network for single images, quantized with the calibration part if the form is.

    Raises:
        CacheError: the cache cannot be written.
    """
    if form is Form.WEIGHTS:
        return Network(module=trained.origin.module(), files={}, digest=trained.origin.key)
    artifacts = Artifacts(
        name=trained.name,
        origin=trained.origin,
        cache=cache,
        calibration=partial(_single, calibration),
        calibrated_by=calibration.digest,
    )
    if form is Form.IR_INT8 and quantization.max_drop is not None:
        lower = partial(_lower_controlled, calibration, quantization.max_drop)
        return artifacts.lowered_ir(f"int8 controlled {quantization.max_drop}", lower)
    if form is Form.ONNX_INT8 and not quantization.per_channel:
        return artifacts.lowered_onnx("int8 by tensor", partial(_lower_by_tensor, calibration))
    return artifacts.network(form)


def _lower_controlled(calibration: Part, max_drop: float, source: Path, target: Path) -> None:
    from archbench.backends.openvino_quantization import quantize_ir_controlled

    examples = list(zip(_single(calibration), calibration.labels.tolist(), strict=True))
    quantize_ir_controlled(source, examples, max_drop, target)


def _lower_by_tensor(calibration: Part, source: Path, target: Path) -> None:
    from archbench.backends.onnxruntime_quantization import quantize_onnx

    quantize_onnx(source, _single(calibration), target, per_channel=False)


def _single(part: Part) -> list[NDArray[np.float32]]:
    return [part.images[index : index + 1] for index in range(len(part))]
