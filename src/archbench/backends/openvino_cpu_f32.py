"""`openvino-cpu-f32`: OpenVINO on the CPU in float32, also where the CPU has bfloat16."""

from __future__ import annotations

from archbench.backends.openvino_backend import OpenVinoBackend
from archbench.contracts import Precision

OPENVINO_CPU_F32 = OpenVinoBackend(name="openvino-cpu-f32", device="CPU", precision=Precision.F32)
