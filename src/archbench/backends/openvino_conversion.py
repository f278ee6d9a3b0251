"""Into OpenVINO's intermediate representation: from ONNX, straight from a torch module, and from IR of the user's."""

from __future__ import annotations

import warnings
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import openvino as ov
from numpy.typing import NDArray

from archbench.errors import ModelError, last_line

if TYPE_CHECKING:
    import torch


def ir_from_onnx(onnx_path: Path, ir_path: Path) -> None:
    """Read an ONNX file and write it as IR (`.xml` and `.bin`) with weights uncompressed."""
    ov.save_model(ov.Core().read_model(onnx_path), ir_path, compress_to_fp16=False)


def ir_from_module(module: torch.nn.Module, input_shape: tuple[int, ...], ir_path: Path) -> None:
    """Trace the module for a fixed input shape and write it as IR with weights uncompressed."""
    import torch

    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)  # the converter's own use of torch.jit.trace
        model = ov.convert_model(module, example_input=torch.zeros(input_shape), input=list(input_shape))
    ov.save_model(model, ir_path, compress_to_fp16=False)


def ir_input_shape(path: Path) -> tuple[int, ...]:
    """The shape of the only input of a user's IR.

    Raises:
        ModelError: it cannot be read, has other than one input and one output in float32, or a dimension that is not fixed.
    """
    declared = _read_ir(path).input(0)
    dimensions = declared.get_partial_shape()
    for index, dimension in enumerate(dimensions):
        if dimension.is_dynamic:
            raise ModelError(
                f"{path}: dimension {index} of input {declared.get_any_name()!r} is not fixed; give its shape, as in --input"
                f" {'x'.join(str(1 if size.is_dynamic else size.get_length()) for size in dimensions)}."
            )
    return tuple(dimension.get_length() for dimension in dimensions)


def ir_from_ir(source: Path, shape: tuple[int, ...], target: Path) -> None:
    """Write a user's IR again with its input of that shape.

    Raises:
        ModelError: it cannot be read, or its input cannot have that shape.
    """
    ov.save_model(read_ir(source, shape), target, compress_to_fp16=False)


def run_exactly(path: Path, shape: tuple[int, ...], images: NDArray[np.float32]) -> NDArray[np.float64]:
    """The output of a user's IR in the mode that OpenVINO calls accurate: float32, and nothing rounded further.

    Raises:
        ModelError: it cannot be read, or its input cannot have that shape.
    """
    compiled = ov.Core().compile_model(
        read_ir(path, shape), "CPU", {"EXECUTION_MODE_HINT": "ACCURACY", "INFERENCE_PRECISION_HINT": "f32"}
    )
    return np.asarray(compiled(images)[0], dtype=np.float64)


def read_ir(path: Path, shape: tuple[int, ...]) -> ov.Model:
    """A user's IR with its input of that shape.

    Raises:
        ModelError: it cannot be read, or its input cannot have that shape.
    """
    model = _read_ir(path)
    try:
        model.reshape(list(shape))
    except RuntimeError as error:
        raise ModelError(f"{path} cannot take an input of {'x'.join(map(str, shape))}: {last_line(error)}") from error
    return model


def _read_ir(path: Path) -> ov.Model:
    for file in (path, path.with_suffix(".bin")):
        if not file.is_file():
            raise ModelError(f"cannot read {file}: no such file; OpenVINO IR is an .xml and a .bin file.")
    try:
        model = ov.Core().read_model(path)
    except RuntimeError as error:
        raise ModelError(f"{path} is not OpenVINO IR: {last_line(error)}") from error
    for kind, found in (("input", model.inputs), ("output", model.outputs)):
        if len(found) != 1:
            raise ModelError(f"{path}: a model has one {kind}, but this one has {len(found)}.")
        if found[0].get_element_type() != ov.Type.f32:
            raise ModelError(f"{path}: the {kind} must be float32, but is {found[0].get_element_type().get_type_name()}.")
    return model
