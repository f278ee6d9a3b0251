"""The torch module that a function of the user's returns. The function is the user's own code, and is run."""

from __future__ import annotations

import contextlib
import functools
import importlib
import importlib.util
import inspect
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import torch
from torch import nn

from archbench.cache import content_key, file_digest
from archbench.errors import ModelError, one_line

_SEED = 0


def own_module(name: str) -> nn.Module:
    """What the function `module:function` or `file.py:function` returns, in evaluation mode. Torch is seeded beforehand.

    Raises:
        ModelError: there is no such function, it raised, or it returned something else.
    """
    function = _function(name)
    torch.manual_seed(_SEED)
    try:
        with _importable(_folder(name.rpartition(":")[0])):
            module = function()
    except Exception as error:  # whatever the user's code raises
        raise ModelError(f"{name} raised {type(error).__name__}: {one_line(error)}") from error
    if not isinstance(module, nn.Module):
        raise ModelError(f"{name} must return a torch.nn.Module, but returned {type(module).__name__}.")
    return module.eval().requires_grad_(False)


@functools.cache
def module_digest(name: str) -> str:
    """Content hash of the module: of its printed form, its tensors, and the code that makes it and runs in it.

    That code is the files of the layers' classes, and every loaded module that lies in the function's folder.

    Raises:
        ModelError: as `own_module`.
    """
    module = own_module(name)
    tensors = (part for key, tensor in _tensors(module) for part in (key, str(tensor.dtype), _bytes(tensor)))
    home = Path(inspect.getfile(inspect.unwrap(_function(name)))).parent
    loaded = (getattr(entry, "__file__", None) for entry in list(sys.modules.values()))
    files = {inspect.getfile(type(layer)) for layer in module.modules()}
    files |= {file for file in loaded if file is not None and Path(file).is_relative_to(home)}
    return content_key("own", repr(module), torch.__version__, *tensors, *(file_digest(Path(path)) for path in sorted(files)))


def _tensors(module: nn.Module) -> Iterator[tuple[str, torch.Tensor]]:
    yield from module.named_parameters()
    yield from module.named_buffers()


def _bytes(tensor: torch.Tensor) -> bytes:
    return tensor.detach().contiguous().reshape(-1).view(torch.uint8).numpy().tobytes()


@functools.cache
def _function(name: str) -> Callable[[], Any]:
    place, _, attribute = name.rpartition(":")
    try:
        module = _import_file(Path(place)) if place.endswith(".py") else _import_module(place)
    except Exception as error:  # whatever the user's code raises
        raise ModelError(f"{place} cannot be imported: {type(error).__name__}: {one_line(error)}") from error
    function = getattr(module, attribute, None)
    if not callable(function):
        raise ModelError(f"{place} has no function {attribute!r}.")
    found: Callable[[], Any] = function
    return found


def _import_module(place: str) -> Any:
    with _importable(_folder(place)):
        return importlib.import_module(place)


def _import_file(path: Path) -> Any:
    """As `python path` would import it, what lies beside it included."""
    spec = importlib.util.spec_from_file_location(path.stem, path)
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[path.stem] = module
    with _importable(_folder(str(path))):
        spec.loader.exec_module(module)
    return module


def _folder(place: str) -> Path:
    """Where what the function imports may lie."""
    return Path(place).parent.absolute() if place.endswith(".py") else Path.cwd()


@contextlib.contextmanager
def _importable(folder: Path) -> Iterator[None]:
    sys.path.insert(0, str(folder))
    try:
        yield
    finally:
        sys.path.remove(str(folder))
