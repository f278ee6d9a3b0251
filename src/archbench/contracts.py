"""What the interchangeable parts promise each other."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import Enum
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol, runtime_checkable

from archbench.records.peaks import Limit
from archbench.registry import BACKENDS, INSTRUMENTS, resolve

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray


class Precision(Enum):
    """Arithmetic that a backend asks for."""

    F32 = "f32"
    BF16 = "bf16"
    F16 = "f16"
    I8 = "int8"


class Form(Enum):
    """What a backend loads: torch weights for the module, the files of OpenVINO, ONNX or ncnn, or quantized ones."""

    WEIGHTS = "weights"
    IR = "ir"
    IR_INT8 = "ir-int8"
    ONNX = "onnx"
    ONNX_INT8 = "onnx-int8"
    NCNN = "ncnn"


@dataclass(frozen=True, slots=True, kw_only=True)
class Network:
    """A workload made ready to load.

    Args:
        module: the torch module, set only if the backend's form is WEIGHTS.
        files: paths of the artifact, by suffix (`.xml`, `.bin`, `.onnx`, `.param`), set for every other form.
        digest: content hash of what is loaded.
    """

    module: Any
    files: Mapping[str, Path]
    digest: str


@dataclass(frozen=True, slots=True, kw_only=True)
class RunSettings:
    """What is asked of a backend. `cache` is a folder it may keep compiled models in."""

    threads: int
    isa: str | None
    cache: Path


@dataclass(frozen=True, slots=True, kw_only=True)
class LayerTime:
    """Seconds an inference of one layer, or of one executed node that does several of the network's layers."""

    layers: tuple[str, ...]
    kind: str
    kernel: str
    seconds: float


@dataclass(frozen=True, slots=True, kw_only=True)
class LayerTimes:
    """The layers in order of execution, and the seconds of a whole inference that was not watched."""

    layers: tuple[LayerTime, ...]
    seconds: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Contender:
    """One way to reach a limit of the machine, ready to run; the other fields as in `archbench.records.peaks.Trial`."""

    limit: Limit
    of: str
    way: str
    kernel: str
    work: float
    run: Callable[[], None]


@dataclass(frozen=True, slots=True, kw_only=True)
class Kernel:
    """A node that an engine executes, or an operator of a graph, and what its time depends on.

    Args:
        kind: of layer, as the engine or the graph names it.
        implementation: the engine's name of the code that runs; empty where it has none to tell.
        layout: of what it reads and writes, where the engine says.
        inputs: shapes of what it reads that follows from the network's input.
        weights: shapes of what it reads that does not.
        outputs: shapes of what it writes.
        window: rows and columns that one output element sees.
        stride: of the window.
        groups: of channels that see only each other.
        fused: kinds of the operators that it does besides its own, in their order; what folds into weights is none.
    """

    kind: str
    implementation: str = ""
    layout: str = ""
    inputs: tuple[tuple[int, ...], ...] = ()
    weights: tuple[tuple[int, ...], ...] = ()
    outputs: tuple[tuple[int, ...], ...] = ()
    window: tuple[int, int] = (1, 1)
    stride: int = 1
    groups: int = 1
    fused: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Lowering:
    """What an engine executes of a network, and the operators that it was given, each in order."""

    executed: tuple[Kernel, ...]
    given: tuple[Kernel, ...]


class CompiledModel(Protocol):
    """A network loaded and ready to run on one bound input.

    Obligations: `run` is synchronous, does the same work at each call and leaves the output where `output` finds it; it does
    not copy the input or the output. Not thread-safe; owned by one worker.
    """

    def bind(self, input_array: NDArray[np.float32]) -> None:
        """Use `input_array` in every later run. The caller keeps it alive."""

    def run(self) -> None:
        """One forward pass of the whole batch."""

    def output(self) -> NDArray[np.float32]:
        """A float32 copy of the output of the last run."""

    def granted(self) -> Mapping[str, str]:
        """The configuration read back from the engine, never what was asked for."""

    def executed_graph(self) -> tuple[str, ...]:
        """One line for each executed node: kind, kernel, precision, layout and what was fused into it; () if unknown."""


@runtime_checkable
class DeviceTimed(Protocol):
    """A compiled model whose device keeps its own time, which is sampled in place of the host's clock."""

    def device_ns(self) -> int:
        """Nanoseconds that the device took for the last run, by its own clock."""


class Backend(Protocol):
    """A runtime in one precision. Importing its file imports nothing heavy; the methods may.

    Obligations: `load` honours the settings or raises BackendError; equal settings and network give equal outputs.
    """

    name: str
    form: Form
    precision: Precision
    #: What it computes on: CPU, GPU or NPU.
    device: str
    #: Modules that a worker imports before it forks.
    preload: tuple[str, ...]

    def absence(self) -> str | None:
        """Why this machine cannot run the backend, or None. Must not raise."""

    def version(self) -> str:
        """Version of the runtime that executes, as it reports itself."""

    def load(self, network: Network, settings: RunSettings) -> CompiledModel:
        """Compile `network`.

        Raises:
            BackendError: the engine refused, or did not grant the precision or threads asked for.
        """


#: Whole numbers by state of the machine ("cold", "warm", ...) and quantity.
Readings = Mapping[str, Mapping[str, int]]


class Simulator(Protocol):
    """A machine in software that workers can be run on. Importing its file imports nothing heavy."""

    def machine(self, model: str) -> str:
        """Name of the machine that `model` simulates, of letters, digits and hyphens.

        Raises:
            UnknownNameError: no such model.
        """

    def command(self, model: str, folder: Path) -> tuple[str, ...]:
        """What goes before the interpreter on the worker's command line; files go to `folder`."""


class Instrument(Protocol):
    """Something besides the clock that reads numbers off a case.

    Obligations: importing its file imports nothing heavy; `prepare` and `read` are called once each, in a worker process of
    the case's own, which runs on the simulator if there is one.
    """

    name: str
    #: What it is, in a few words.
    title: str
    #: The unit of each quantity it reads.
    units: Mapping[str, str]
    #: The machine that the numbers are of: they repeat, may be compared between hosts, and cases may be read side by side.
    #: None if they are measured on this one.
    simulator: Simulator | None
    #: Whether it can read no more than one thread.
    single_threaded: bool
    #: ISA cap and allocator preset of its cases unless others are asked for.
    isa: str | None
    allocator: str

    def absence(self) -> str | None:
        """Why this machine cannot use it, or None. Must not raise."""

    def version(self) -> str:
        """Version of the tool that reads."""

    def prepare(self) -> None:
        """Called before anything of the case is loaded."""

    def read(self, run: Callable[[], None], name: str, folder: Path) -> Readings:
        """Numbers of `run`, one inference, which has been called before. `name` is new at each call."""


class Clock(Protocol):
    """A monotonic clock in nanoseconds."""

    def __call__(self) -> int: ...


def backend_named(name: str) -> Backend:
    """The backend of that name.

    Raises:
        UnknownNameError: there is none.
    """
    backend: Backend = resolve("backend", BACKENDS, name)
    return backend


def instrument_named(name: str) -> Instrument:
    """The instrument of that name.

    Raises:
        UnknownNameError: there is none.
    """
    instrument: Instrument = resolve("instrument", INSTRUMENTS, name)
    return instrument
