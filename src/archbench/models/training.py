"""What every training here has in common: it is the same on every run of one machine, seeded, on one thread."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator

import torch
from torch import nn


def trained(build: Callable[[], nn.Module], fit: Callable[[nn.Module], object], seed: int) -> nn.Module:
    """What `build` gives with torch's generator seeded, after `fit` in training mode; in evaluation mode, without gradients.

    It is trained in the channels-last format, in which going backwards takes less time on small networks.
    """
    torch.set_num_threads(1)
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        module = build()
    module.to(memory_format=torch.channels_last)  # type: ignore[call-overload]
    fit(module.train())
    module.to(memory_format=torch.contiguous_format)  # type: ignore[call-overload]
    return module.eval().requires_grad_(False)


def batches(count: int, size: int, seed: int) -> Iterator[torch.Tensor]:
    """Indices below `count` in batches of nearly equal size, in a new seeded order each time around, without end."""
    generator = torch.Generator().manual_seed(seed)
    while True:
        yield from torch.randperm(count, generator=generator).tensor_split(math.ceil(count / size))
