"""`onnxruntime-int8`: ONNX Runtime with weights and activations quantized to 8 bits by its own static quantization."""

from __future__ import annotations

from archbench.backends.onnxruntime_backend import OnnxRuntimeBackend
from archbench.contracts import Form, Precision

ONNXRUNTIME_INT8 = OnnxRuntimeBackend(name="onnxruntime-int8", precision=Precision.I8, form=Form.ONNX_INT8)
