"""`torch`: eager PyTorch, NCHW. The reference that every speedup is measured against."""

from __future__ import annotations

from archbench.backends.torch_backend import TorchBackend

TORCH = TorchBackend(name="torch")
