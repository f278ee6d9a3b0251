"""archbench: how the form of a convolutional network becomes speed on this machine.

Importing this package is cheap: torch, OpenVINO and ONNX are imported only by the file that needs them.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from archbench.measurement.compare import compare_model as compare

__version__ = "0.1.0"

__all__ = ["compare"]


def __getattr__(name: str) -> Any:
    """`archbench.compare`, imported when it is asked for."""
    if name != "compare":
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from archbench.measurement.compare import compare_model

    return compare_model
