"""A hypothesis strategy for operators and blocks of any shape; the simplest is one channel and pixel of the first layer."""

from __future__ import annotations

from collections.abc import Sequence

from hypothesis import strategies as st

from archbench.errors import WorkloadError
from archbench.workloads.behaviour import ACTIVATIONS
from archbench.workloads.layer import KERNELS, STRIDES, LayerWorkload, layer_named


@st.composite
def layer_workloads(
    draw: st.DrawFn, layers: Sequence[str], *, max_channels: int, max_pixels: int, max_batch: int, max_copies: int = 1
) -> LayerWorkload | None:
    """One of `layers` with a shape, None if it cannot have that one: rejecting it would cost all others of a list."""
    layer = draw(st.sampled_from(layers))
    spec = layer_named(layer)
    pixels = (1, 1) if layer == "linear" else (draw(st.integers(1, max_pixels)), draw(st.integers(1, max_pixels)))
    channels = draw(st.integers(1, max_channels))
    free = layer not in ("linear", "mixconv") and spec.kernel > 1
    try:
        return LayerWorkload(
            layer=layer,
            in_channels=channels,
            out_channels=draw(st.integers(1, max_channels) | st.sampled_from((channels, 2 * channels))),
            kernel=draw(st.sampled_from(KERNELS)) if free else None,
            stride=draw(st.sampled_from(STRIDES)),
            activation=draw(st.none() | st.sampled_from(ACTIVATIONS)) if spec.activates else None,
            resolution=pixels,
            batch=draw(st.integers(1, max_batch)),
            copies=draw(st.integers(1, max_copies)),
        )
    except WorkloadError:
        return None
