"""`openvino-cpu-int8`: OpenVINO on the CPU with weights and activations quantized to 8 bits by NNCF."""

from __future__ import annotations

from archbench.backends.openvino_backend import OpenVinoBackend
from archbench.contracts import Form, Precision

OPENVINO_CPU_INT8 = OpenVinoBackend(
    name="openvino-cpu-int8", device="CPU", precision=Precision.I8, form=Form.IR_INT8, requires="nncf"
)
