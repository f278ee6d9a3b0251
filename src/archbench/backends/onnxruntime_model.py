"""An ONNX file in one session of ONNX Runtime, its input and output bound to memory that stays."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import onnxruntime as ort
from numpy.typing import NDArray

from archbench.cache import ArtifactCache, content_key
from archbench.contracts import Network, Precision, RunSettings
from archbench.errors import BackendError, one_line

if TYPE_CHECKING:
    import onnx

_PROVIDER = "CPUExecutionProvider"


class OnnxRuntimeModel:
    """One session with its graph optimised for this machine, single stream."""

    def __init__(self, network: Network, precision: Precision, settings: RunSettings) -> None:
        if settings.isa is not None:
            raise BackendError(f"ONNX Runtime takes no ISA cap, but {settings.isa!r} was asked for.")
        entry = _optimised(network, settings)
        self._graph = tuple((entry / "graph.txt").read_text().splitlines())
        self._lowered = _require_lowered(self._graph) if precision is Precision.I8 else {}
        self._session = _session(entry / "model.onnx", _options(settings, ort.GraphOptimizationLevel.ORT_DISABLE_ALL))
        self._binding = self._session.io_binding()
        self._output: ort.OrtValue | None = None

    def bind(self, input_array: NDArray[np.float32]) -> None:
        (inputs,), (outputs,) = self._session.get_inputs(), self._session.get_outputs()
        self._output = ort.OrtValue.ortvalue_from_shape_and_type(outputs.shape, np.float32)
        self._binding.bind_ortvalue_input(inputs.name, ort.OrtValue.ortvalue_from_numpy(input_array))
        self._binding.bind_ortvalue_output(outputs.name, self._output)

    def run(self) -> None:
        self._session.run_with_iobinding(self._binding)

    def output(self) -> NDArray[np.float32]:
        if self._output is None:
            raise RuntimeError("`bind` must come before `output`.")
        return np.array(self._output.numpy())

    def granted(self) -> Mapping[str, str]:
        options = self._session.get_session_options()
        return {
            "threads": str(options.intra_op_num_threads),
            "inter_op_threads": str(options.inter_op_num_threads),
            "execution_mode": options.execution_mode.name,
            "allow_spinning": options.get_session_config_entry(_SPINNING),
            "providers": ", ".join(self._session.get_providers()),
            **self._lowered,
        }

    def executed_graph(self) -> tuple[str, ...]:
        return self._graph


_SPINNING = "session.intra_op.allow_spinning"


def _options(settings: RunSettings, level: ort.GraphOptimizationLevel) -> ort.SessionOptions:
    options = ort.SessionOptions()
    options.intra_op_num_threads = settings.threads
    options.inter_op_num_threads = 1
    options.execution_mode = ort.ExecutionMode.ORT_SEQUENTIAL
    options.graph_optimization_level = level
    # Threads that spin between inferences would be a neighbour of the other backends.
    options.add_session_config_entry(_SPINNING, "0")
    options.log_severity_level = 3
    return options


def _optimised(network: Network, settings: RunSettings) -> Path:
    """The graph as ONNX Runtime would run it here, with a line a node, from the cache or made now."""

    def make(folder: Path) -> None:
        import onnx

        options = _options(settings, ort.GraphOptimizationLevel.ORT_ENABLE_ALL)
        options.optimized_model_filepath = str(folder / "model.onnx")
        _session(network.files[".onnx"], options)
        nodes = onnx.load(folder / "model.onnx").graph.node
        (folder / "graph.txt").write_text("\n".join(_describe(node) for node in nodes))

    key = content_key("onnxruntime", network.digest, ort.__version__, str(settings.threads), _cpu())
    return ArtifactCache(settings.cache).fetch(key, make)


def _session(path: Path, options: ort.SessionOptions) -> ort.InferenceSession:
    try:
        return ort.InferenceSession(path, options, providers=[_PROVIDER])
    except Exception as error:  # its exceptions share no base class but this
        raise BackendError(f"ONNX Runtime refused the model: {one_line(error)}") from error


def _describe(node: onnx.NodeProto) -> str:
    """Operator, domain and, of a fused one, its activation; then what it makes."""
    fused = next((attribute.s.decode() for attribute in node.attribute if attribute.name == "activation"), "")
    domain = f"{node.domain}." if node.domain else ""
    return f"{domain}{node.op_type}{f'+{fused}' if fused else ''} -> {', '.join(node.output)}"


def _require_lowered(graph: Iterable[str]) -> Mapping[str, str]:
    """How many convolutions of the optimised graph are in 8 bits.

    Raises:
        BackendError: none is.
    """
    operators = (line.split()[0].rpartition(".")[2].partition("+")[0] for line in graph)
    found = Counter("u8" if name == "QLinearConv" else "f32" for name in operators if name.endswith("Conv"))
    if not found["u8"]:
        raise BackendError("ONNX Runtime was asked for int8 but computes no convolution in it.")
    return {"convolutions": ", ".join(f"{count} {name}" for name, count in sorted(found.items()))}


def _cpu() -> str:
    """What the graph is optimised for: its layout follows the width of the vector registers."""
    found = [line for line in Path("/proc/cpuinfo").read_text().splitlines() if line.startswith(("model name", "flags"))]
    return "\n".join(found[:2])
