"""archbench: how the form of a convolutional network becomes speed on this machine.

Importing this package is cheap: torch, OpenVINO and ONNX are imported only by the file that needs them.
"""

__version__ = "0.1.0"
