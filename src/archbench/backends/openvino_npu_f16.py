"""`openvino-npu-f16`: OpenVINO on an Intel NPU in float16."""

from __future__ import annotations

from archbench.backends.openvino_backend import OpenVinoBackend
from archbench.contracts import Precision

OPENVINO_NPU_F16 = OpenVinoBackend(name="openvino-npu-f16", device="NPU", precision=Precision.F16)
