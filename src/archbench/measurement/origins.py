"""What a workload is made from: a torch module that we build, the user's function, an ONNX file, or OpenVINO's IR.

An origin gives everything that loadable artifacts, the float64 reference and the cost are made of. Its key holds all that
these depend on; for what we build it is taken without importing torch, so that a worker which only reads IR stays light.
"""

from __future__ import annotations

import copy
import dataclasses
import functools
import importlib.metadata
import importlib.util
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from enum import Enum
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

import numpy as np
from numpy.typing import NDArray

from archbench.cache import ArtifactCache, content_key, file_digest, file_stamp
from archbench.contracts import Form
from archbench.cost.counting import count_cost
from archbench.cost.formulas import Cost
from archbench.errors import ModelError
from archbench.workloads.drawn import DrawnWorkload
from archbench.workloads.kws import KwsWorkload
from archbench.workloads.layer import LayerWorkload
from archbench.workloads.model import ModelWorkload, Source
from archbench.workloads.pattern import PatternWorkload
from archbench.workloads.workload import BuiltWorkload, Workload

if TYPE_CHECKING:
    import torch

Floats = NDArray[np.floating[Any]]

_SOURCES = ("archbench.models.weights", "archbench.models.onnx_export", "archbench.measurement.origins")
_PATTERN_SOURCES = ("archbench.models.patterns",)
_LAYER_SOURCES = (
    "archbench.models.layers",
    "archbench.workloads.reach",
    "archbench.workloads.layers.operators",
    "archbench.workloads.layers.blocks",
)
_FILE_SOURCES = (
    "archbench.models.onnx_file",
    "archbench.models.onnx_reference",
    "archbench.backends.openvino_conversion",
    "archbench.cost.openvino_graph",
    "archbench.measurement.origins",
)
_DRAWN_SOURCES = (*_LAYER_SOURCES, "archbench.models.drawn", "archbench.workloads.drawn")
_KWS_SOURCES = ("archbench.models.kws", "archbench.workloads.kws", "archbench.workloads.inputs")
_NETWORK_SOURCES = ("archbench.models.named", "archbench.models.inception_v1")


class Route(Enum):
    """How a torch module becomes OpenVINO IR."""

    ONNX = "onnx"
    DIRECT = "direct"


class Origin(Protocol):
    """What one workload is made from."""

    @property
    def key(self) -> str:
        """Content hash of everything that what it gives depends on, batch and resolution aside."""

    def lacks(self, form: Form) -> str | None:
        """Why the workload cannot be had in that form, or None."""

    def module(self) -> torch.nn.Module:
        """A torch module that the caller may change."""

    def write_onnx(self, path: Path) -> None:
        """The workload as a checked ONNX file."""

    def write_ir(self, path: Path, onnx_path: Path | None) -> None:
        """The workload as IR, from the ONNX file that `write_onnx` wrote if one is given."""

    def outputs(self, batches: Iterable[Floats]) -> list[Floats]:
        """Of each batch (images, ...) the output, in its own arithmetic, float64 or float32, as far as the origin allows."""

    def cost(self) -> Cost:
        """What an inference costs."""


def exact_outputs(origin: Origin, batches: Iterable[NDArray[np.float32]]) -> NDArray[np.float64]:
    """Float64 outputs of batches, one after the other."""
    return np.concatenate(origin.outputs(batch.astype(np.float64) for batch in batches))


def origin_of(workload: Workload, cache: ArtifactCache) -> Origin:
    """What `workload` is made from.

    Raises:
        ModelError: the user's model cannot be read.
        WorkloadError: the library that holds the network is not installed.
    """
    if isinstance(workload, BuiltWorkload):
        return TorchOrigin(
            key=_seeded_key(workload),
            shape=workload.input_shape,
            build=functools.partial(_seeded_module, workload, cache),
            outline=functools.partial(_bare_module, workload),
        )
    if workload.source is Source.ONNX:
        return OnnxOrigin(path=Path(workload.name), shape=workload.shape)
    if workload.source is Source.IR:
        return IrOrigin(path=Path(workload.name), shape=workload.shape)
    from archbench.models.own_module import module_digest, own_module

    key = content_key(module_digest(workload.name), source_digest(_SOURCES))
    return TorchOrigin(
        key=key,
        shape=workload.shape,
        build=functools.partial(_own_module, workload, key, cache),
        outline=functools.partial(own_module, workload.name),
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class TorchOrigin:
    """A torch module that `build` gives anew, and `outline` without its weights, which take longest and cost nothing."""

    key: str
    shape: tuple[int, ...]
    build: Callable[[], torch.nn.Module]
    outline: Callable[[], torch.nn.Module]

    def lacks(self, form: Form) -> None:  # noqa: ARG002  # a module becomes everything
        return None

    def module(self) -> torch.nn.Module:
        return self.build()

    def write_onnx(self, path: Path) -> None:
        from archbench.models.onnx_export import export_onnx

        export_onnx(self.build(), self.shape, path)

    def write_ir(self, path: Path, onnx_path: Path | None) -> None:
        from archbench.backends.openvino_conversion import ir_from_module, ir_from_onnx

        if onnx_path is None:
            ir_from_module(self.build(), self.shape, path)
        else:
            ir_from_onnx(onnx_path, path)

    def outputs(self, batches: Iterable[Floats]) -> list[Floats]:
        import torch

        from archbench.models.layers import SideBySide

        module = self.build()

        @functools.cache
        def computing_in(kind: torch.dtype) -> Callable[[torch.Tensor], torch.Tensor]:
            own = copy.deepcopy(module).to(kind)
            return own.glance if isinstance(own, SideBySide) else own

        with torch.inference_mode():
            images = map(torch.from_numpy, batches)
            return [computing_in(batch.dtype)(batch).numpy() for batch in images]

    def cost(self) -> Cost:
        return count_cost(self.outline().to("meta"), self.shape)


@dataclass(frozen=True, slots=True, kw_only=True)
class OnnxOrigin:
    """An ONNX file of the user's."""

    path: Path
    shape: tuple[int, ...]

    @property
    def key(self) -> str:
        return _files_key(_onnx_files(self.path, _digest(self.path)), package_version("onnx"))

    def lacks(self, form: Form) -> str | None:
        return "an ONNX file holds no torch module; give a function that returns one" if form is Form.WEIGHTS else None

    def module(self) -> torch.nn.Module:
        raise ModelError(f"{self.path}: {self.lacks(Form.WEIGHTS)}.")

    def write_onnx(self, path: Path) -> None:
        import onnx

        from archbench.models.onnx_file import read_onnx

        onnx.save(read_onnx(self.path, self.shape), path)

    def write_ir(self, path: Path, onnx_path: Path | None) -> None:
        from archbench.backends.openvino_conversion import ir_from_onnx

        assert onnx_path is not None
        ir_from_onnx(onnx_path, path)

    def outputs(self, batches: Iterable[Floats]) -> list[Floats]:
        from archbench.models.onnx_file import read_onnx
        from archbench.models.onnx_reference import run_reference

        model = read_onnx(self.path, self.shape)
        return [run_reference(model, images) for images in batches]

    def cost(self) -> Cost:
        from archbench.cost.openvino_graph import count_graph

        return count_graph(self.path, self.shape)


@dataclass(frozen=True, slots=True, kw_only=True)
class IrOrigin:
    """OpenVINO IR of the user's. There is no second implementation of it, so the engine's own exact mode is the reference."""

    path: Path
    shape: tuple[int, ...]

    @property
    def key(self) -> str:
        return _files_key([self.path, self.path.with_suffix(".bin")], package_version("openvino"))

    def lacks(self, form: Form) -> str | None:
        given = form in (Form.IR, Form.IR_INT8)
        return None if given else "OpenVINO IR can be run by OpenVINO alone; give an ONNX file or a function"

    def module(self) -> torch.nn.Module:
        raise ModelError(f"{self.path}: {self.lacks(Form.WEIGHTS)}.")

    def write_onnx(self, path: Path) -> None:  # noqa: ARG002  # as the protocol names it
        raise ModelError(f"{self.path}: {self.lacks(Form.ONNX)}.")

    def write_ir(self, path: Path, onnx_path: Path | None) -> None:  # noqa: ARG002
        from archbench.backends.openvino_conversion import ir_from_ir

        ir_from_ir(self.path, self.shape, path)

    def outputs(self, batches: Iterable[Floats]) -> list[Floats]:
        from archbench.backends.openvino_conversion import run_exactly

        return [run_exactly(self.path, self.shape, images).astype(images.dtype) for images in batches]

    def cost(self) -> Cost:
        from archbench.cost.openvino_graph import count_graph

        return count_graph(self.path, self.shape)


def _bare_module(workload: BuiltWorkload) -> torch.nn.Module:
    """The workload's module, whose weights mean nothing yet."""
    from archbench.models.build import build

    return build(workload)


def _seeded_module(workload: BuiltWorkload, cache: ArtifactCache) -> torch.nn.Module:
    """The workload's module with seeded, calibrated weights."""
    from archbench.models.weights import initialise

    module, single = _bare_module(workload), dataclasses.replace(workload, batch=1)
    give_weights(module, functools.partial(initialise, workload=single), _seeded_key(workload), cache)
    return module


def _own_module(workload: ModelWorkload, key: str, cache: ArtifactCache) -> torch.nn.Module:
    """What the user's function returns; if it was never trained, with seeded, calibrated weights, for parity to be had."""
    from archbench.models.own_module import own_module
    from archbench.models.weights import initialise, is_untrained

    module = own_module(workload.name)
    if is_untrained(module):
        give_weights(module, functools.partial(initialise, workload=workload), key, cache)
    return module


def give_weights(module: torch.nn.Module, make: Callable[[torch.nn.Module], object], key: str, cache: ArtifactCache) -> Path:
    """Give `module` the weights that are kept under `key`, which `make(module)` gave it at first; the entry that holds them.

    Raises:
        CacheError: the cache cannot be written.
    """
    from safetensors.torch import load_file, save_file

    def build(folder: Path) -> None:
        make(module)
        save_file(module.state_dict(), folder / "weights.safetensors")

    entry = cache.fetch(key, build)
    module.load_state_dict(load_file(entry / "weights.safetensors"))
    return entry


def _seeded_key(workload: BuiltWorkload) -> str:
    if isinstance(workload, PatternWorkload):
        origin = source_digest(_PATTERN_SOURCES)
    elif isinstance(workload, LayerWorkload):
        origin = source_digest(_LAYER_SOURCES)
    elif isinstance(workload, KwsWorkload):
        origin = source_digest(_KWS_SOURCES)
    elif isinstance(workload, DrawnWorkload):
        origin = source_digest(_DRAWN_SOURCES)
    else:
        try:
            origin = f"{source_digest(_NETWORK_SOURCES)} {workload.spec.library} {package_version(workload.spec.library)}"
        except importlib.metadata.PackageNotFoundError as error:
            raise workload.missing from error
    single = dataclasses.replace(workload, batch=1)
    return content_key("weights", single.id, source_digest(_SOURCES), origin, package_version("torch"))


def _files_key(paths: Iterable[Path], version: str) -> str:
    return content_key("file", source_digest(_FILE_SOURCES), version, *map(_digest, paths))


@functools.cache
def _onnx_files(path: Path, digest: str) -> list[Path]:  # noqa: ARG001  # what is in the file decides which others it names
    from archbench.models.onnx_file import onnx_files

    return onnx_files(path)


def _digest(path: Path) -> str:
    """Content hash of a user's file, which may have hundreds of megabytes: taken anew once somebody wrote to it."""
    try:
        return _digest_of(path.absolute(), file_stamp(path))
    except OSError as error:
        raise ModelError(f"cannot read {path}: {error.strerror or error}.") from error


@functools.cache
def _digest_of(path: Path, stamp: tuple[int, int]) -> str:  # noqa: ARG001
    return file_digest(path)


@functools.cache
def source_digest(modules: tuple[str, ...]) -> str:
    """Content hash of the files of modules, which are not imported."""
    specs = (importlib.util.find_spec(name) for name in modules)
    return content_key(*(file_digest(Path(spec.origin)) for spec in specs if spec is not None and spec.origin is not None))


@functools.cache
def package_version(package: str) -> str:
    """The installed version of a package."""
    return importlib.metadata.version(package)
