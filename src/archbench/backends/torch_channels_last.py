"""`torch-channels-last`: eager PyTorch with NHWC tensors."""

from __future__ import annotations

from archbench.backends.torch_backend import TorchBackend

TORCH_CHANNELS_LAST = TorchBackend(name="torch-channels-last", memory_format="channels_last")
