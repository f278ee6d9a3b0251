"""What eager torch executes of a network: the operators that reach its dispatcher, one kernel each, none fused."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any

import torch
from torch.utils._python_dispatch import TorchDispatchMode

from archbench.contracts import Kernel, Lowering, Network, RunSettings

_CONVOLUTION = "convolution"
_MATRIX = ("addmm", "mm", "bmm")

#: They touch no values: views by another name, and memory that others write to.
_NOTHING = ("detach", "_unsafe_view", "alias", "empty", "empty_like", "new_empty")


def lower(network: Network, shape: tuple[int, ...], settings: RunSettings) -> Lowering:
    """What torch executes on an input of that shape, in order; it runs once."""
    torch.set_num_threads(settings.threads)
    images = torch.zeros(shape)
    with torch.no_grad(), _Watch(network.module) as watch:
        network.module(images)
    kernels = tuple(watch.kernels)
    return Lowering(executed=kernels, given=kernels)


class _Watch(TorchDispatchMode):  # type: ignore[no-untyped-call]
    """Notes every operator that is executed inside."""

    def __init__(self, module: torch.nn.Module) -> None:
        super().__init__()  # type: ignore[no-untyped-call]
        self._weights = {_place(tensor) for tensor in (*module.parameters(), *module.buffers())}
        self.kernels: list[Kernel] = []

    def __torch_dispatch__(
        self, operator: Any, types: object, args: tuple[Any, ...] = (), kwargs: Mapping[str, Any] | None = None
    ) -> Any:
        result = operator(*args, **(kwargs or {}))
        name = operator._schema.name.partition("::")[2].rstrip("_")
        if not operator.is_view and name not in _NOTHING:
            self.kernels.append(self._kernel(name, args, list(_tensors(result))))
        return result

    def _kernel(self, name: str, args: tuple[Any, ...], outputs: list[torch.Tensor]) -> Kernel:
        read = list(_tensors(args))
        weights = [tensor for tensor in read if _place(tensor) in self._weights]
        geometry = _GEOMETRY.get(name, _none)(args)
        grouped = geometry.get("groups", 1) > 1
        kind = "GroupConvolution" if grouped else "Convolution" if name == _CONVOLUTION else name
        return Kernel(
            kind="MatMul" if name in _MATRIX else kind,
            inputs=_shapes(tensor for tensor in read if _place(tensor) not in self._weights),
            weights=_shapes(weights),
            # What comes first goes on; a normalisation gives its statistics too.
            outputs=_shapes(outputs[:1]),
            **geometry,
        )


def _convolution(args: tuple[Any, ...]) -> dict[str, Any]:
    _, weight, _, stride, _, _, _, _, groups = args[:9]
    rows, columns = weight.shape[2:]
    return {"window": (int(rows), int(columns)), "stride": int(stride[0]), "groups": int(groups)}


def _pool(args: tuple[Any, ...]) -> dict[str, Any]:
    window = tuple(args[1]) * 2
    stride = args[2] if len(args) > 2 and args[2] else args[1]
    return {"window": (int(window[0]), int(window[1])), "stride": int(stride[0])}


def _none(_: tuple[Any, ...]) -> dict[str, Any]:
    return {}


_GEOMETRY: Mapping[str, Callable[[tuple[Any, ...]], dict[str, Any]]] = {
    _CONVOLUTION: _convolution,
    "max_pool2d_with_indices": _pool,
    "avg_pool2d": _pool,
}


def _tensors(found: Any) -> Iterator[torch.Tensor]:
    if isinstance(found, torch.Tensor):
        yield found
    elif isinstance(found, list | tuple):
        for entry in found:
            yield from _tensors(entry)


def _place(tensor: torch.Tensor) -> int:
    return tensor.untyped_storage().data_ptr()


def _shapes(tensors: Iterable[torch.Tensor]) -> tuple[tuple[int, ...], ...]:
    return tuple(tuple(tensor.shape) for tensor in tensors)
