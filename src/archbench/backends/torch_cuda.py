"""`torch-cuda`, eager PyTorch on an NVIDIA GPU, and `torch-cuda-graph`, the same kernels replayed as one CUDA graph."""

from __future__ import annotations

from dataclasses import dataclass

from archbench.backends.torch_backend import PRELOAD
from archbench.contracts import CompiledModel, Form, Network, Precision, RunSettings
from archbench.errors import BackendError


@dataclass(frozen=True, slots=True, kw_only=True)
class TorchCudaBackend:
    """A torch module on the first CUDA device; `replayed` if it is captured once and replayed as a graph."""

    name: str
    replayed: bool = False
    form: Form = Form.WEIGHTS
    precision: Precision = Precision.F32
    device: str = "GPU"
    # CUDA does not survive a fork: a worker's launcher imports torch and touches no device.
    preload: tuple[str, ...] = (*PRELOAD, "archbench.backends.torch_cuda_model")

    def absence(self) -> str | None:
        from archbench.backends.torch_cuda_model import device_absence

        return device_absence()

    def version(self) -> str:
        from archbench.backends.torch_cuda_model import version

        return version()

    def load(self, network: Network, settings: RunSettings) -> CompiledModel:
        from archbench.backends.torch_cuda_model import TorchCudaModel

        if settings.isa is not None:
            raise BackendError(f"a GPU takes no ISA cap, but {settings.isa!r} was asked for.")
        return TorchCudaModel(network.module, settings, replayed=self.replayed)


TORCH_CUDA = TorchCudaBackend(name="torch-cuda")
TORCH_CUDA_GRAPH = TorchCudaBackend(name="torch-cuda-graph", replayed=True)
