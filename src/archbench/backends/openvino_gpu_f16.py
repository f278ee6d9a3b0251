"""`openvino-gpu-f16`: OpenVINO on an Intel GPU in float16."""

from __future__ import annotations

from archbench.backends.openvino_backend import OpenVinoBackend
from archbench.contracts import Precision

OPENVINO_GPU_F16 = OpenVinoBackend(name="openvino-gpu-f16", device="GPU", precision=Precision.F16, capability="FP16")
