"""Post-training quantization of OpenVINO's intermediate representation to 8 bits, by NNCF."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from pathlib import Path

import nncf
import numpy as np
import openvino as ov
from numpy.typing import NDArray
from openvino.passes import ConstantFolding, Manager


def quantize_ir(source: Path, inputs: Sequence[NDArray[np.float32]], target: Path) -> None:
    """Write `source` as IR whose activations and weights are quantized to what `inputs` let them be."""
    logging.getLogger("nncf").setLevel(logging.ERROR)
    model = ov.Core().read_model(source)
    # ONNX has no grouped convolution of its own: what makes its weights must be one constant, or it stays in float32.
    folding = Manager()
    folding.register_pass(ConstantFolding())
    folding.run_passes(model)
    quantized = nncf.quantize(model, nncf.Dataset(inputs), subset_size=len(inputs))
    ov.save_model(quantized, target, compress_to_fp16=False)
