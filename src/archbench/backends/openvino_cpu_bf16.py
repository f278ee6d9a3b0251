"""`openvino-cpu-bf16`: OpenVINO on a CPU that computes in bfloat16."""

from __future__ import annotations

from archbench.backends.openvino_backend import OpenVinoBackend
from archbench.contracts import Precision

OPENVINO_CPU_BF16 = OpenVinoBackend(name="openvino-cpu-bf16", device="CPU", precision=Precision.BF16, capability="BF16")
