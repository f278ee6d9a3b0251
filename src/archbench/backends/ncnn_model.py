"""ncnn's own network, loaded for the CPU with every option off that would compute or store in fewer bits than 32."""

from __future__ import annotations

from collections.abc import Mapping

import ncnn
import numpy as np
from numpy.typing import NDArray

from archbench.contracts import Network, RunSettings
from archbench.errors import BackendError

#: By default ncnn stores half floats wherever the processor converts them fast.
_OFF = (
    "use_fp16_packed",
    "use_fp16_storage",
    "use_fp16_arithmetic",
    "use_bf16_packed",
    "use_bf16_storage",
    "use_vulkan_compute",
)
_READ_BACK = (*_OFF, "use_packing_layout", "use_winograd_convolution", "use_sgemm_convolution")


class NcnnModel:
    """A network that runs a whole batch at once."""

    def __init__(self, network: Network, settings: RunSettings) -> None:
        if settings.isa is not None:
            raise BackendError(f"ncnn takes no ISA cap, but {settings.isa!r} was asked for.")
        self._net = _loaded(network, settings.threads)
        (self._source,), (self._sink,) = self._net.input_indexes(), self._net.output_indexes()
        self._input: ncnn.Mat | None = None
        self._output = ncnn.Mat()

    def bind(self, input_array: NDArray[np.float32]) -> None:
        # A copy, made once: in ncnn's memory every channel begins on a boundary of its own.
        self._input = ncnn.Mat(input_array, batch_index=0)

    def run(self) -> None:
        # An extractor gives what it once computed again, so each run has its own.
        extractor = self._net.create_extractor()
        if extractor.input(self._source, self._input) or extractor.extract(self._sink, self._output):
            raise BackendError("ncnn failed to run the network.")

    def output(self) -> NDArray[np.float32]:
        if self._output.empty():
            raise RuntimeError("`run` must come before `output`.")
        return np.stack([np.array(self._output.batch(index)) for index in range(self._output.n)])

    def granted(self) -> Mapping[str, str]:
        options = self._net.opt
        return {"threads": str(options.num_threads), **{name: str(getattr(options, name)) for name in _READ_BACK}}

    def executed_graph(self) -> tuple[str, ...]:
        return tuple(f"{layer.type} {layer.name}" for layer in self._net.layers() if layer.type != "Input")


def _loaded(network: Network, threads: int) -> ncnn.Net:
    net = ncnn.Net()
    net.opt.num_threads = threads
    for name in _OFF:
        setattr(net.opt, name, False)
    for load, suffix in ((net.load_param, ".param"), (net.load_model, ".bin")):
        if load(str(network.files[suffix])) != 0:
            raise BackendError(
                f"ncnn refused the model: it cannot read {network.files[suffix].name} (its reason is on stderr)."
            )
    return net
