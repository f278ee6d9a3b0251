"""Post-training quantization of OpenVINO's intermediate representation to 8 bits, by NNCF."""

from __future__ import annotations

import logging
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager, redirect_stdout
from os import devnull
from pathlib import Path

import nncf
import numpy as np
import openvino as ov
from numpy.typing import NDArray
from openvino.passes import ConstantFolding, Manager

#: An input and the class that it belongs to.
Example = tuple[NDArray[np.float32], int]


def quantize_ir(source: Path, inputs: Sequence[NDArray[np.float32]], target: Path) -> None:
    """Write `source` as IR whose activations and weights are quantized to what `inputs` let them be."""
    with _silence():
        quantized = nncf.quantize(_folded(source), nncf.Dataset(inputs), subset_size=len(inputs))
    ov.save_model(quantized, target, compress_to_fp16=False)


def quantize_ir_controlled(source: Path, examples: Sequence[Example], max_drop: float, target: Path) -> None:
    """Write `source` as quantized IR that classifies `examples`, its share of right ones at most `max_drop` lower.

    Operators are put back into float32, the most harmful first, until that holds. `examples` are single images with their
    classes.
    """
    with _silence():
        quantized = nncf.quantize_with_accuracy_control(
            _folded(source),
            calibration_dataset=nncf.Dataset(examples, lambda example: example[0]),
            validation_dataset=nncf.Dataset(examples),
            validation_fn=_share_right,
            max_drop=max_drop,
            subset_size=len(examples),
        )
    ov.save_model(quantized, target, compress_to_fp16=False)


def _folded(source: Path) -> ov.Model:
    model = ov.Core().read_model(source)
    # ONNX has no grouped convolution of its own: what makes its weights must be one constant, or it stays in float32.
    folding = Manager()
    folding.register_pass(ConstantFolding())
    folding.run_passes(model)
    return model


def _share_right(compiled: ov.CompiledModel, examples: Iterable[Example]) -> tuple[float, list[float]]:
    """The share of examples classified right, and for each 1 or 0."""
    right = [float(np.argmax(compiled(image)[0]) == label) for image, label in examples]
    return sum(right) / len(right), right


@contextmanager
def _silence() -> Iterator[None]:
    """Without NNCF's progress bars, which go to standard output."""
    logging.getLogger("nncf").setLevel(logging.ERROR)
    with Path(devnull).open("w") as nowhere, redirect_stdout(nowhere):
        yield
