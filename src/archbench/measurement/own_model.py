"""A user's model as a workload: found, looked at, and refused with one clear sentence before any worker starts."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from pathlib import Path
from typing import Any

from archbench.errors import ModelError
from archbench.workloads.model import ModelWorkload, Source


def open_model(model: str | Path | Callable[[], Any], shape: tuple[int, ...] | None = None) -> ModelWorkload:
    """The workload of `model` on an input of `shape`, or of the shape that the file fixes.

    Args:
        model: path of an `.onnx` or `.xml` file, `module:function`, `file.py:function`, or a function at the top of a module.
            The function takes nothing and returns a torch module; it is called in the workers, not here.
        shape: of the input, images first.

    Raises:
        ModelError: there is no such model, it cannot be read, has other than one float32 input and output, or the shape is
            needed and missing, or another than the file's.
    """
    name = _function_name(model) if callable(model) else Path(model).as_posix()
    # A shape that stands in until the file has been asked.
    source = ModelWorkload(name=name, shape=(1,)).source
    if source is Source.MODULE:
        return ModelWorkload(name=name, shape=_module_shape(name, shape))
    path = Path(name)
    if not path.is_file():
        raise ModelError(f"cannot read {path}: no such file.")
    return ModelWorkload(name=name, shape=_onnx_shape(path, shape) if source is Source.ONNX else _ir_shape(path, shape))


def _onnx_shape(path: Path, shape: tuple[int, ...] | None) -> tuple[int, ...]:
    from archbench.models.onnx_file import onnx_input_shape, read_onnx

    found = onnx_input_shape(path) if shape is None else shape
    read_onnx(path, found)
    return found


def _ir_shape(path: Path, shape: tuple[int, ...] | None) -> tuple[int, ...]:
    from archbench.backends.openvino_conversion import ir_input_shape, read_ir

    found = ir_input_shape(path) if shape is None else shape
    read_ir(path, found)
    return found


def _module_shape(name: str, shape: tuple[int, ...] | None) -> tuple[int, ...]:
    place = name.rpartition(":")[0]
    if place.endswith(".py") and not Path(place).is_file():
        raise ModelError(f"cannot read {place}: no such file.")
    if shape is None:
        raise ModelError(f"{name} is a function, so its input shape must be given, as in --input 1x3x224x224.")
    return shape


def _function_name(function: Callable[[], Any]) -> str:
    """`file.py:function` from the folder that is worked in, since workers import it again."""
    file = inspect.getsourcefile(inspect.unwrap(function)) if inspect.isfunction(function) else None
    if file is None or not function.__qualname__.isidentifier():
        raise ModelError(
            f"{function!r} cannot be found by a worker; give a function at the top of a module that takes nothing and returns"
            " the torch module."
        )
    path = Path(file)
    here = Path.cwd()
    return f"{(path.relative_to(here) if path.is_relative_to(here) else path).as_posix()}:{function.__qualname__}"
