"""`onnxruntime`: ONNX Runtime's own CPU kernels in float32."""

from __future__ import annotations

from archbench.backends.onnxruntime_backend import OnnxRuntimeBackend
from archbench.contracts import Precision

ONNXRUNTIME = OnnxRuntimeBackend(name="onnxruntime", precision=Precision.F32)
