"""A trained network on one backend after another, image by image, against what it does in torch.

The outputs are kept, as the granted configuration is, so that every number here can be computed again from them.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from archbench.accuracy.artifacts import Trained, network_in, trained_on
from archbench.accuracy.block import Block
from archbench.cache import ArtifactCache, content_key
from archbench.contracts import Backend, CompiledModel, Network, Precision, RunSettings, backend_named
from archbench.datasets.dataset import Dataset, Part
from archbench.errors import UsageError, one_line
from archbench.machine.fingerprint import read_fingerprint
from archbench.measurement.origins import exact_outputs
from archbench.measurement.parity import agree
from archbench.records.accuracy import AccuracyRecord, Quantization, Score
from archbench.registry import REFERENCE_BACKEND
from archbench.stats.proportion import mcnemar_p, paired_difference, share

#: The first one is what a drop is measured against.
JUDGED = (REFERENCE_BACKEND, "openvino-cpu-f32", "openvino-cpu-bf16", "openvino-cpu-int8", "onnxruntime-int8")

#: What is also judged with one scale for all of a weight, and what with control of the drop.
_PER_TENSOR = "onnxruntime-int8"
_CONTROLLED = "openvino-cpu-int8"

#: Images that the reference takes at once.
_CHUNK = 256


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Run:
    """Outputs of shape (images, classes), and the precision of the convolutions as the engine says."""

    outputs: NDArray[np.float32]
    convolutions: str

    @property
    def classes(self) -> NDArray[np.intp]:
        """What each image was taken for."""
        taken: NDArray[np.intp] = np.argmax(self.outputs, axis=1)
        return taken


def evaluate(block: Block, dataset: Dataset, cache: ArtifactCache, max_drop: float | None = None) -> Iterator[AccuracyRecord]:
    """The block's network, trained on first use, as `evaluate_trained` judges it; raises likewise."""
    return evaluate_trained(trained_on(dataset, block, cache), dataset, cache, max_drop)


def evaluate_trained(
    trained: Trained, dataset: Dataset, cache: ArtifactCache, max_drop: float | None = None
) -> Iterator[AccuracyRecord]:
    """A record for each of JUDGED, one for weights quantized by tensor and, with `max_drop` (a share), one under that control.

    Raises:
        CacheError: the cache cannot be written.
    """
    reference = exact_outputs(trained.origin, _chunks(dataset.test))
    native: Run | None = None
    for name, quantization in _asked(max_drop):
        backend = backend_named(name)
        found = _attempt(backend, trained, dataset, cache, quantization)
        if native is None and isinstance(found, Run):
            native = found
        yield AccuracyRecord(
            network=trained.name,
            dataset=dataset.name,
            images=len(dataset.test),
            backend=name,
            precision=backend.precision.value,
            quantization=quantization if backend.precision is Precision.I8 else None,
            score=score(found, native, reference, dataset.test.labels) if isinstance(found, Run) else None,
            reason=None if isinstance(found, Run) else found,
        )


def _asked(max_drop: float | None) -> Iterator[tuple[str, Quantization]]:
    yield from ((name, Quantization()) for name in JUDGED)
    yield _PER_TENSOR, Quantization(per_channel=False)
    if max_drop is not None:
        yield _CONTROLLED, Quantization(max_drop=max_drop)


def score(run: Run, native: Run | None, reference: NDArray[np.float64], labels: NDArray[np.int64]) -> Score:
    """What the outputs of `run` are worth; a drop only against another run, on the same images."""
    right = run.classes == labels
    drop, p_value = None, None
    if native is not None and native is not run:
        was_right = native.classes == labels
        lost, won = int(np.sum(was_right & ~right)), int(np.sum(right & ~was_right))
        drop, p_value = paired_difference(lost, won, len(labels)), mcnemar_p(lost, won)
    near = agree(run.outputs, reference)
    return Score(
        correct=int(right.sum()),
        accuracy=share(int(right.sum()), len(labels)),
        drop=drop,
        p_value=p_value,
        agreement=near.top1,
        output_error=near.error,
        convolutions=run.convolutions,
    )


def _attempt(
    backend: Backend, trained: Trained, dataset: Dataset, cache: ArtifactCache, quantization: Quantization
) -> Run | str:
    """The run on the test part, or why there is none."""
    reason = backend.absence()
    if reason is not None:
        return reason
    try:
        return _run(backend, network_in(backend.form, trained, dataset.calibration, cache, quantization), dataset.test, cache)
    except UsageError:
        raise
    except Exception as error:  # quantizers and engines may raise anything, and it must cost that backend alone
        return one_line(error)


def _run(backend: Backend, network: Network, part: Part, cache: ArtifactCache) -> Run:
    def make(folder: Path) -> None:
        model = backend.load(network, RunSettings(threads=1, isa=None, cache=cache.root))
        np.save(folder / "outputs.npy", _outputs(model, part))
        (folder / "granted.json").write_text(json.dumps(dict(model.granted())))

    machine = read_fingerprint().key
    key = content_key("accuracy-outputs", backend.name, backend.version(), machine, network.digest, part.digest)
    entry = cache.fetch(key, make)
    granted: Mapping[str, str] = json.loads((entry / "granted.json").read_text())
    return Run(outputs=np.load(entry / "outputs.npy", allow_pickle=False), convolutions=granted.get("convolutions", ""))


def _outputs(model: CompiledModel, part: Part) -> NDArray[np.float32]:
    bound = np.empty_like(part.images[:1])
    model.bind(bound)
    outputs = []
    for image in part.images:
        bound[0] = image
        model.run()
        outputs.append(model.output()[0])
    return np.array(outputs)


def _chunks(part: Part) -> Iterator[NDArray[np.float32]]:
    yield from (part.images[start : start + _CHUNK] for start in range(0, len(part), _CHUNK))
