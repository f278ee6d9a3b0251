"""Static quantization of an ONNX file to 8 bits, by ONNX Runtime."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

import numpy as np
import onnx
import onnx.version_converter
from numpy.typing import NDArray
from onnxruntime.quantization import CalibrationDataReader, QuantFormat, QuantType, quantize_static
from onnxruntime.quantization.shape_inference import quant_pre_process

_FIRST_BY_CHANNEL = 13


class _Inputs(CalibrationDataReader):  # type: ignore[misc]  # the library knows a reader by its class
    def __init__(self, name: str, inputs: Sequence[NDArray[np.float32]]) -> None:
        self._left: Iterator[Mapping[str, NDArray[np.float32]]] = iter([{name: entry} for entry in inputs])

    def get_next(self) -> Mapping[str, NDArray[np.float32]] | None:
        return next(self._left, None)


def _recent(model: onnx.ModelProto) -> onnx.ModelProto:
    """The model in an operator set that knows quantization by channel."""
    version = next(entry.version for entry in model.opset_import if entry.domain == "")
    return onnx.version_converter.convert_version(model, _FIRST_BY_CHANNEL) if version < _FIRST_BY_CHANNEL else model


def quantize_onnx(source: Path, inputs: Sequence[NDArray[np.float32]], target: Path, *, per_channel: bool = True) -> None:
    """Write `source` with quantized weights and activations, these unsigned: what x86 multiplies fastest.

    With `per_channel` each output channel of a weight has a scale of its own.
    """
    prepared = target.with_name("prepared.onnx")
    quant_pre_process(_recent(onnx.load(source)), prepared, skip_symbolic_shape=True)
    name = onnx.load(prepared, load_external_data=False).graph.input[0].name
    quantize_static(
        prepared,
        target,
        _Inputs(name, inputs),
        quant_format=QuantFormat.QDQ,
        per_channel=per_channel,
        activation_type=QuantType.QUInt8,
        weight_type=QuantType.QInt8,
    )
    prepared.unlink()
