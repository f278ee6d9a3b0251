"""OpenVINO's intermediate representation, compiled for one device, shared by the OpenVINO backends."""

from __future__ import annotations

import functools
import io
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import openvino as ov
from numpy.typing import NDArray

from archbench.cache import ArtifactCache, content_key
from archbench.contracts import Network, Precision, RunSettings
from archbench.errors import BackendError, last_line

if TYPE_CHECKING:
    from openvino import CompiledModel

_HINTS = {Precision.F32: "f32", Precision.BF16: "bf16", Precision.F16: "f16", Precision.I8: "f32"}

#: Kinds of nodes whose precision is that of a network.
_PROVING = ("Convolution", "FullyConnected")

#: What the runtime graph calls their precision, where a hint alone does not prove it.
_EXECUTED = {Precision.BF16: {"bf16"}, Precision.I8: {"i8", "u8"}}
_READ_BACK = (
    "INFERENCE_PRECISION_HINT",
    "INFERENCE_NUM_THREADS",
    "NUM_STREAMS",
    "PERFORMANCE_HINT",
    "EXECUTION_MODE_HINT",
    "ENABLE_CPU_PINNING",
    "ENABLE_HYPER_THREADING",
    "EXECUTION_DEVICES",
    "RUNTIME_REQUIREMENTS",
    "CPU_DENORMALS_OPTIMIZATION",
)


@dataclass(frozen=True, slots=True, kw_only=True)
class ExecutedNode:
    """A node of the runtime graph and the layers of the network that it does, by name."""

    name: str
    kind: str
    kernel: str
    precision: str
    layout: str
    layers: tuple[str, ...]


def executed_nodes(compiled: CompiledModel) -> list[ExecutedNode]:
    """In order of execution, without constants, inputs and outputs."""
    found = (_executed_node(node) for node in compiled.get_runtime_model().get_ordered_ops())
    return [node for node in found if node.kind not in ("Const", "Input", "Output")]


def _executed_node(node: ov.Node) -> ExecutedNode:
    information = node.get_rt_info()
    kind, kernel, precision, layout, layers = (
        str(information[name].value) if name in information else ""
        for name in ("layerType", "primitiveType", "runtimePrecision", "outputLayouts", "originalLayersNames")
    )
    return ExecutedNode(
        name=node.get_friendly_name(),
        kind=kind,
        kernel=kernel,
        precision=precision,
        layout=layout,
        layers=tuple(name for name in layers.split(",") if name),
    )


class OpenVinoModel:
    """A compiled model with one inference request."""

    def __init__(self, network: Network, device: str, precision: Precision, settings: RunSettings) -> None:
        asked = requested(device, precision, settings)
        core = _core()
        try:
            self._compiled = _compile(core, network, device, asked, settings)
        except RuntimeError as error:
            raise BackendError(f"OpenVINO {device} refused the model: {last_line(error)}") from error
        require_granted(self._compiled, asked)
        self._lowered = _require_lowered(self._compiled, precision)
        self._request = self._compiled.create_infer_request()
        self._tensor: ov.Tensor | None = None

    def bind(self, input_array: NDArray[np.float32]) -> None:
        self._tensor = ov.Tensor(input_array, shared_memory=True)
        self._request.set_input_tensor(self._tensor)

    def run(self) -> None:
        self._request.infer(share_outputs=True)

    def output(self) -> NDArray[np.float32]:
        return np.array(self._request.get_output_tensor().data, dtype=np.float32)

    def granted(self) -> Mapping[str, str]:
        supported = self._compiled.get_property("SUPPORTED_PROPERTIES")
        read = {name.lower(): _text(self._compiled.get_property(name)) for name in _READ_BACK if name in supported}
        return {**read, **self._lowered}

    def executed_graph(self) -> tuple[str, ...]:
        return tuple(
            f"{node.kind} {node.kernel} {node.precision} {node.layout} <- {','.join(node.layers)}"
            for node in executed_nodes(self._compiled)
        )


@functools.cache
def _core() -> ov.Core:
    """One a process, which makes it late: it has threads, and they do not survive a fork."""
    return ov.Core()


@functools.cache
def device_absence(device: str, capability: str | None) -> str | None:
    """Why OpenVINO cannot use `device`, or cannot compute on it in `capability` (`BF16`, `FP16`), or None."""
    core = _core()
    try:
        devices = core.available_devices
    except RuntimeError as error:
        return f"OpenVINO failed to list devices: {last_line(error)}"
    if not any(name.partition(".")[0] == device for name in devices):
        return f"OpenVINO finds no {device} device (it finds: {', '.join(devices) or 'none'})"
    capabilities = core.get_property(device, "OPTIMIZATION_CAPABILITIES")
    if capability is not None and capability not in capabilities:
        return f"OpenVINO's {device} device has no native {capability} here (it has: {', '.join(capabilities)})"
    return None


def version() -> str:
    """OpenVINO's version and build."""
    return str(ov.get_version())


def requested(device: str, precision: Precision, settings: RunSettings) -> dict[str, Any]:
    """The configuration that a device is asked for."""
    asked: dict[str, Any] = {
        "INFERENCE_PRECISION_HINT": _HINTS[precision],
        "NUM_STREAMS": 1,
        "PERFORMANCE_HINT": "LATENCY",
    }
    if device == "CPU":
        # The worker's own affinity decides where threads run; OpenVINO would put every process on the same cores.
        asked |= {"INFERENCE_NUM_THREADS": settings.threads, "ENABLE_CPU_PINNING": False}
    return asked


def _compile(core: ov.Core, network: Network, device: str, asked: Mapping[str, Any], settings: RunSettings) -> CompiledModel:
    """Import the cached blob; compile from the intermediate representation and cache it on the first time."""

    def build(folder: Path) -> None:
        compiled = core.compile_model(core.read_model(network.files[".xml"]), device, dict(asked))
        exported = compiled.export_model()
        (folder / "model.blob").write_bytes(exported.getvalue() if isinstance(exported, io.BytesIO) else exported)

    key = content_key(
        "openvino-blob",
        network.digest,
        device,
        str(sorted(asked.items())),
        version(),
        str(settings.isa),
        _cpu_features(core),
    )
    blob = ArtifactCache(settings.cache).fetch(key, build) / "model.blob"
    return core.import_model(io.BytesIO(blob.read_bytes()), device, dict(asked))


def _cpu_features(core: ov.Core) -> str:
    return f"{core.get_property('CPU', 'FULL_DEVICE_NAME')} {core.get_property('CPU', 'OPTIMIZATION_CAPABILITIES')}"


def require_granted(compiled: CompiledModel, asked: Mapping[str, Any]) -> None:
    """Check that streams, threads and precision are those asked for.

    Raises:
        BackendError: one is not.
    """
    names = ("NUM_STREAMS", "INFERENCE_NUM_THREADS", "INFERENCE_PRECISION_HINT")
    for name in (name for name in names if name in asked):
        granted = compiled.get_property(name)
        value = granted.to_string() if isinstance(granted, ov.Type) else granted
        if str(value) != str(asked[name]):
            raise BackendError(f"OpenVINO was asked for {name}={asked[name]} but granted {value}.")


def _require_lowered(compiled: CompiledModel, precision: Precision) -> Mapping[str, str]:
    """How many convolutions of the runtime graph, or fully connected layers where it has none, are in the low precision.

    Nothing for a precision that needs no proof.

    Raises:
        BackendError: none is.
    """
    if precision not in _EXECUTED:
        return {}
    found = _precisions(compiled)
    if not any(found[name] for name in _EXECUTED[precision]):
        computed = f"computes in {', '.join(found)}" if found else "the network has nothing that shows it"
        raise BackendError(f"OpenVINO was asked for {precision.value} but {computed}.")
    return {"convolutions": ", ".join(f"{count} {name}" for name, count in sorted(found.items()))}


def _precisions(compiled: CompiledModel) -> Counter[str]:
    """Of the first of _PROVING that the network has, how many nodes there are in each precision."""
    nodes = executed_nodes(compiled)
    for kind in _PROVING:
        if counts := Counter(node.precision for node in nodes if node.kind == kind):
            return counts
    return Counter()


def _text(value: Any) -> str:
    if isinstance(value, ov.Type):
        return str(value.to_string())
    return ", ".join(map(str, value)) if isinstance(value, list | tuple | set) else str(value)
