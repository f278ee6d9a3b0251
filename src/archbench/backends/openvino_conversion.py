"""Two routes into OpenVINO's intermediate representation: from ONNX, and straight from the torch module."""

from __future__ import annotations

import warnings
from pathlib import Path
from typing import TYPE_CHECKING

import openvino as ov

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
