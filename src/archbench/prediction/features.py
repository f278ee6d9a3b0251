"""A kernel as numbers: the work that its time is a sum of, and the features that say how fast that work goes.

Numbers in, numbers out; what an engine is called is not known here.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from archbench.contracts import Kernel

BYTES_PER_ELEMENT = 4

#: What a kernel's time is a sum of: itself, multiply-accumulates in whole vectors, bytes read, held and written, activations.
WORK = ("call", "vector_macs", "bytes_in", "bytes_held", "bytes_out", "activated")

#: How large the units of work are, so that their prices are of like size.
_SCALES = np.array([1.0, 1e6, 1e4, 1e4, 1e4, 1e4])

#: Elements that vector registers and the blocks of convolutions hold.
_BLOCKS = (8, 16, 64)

#: Kinds that multiply and accumulate, and the rank of the weights of a fully connected layer.
MULTIPLY = ("Convolution", "GroupConvolution", "Deconvolution", "FullyConnected", "MatMul")
_MATRIX = 2

#: 32-bit elements of a vector register, the longest name first.
_LANES = {"avx512": 16, "avx2": 8, "avx": 8, "sse": 4}

#: Kinds that read of their input only what they write.
_PICK = ("StridedSlice", "Slice", "Split", "VariadicSplit", "Gather", "Crop")

#: Activations that take an exponential; those of straight pieces cost a fused kernel next to nothing.
_CURVED = ("Sigmoid", "Swish", "Tanh", "Gelu", "Mish", "Exp", "SoftPlus", "Elu")

FEATURES = (
    "log_macs",
    "log_bytes_in",
    "log_bytes_held",
    "log_bytes_out",
    "log_intensity",
    "log_in_channels",
    "log_out_channels",
    "log_pixels",
    "columns",
    "window",
    "stride",
    "log_groups",
    "fused",
    "curved",
    "joined",
    *(f"{side}_fill_{block}" for side in ("in", "out") for block in _BLOCKS),
)


def family_of(kernel: Kernel) -> str:
    """What has a price of its own: kind and implementation, and of what only moves data, from which layout into which."""
    moves = kernel.layout if kernel.kind == "Reorder" else ""
    return " ".join(part for part in (kernel.kind, kernel.implementation, moves) if part)


def work_of(kernel: Kernel) -> NDArray[np.float64]:
    """The amounts in WORK, each in a unit of its own."""
    read, held, written = _bytes_read(kernel), _bytes(kernel.weights), _bytes(kernel.outputs)
    curved = written / BYTES_PER_ELEMENT * sum(kind in _CURVED for kind in kernel.fused)
    vectors = macs_of(kernel) / _fill(_channels(_first(kernel.outputs)), _lanes(kernel.implementation))
    amounts: NDArray[np.float64] = np.array([1.0, vectors, read, held, written, curved]) / _SCALES
    return amounts


def features_of(kernel: Kernel) -> NDArray[np.float32]:
    """The values of FEATURES; in the precision that trees compare in."""
    macs, read, held, written = macs_of(kernel), _bytes_read(kernel), _bytes(kernel.weights), _bytes(kernel.outputs)
    given, made = _first(kernel.inputs), _first(kernel.outputs)
    into, out = _channels(given), _channels(made)
    values = (
        _log(macs),
        _log(read),
        _log(held),
        _log(written),
        _log(macs / (read + held + written)) if macs else 0.0,
        _log(into / kernel.groups),
        _log(out / kernel.groups),
        _log(math.prod(made[2:])),
        float(made[-1]) if len(made) > 2 else 1.0,  # beyond images and channels
        float(math.prod(kernel.window)),
        float(kernel.stride),
        _log(kernel.groups),
        float(len(kernel.fused)),
        float(sum(kind in _CURVED for kind in kernel.fused)),
        float(len(kernel.inputs)),
        *(_fill(channels, block) for channels in (into, out) for block in _BLOCKS),
    )
    return np.array(values, dtype=np.float32)


def macs_of(kernel: Kernel) -> int:
    """Multiply-accumulates: of each output element as many as its channel has weights."""
    weights = max(kernel.weights, key=math.prod, default=())
    made = _first(kernel.outputs)
    if len(weights) < _MATRIX or not made or kernel.kind not in MULTIPLY:
        return 0
    return math.prod(made) * math.prod(weights) // (made[-1] if len(weights) == _MATRIX else _channels(made))


def _bytes(shapes: Sequence[tuple[int, ...]]) -> int:
    return BYTES_PER_ELEMENT * sum(math.prod(shape) for shape in shapes)


def _bytes_read(kernel: Kernel) -> int:
    return _bytes(kernel.outputs) if kernel.kind in _PICK else _bytes(kernel.inputs)


def _first(shapes: Sequence[tuple[int, ...]]) -> tuple[int, ...]:
    return shapes[0] if shapes else ()


def _channels(shape: tuple[int, ...]) -> int:
    return shape[1] if len(shape) > 1 else 1


def _lanes(implementation: str) -> int:
    """Elements of a vector register of the instruction set that the implementation is named after."""
    return next((lanes for name, lanes in _LANES.items() if name in implementation), 1)


def _log(amount: float) -> float:
    return math.log(max(amount, 1e-3))


def _fill(channels: int, block: int) -> float:
    """The share of the blocks' elements that are used."""
    return channels / (block * math.ceil(channels / block))
