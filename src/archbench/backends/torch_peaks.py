"""The largest rates of arithmetic that torch reaches, and what one of its operators costs."""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterator, Sequence

import torch

from archbench.contracts import Contender, RunSettings
from archbench.errors import BackendError
from archbench.records.peaks import Limit

_BACKEND = "torch"
_CHANNELS = 8

Product = Callable[[int], Callable[[], object]]


def attempts(
    settings: RunSettings, edges: Sequence[int], chains: Sequence[int]
) -> Iterator[tuple[str, Callable[[], Contender]]]:
    """Products of square matrices of these edges in each precision, and chains of so many tiny convolutions, by name."""
    torch.set_num_threads(settings.threads)
    if torch.get_num_threads() != settings.threads:
        raise BackendError(f"torch was asked for {settings.threads} threads but granted {torch.get_num_threads()}.")
    for precision, (name, product) in _PRODUCTS.items():
        for edge in edges:
            yield f"{name} {edge} in {precision}", functools.partial(_contender, precision, name, product, edge)
    for operators in chains:
        yield f"torch chain of {operators}", functools.partial(_chain, operators)


def _contender(precision: str, name: str, product: Product, edge: int) -> Contender:
    return Contender(
        limit=Limit.COMPUTE, of=precision, way=f"{name} {edge}", kernel=_kernel(), work=2 * edge**3, run=_quiet(product(edge))
    )


def _chain(operators: int) -> Contender:
    """Pointwise convolutions of one pixel, each on what the one before gave."""
    weights = [torch.randn(_CHANNELS, _CHANNELS, 1, 1) for _ in range(operators)]
    image = torch.randn(1, _CHANNELS, 1, 1)

    def convolve() -> object:
        value = image
        for weight in weights:
            value = torch.nn.functional.conv2d(value, weight)
        return value

    way = f"{operators} convolutions of one pixel"
    return Contender(limit=Limit.OPERATOR, of=_BACKEND, way=way, kernel=_kernel(), work=operators, run=_quiet(convolve))


def _float_product(edge: int, kind: torch.dtype) -> Callable[[], object]:
    left, right = (torch.randn(edge, edge).to(kind) for _ in range(2))
    product = torch.empty(edge, edge, dtype=kind)
    return lambda: torch.mm(left, right, out=product)


def _whole_product(edge: int) -> Callable[[], object]:
    left, right = (torch.randint(-100, 100, (edge, edge), dtype=torch.int8) for _ in range(2))
    # The only product of 8-bit matrices that torch has on a processor; it may go, and then this trial is absent.
    return lambda: torch._int_mm(left, right)


_PRODUCTS: dict[str, tuple[str, Product]] = {
    "f32": ("torch.mm", functools.partial(_float_product, kind=torch.float32)),
    "bf16": ("torch.mm", functools.partial(_float_product, kind=torch.bfloat16)),
    "int8": ("torch._int_mm", _whole_product),
}


def _quiet(run: Callable[[], object]) -> Callable[[], None]:
    """As an inference runs: nothing is kept for a gradient."""

    def inferred() -> None:
        with torch.inference_mode():
            run()

    return inferred


def _kernel() -> str:
    return torch.backends.cpu.get_cpu_capability()
