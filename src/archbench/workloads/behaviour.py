"""The design space of the behaviour study (Tang et al., MLSys 2021, Table 1): sweeps that vary one dimension at a time.

Each point of a sweep is two networks, of few copies of its operator or block and of many: see `archbench.workloads.layer`.
"""

from __future__ import annotations

import dataclasses
import itertools
import math
import random
from collections.abc import Iterable, Iterator

from archbench.workloads.layer import KERNELS, LayerWorkload

ACTIVATIONS = ("relu", "relu6", "sigmoid", "hardswish", "swish")
BLOCKS = (
    "mobilenet-v1-block",
    "mobilenet-v2-block",
    "mobilenet-v2-se-block",
    "shufflenet-v1-block",
    "shufflenet-v2-block",
    "dense-block",
    "residual-block",
    "bottleneck-block",
)

#: Half the size, double the channels: (pixels, channels) at each place of a network.
POSITIONS = ((112, 32), (56, 64), (28, 128), (14, 256), (7, 512))

#: A dense block gives a third more channels than it takes.
_DENSE_INPUT = 0.75

#: Copies of the two networks: what takes microseconds needs many to be seen beside the call of an inference, and what takes
#: milliseconds needs no more than two.
HEAVY, USUAL, LIGHT = (1, 3), (2, 6), (2, 18)

_CONTEXT = ("batch-norm", "max-pool", "mean-pool", "global-pool", "add", "multiply", "concat", "shuffle")
_POOLS = ("max-pool", "mean-pool")
_CONVOLUTIONS = ("conv", "depthwise", "dilated", "group")
_CHANNELS = range(3, 1001)

#: Pixels along an image inside networks, of what they begin with, and of what they end with and weigh their channels by.
_EDGES, _WHOLE, _PIXEL = (112, 56, 28, 14, 7), 224, 1

#: Layer, kernel, edges of the image and how many of it are scattered over what networks are made of.
_SCATTERED = (
    ("conv", 1, _EDGES, 64),
    ("conv", 1, (_PIXEL,), 16),
    ("conv", 3, _EDGES, 40),
    ("conv", 3, (_WHOLE,), 6),
    ("conv", 5, _EDGES, 8),
    ("conv", 7, (_WHOLE,), 4),
    ("depthwise", 3, _EDGES, 40),
    ("depthwise", 5, _EDGES, 32),
    ("depthwise", 7, _EDGES, 8),
    ("linear", 1, (_PIXEL,), 8),
    ("group", 3, _EDGES, 12),
)
_SCATTER_SEED, _EIGHT, _HEAVY_MACS, _COLOURS = 2021, 8, 2e7, 3

#: Activations behind convolutions that are scattered; as often there is none.
_BEHIND = (None, None, None, None, "relu", "relu6", "hardswish", "swish")

#: A point of a sweep, and the copies of its two networks.
_Point = tuple[LayerWorkload, tuple[int, int]]


def smoke() -> Iterator[LayerWorkload]:
    """Every analysis on a small sweep."""
    return _networks(_smoke())


def nightly() -> Iterator[LayerWorkload]:
    """The paper's staircase at every fourth channel count, and coarse sweeps of every other dimension."""
    return _networks(_nightly())


def paper() -> Iterator[LayerWorkload]:
    """All of it: every channel count from 3 to 1000 and every resolution from 7 to 224."""
    return _networks(_paper())


def _networks(points: Iterable[_Point]) -> Iterator[LayerWorkload]:
    """Of each kind, once, the network of few copies and the one of many."""
    seen: set[LayerWorkload] = set()
    for kind, copies in points:
        if kind not in seen:
            seen.add(kind)
            yield from (dataclasses.replace(kind, copies=count) for count in copies)


def _smoke() -> Iterator[_Point]:
    yield from _pairs(_conv_outputs(range(1, 57), in_channels=64, pixels=14), USUAL)
    yield from _pairs(_depthwise_channels(range(4, 69, 4), pixels=28), LIGHT)
    yield from _pairs(_activations(("conv", "depthwise"), channels=32, pixels=28), USUAL)
    yield from _pairs(_kernels(("conv", "depthwise"), channels=32, pixels=28), USUAL)
    yield from _pairs(_blocks(((28, 64), (14, 128))), USUAL)
    yield from _pairs(_context(64, 28), LIGHT)
    yield from _pairs((_same(layer, 60, 14) for layer in ("dilated", "group", "mixconv")), USUAL)
    yield from _pairs([_linear(256, 256)], LIGHT)


def _nightly() -> Iterator[_Point]:
    yield from _pairs(_conv_outputs(range(4, 257, 4), in_channels=320, pixels=28), HEAVY)
    yield from _pairs(_conv_outputs(range(1, 97), in_channels=64, pixels=28), USUAL)
    yield from _pairs(_depthwise_channels(range(1, 97), pixels=28), LIGHT)
    yield from _pairs(_activations(_CONVOLUTIONS, channels=64, pixels=28), USUAL)
    yield from _pairs((_same("mixconv", channels, 14) for channels in (12, 60, 240)), USUAL)
    yield from _pairs(_pointwise(POSITIONS), HEAVY)
    yield from _kernel_grid(((28, 32), (14, 128), (7, 256)))
    yield from _block_grid(POSITIONS)
    yield from _context_grid((16, 64, 256), (56, 28, 14, 7))
    yield from _pairs(_shrinking((16, 64, 256), (56, 14)), LIGHT)
    yield from _pairs(_resolutions(("conv", "depthwise"), (7, 14, 28, 56, 112), channels=32), USUAL)
    yield from _pairs(_conv_inputs(range(16, 257, 16), out_channels=64, pixels=28), USUAL)
    yield from _pairs((_linear(wide, 256) for wide in (16, 64, 256, 512, 1000)), LIGHT)
    yield from _scattered()


def _paper() -> Iterator[_Point]:
    yield from _pairs(_conv_outputs(_CHANNELS, in_channels=320, pixels=28), HEAVY)
    for kernel in KERNELS[:2]:
        yield from _pairs(_conv_outputs(_CHANNELS, in_channels=64, pixels=14, kernel=kernel), USUAL)
    yield from _pairs(_conv_inputs(_CHANNELS, out_channels=64, pixels=14), USUAL)
    for pixels in (56, 28, 14, 7):
        yield from _pairs(_depthwise_channels(_CHANNELS, pixels=pixels), USUAL)
    yield from _pairs((_linear(wide, 256) for wide in _CHANNELS), LIGHT)
    for layer in ("dilated", "group"):
        yield from _pairs((_same(layer, channels, 14) for channels in range(4, 513, 4)), USUAL)
    yield from _pairs((_same("mixconv", channels, 14) for channels in range(3, 513, 3)), USUAL)
    yield from _pairs(_resolutions(("conv", "depthwise"), range(7, 225), channels=32), HEAVY)
    for pixels, channels in POSITIONS:
        yield from _pairs(_activations(_CONVOLUTIONS, channels=channels, pixels=pixels), HEAVY)
    yield from _pairs(_pointwise(POSITIONS), HEAVY)
    yield from _kernel_grid(POSITIONS)
    yield from _block_grid(POSITIONS)
    yield from _context_grid(range(16, 513, 16), (56, 28, 14, 7))
    yield from _pairs(_shrinking(range(16, 513, 16), (56, 28, 14)), LIGHT)
    yield from _scattered()


def _scattered() -> Iterator[_Point]:
    """Shapes as whole networks have them, off every sweep: what a prediction of networks must know and no finding needs."""
    generator = random.Random(_SCATTER_SEED)  # noqa: S311  # a design, no secret
    for layer, kernel, edges, count in _SCATTERED:
        yield from (_scatter(generator, layer, kernel, generator.choice(edges)) for _ in range(count))


def _scatter(generator: random.Random, layer: str, kernel: int, pixels: int) -> _Point:
    into, out = (_EIGHT * round(2 ** generator.uniform(0, math.log2(_widest(pixels) / _EIGHT))) for _ in range(2))
    if pixels == _WHOLE:
        into = _COLOURS
    if layer == "depthwise":
        out = into
    stride = {_WHOLE: 2, _PIXEL: 1}.get(pixels) or generator.choice((1, 1, 1, 2))
    activation = generator.choice(_BEHIND)
    kind = _same(layer, into, pixels, out_channels=out, kernel=kernel, stride=stride, activation=activation)
    heavy = layer != "depthwise" and into * out * pixels**2 * kernel**2 > _HEAVY_MACS
    return kind, LIGHT if pixels == _PIXEL else HEAVY if heavy else USUAL


def _widest(pixels: int) -> int:
    """The most channels that networks have where an image is so many pixels wide."""
    return min(1536, 96 * 112 // min(pixels, 112))


def _pairs(kinds: Iterable[LayerWorkload], copies: tuple[int, int]) -> Iterator[_Point]:
    return ((kind, copies) for kind in kinds)


def _same(layer: str, channels: int, pixels: int, **others: int | str | None) -> LayerWorkload:
    """A layer with as many channels out as in."""
    sizes = {"in_channels": channels, "out_channels": channels, **others}
    return LayerWorkload(layer=layer, resolution=(pixels, pixels), **sizes)  # type: ignore[arg-type]


def _linear(out_channels: int, in_channels: int) -> LayerWorkload:
    return LayerWorkload(layer="linear", in_channels=in_channels, out_channels=out_channels, resolution=(1, 1))


def _conv_outputs(counts: Iterable[int], *, in_channels: int, pixels: int, kernel: int = 3) -> Iterator[LayerWorkload]:
    for count in counts:
        yield _same("conv", in_channels, pixels, out_channels=count, kernel=kernel)


def _pointwise(positions: Iterable[tuple[int, int]]) -> Iterator[LayerWorkload]:
    """What most of a network of blocks is made of: 1 x 1 convolutions that reduce, keep, double and expand."""
    for pixels, channels in positions:
        for out_channels in (channels // 2, channels, 2 * channels, 6 * channels):
            yield _same("conv", channels, pixels, out_channels=out_channels, kernel=1)


def _conv_inputs(counts: Iterable[int], *, out_channels: int, pixels: int) -> Iterator[LayerWorkload]:
    for count in counts:
        yield _same("conv", count, pixels, out_channels=out_channels)


def _depthwise_channels(counts: Iterable[int], *, pixels: int) -> Iterator[LayerWorkload]:
    for count in counts:
        yield _same("depthwise", count, pixels)


def _activations(layers: Iterable[str], *, channels: int, pixels: int) -> Iterator[LayerWorkload]:
    for layer, activation in itertools.product(layers, (None, *ACTIVATIONS)):
        yield _same(layer, channels, pixels, activation=activation)


def _kernels(layers: Iterable[str], *, channels: int, pixels: int) -> Iterator[LayerWorkload]:
    for layer, kernel in itertools.product(layers, KERNELS):
        yield _same(layer, channels, pixels, kernel=kernel)


def _resolutions(layers: Iterable[str], edges: Iterable[int], *, channels: int) -> Iterator[LayerWorkload]:
    for layer, pixels in itertools.product(layers, edges):
        yield _same(layer, channels, pixels)


def _blocks(positions: Iterable[tuple[int, int]], stride: int = 1) -> Iterator[LayerWorkload]:
    """Every block that has such a shape. At stride 2 the channels double; a dense block has no stride 2."""
    for (pixels, channels), block in itertools.product(positions, BLOCKS):
        if block == "dense-block" and stride == 1:
            yield _same(block, int(channels * _DENSE_INPUT), pixels, out_channels=channels)
        elif block != "dense-block":
            yield _same(block, channels, pixels, out_channels=channels * stride, stride=stride)


def _context(channels: int, pixels: int) -> Iterator[LayerWorkload]:
    """The operators without weights, after what they stand behind."""
    yield _same("depthwise", channels, pixels)
    for layer in _CONTEXT:
        yield _same(layer, channels, pixels, out_channels=2 * channels if layer == "concat" else channels)


def _shrinking(widths: Iterable[int], edges: Iterable[int]) -> Iterator[LayerWorkload]:
    """Pools that halve an image, as those between the stages of a network do."""
    for channels, pixels, layer in itertools.product(widths, edges, _POOLS):
        yield _same(layer, channels, pixels, stride=2)


def _kernel_grid(places: Iterable[tuple[int, int]]) -> Iterator[_Point]:
    for pixels, channels in places:
        yield from _pairs(_kernels(("conv",), channels=channels, pixels=pixels), HEAVY)
        yield from _pairs(_kernels(("depthwise",), channels=channels, pixels=pixels), USUAL)


def _block_grid(positions: Iterable[tuple[int, int]]) -> Iterator[_Point]:
    for stride in (1, 2):
        yield from _pairs(_blocks(positions, stride), HEAVY)


def _context_grid(widths: Iterable[int], edges: Iterable[int]) -> Iterator[_Point]:
    for channels, pixels in itertools.product(widths, edges):
        yield from _pairs(_context(channels, pixels), LIGHT)
