"""Training a small network, the same on every run: seeded, one thread, no augmentation.

AdamW with one cycle of the learning rate (Smith and Topin 2018). Every network is trained alike; nothing is tuned to one.
"""

from __future__ import annotations

import itertools

import torch
from torch import nn

from archbench.accuracy.block import Block
from archbench.accuracy.module import build
from archbench.datasets.dataset import Dataset, Part
from archbench.models.training import batches, trained

STEPS = 400

_SEED = 20210708
_BATCH = 32
_LEARNING_RATE = 5e-3
_WEIGHT_DECAY = 1e-2


def train(block: Block, dataset: Dataset, steps: int = STEPS) -> nn.Module:
    """The block's network after `steps` batches of the training part, in evaluation mode.

    Equal data give equal weights on one machine.
    """
    return trained(
        lambda: build(block, dataset.resolution, dataset.classes), lambda module: _fit(module, dataset.train, steps), _SEED
    )


def _fit(module: nn.Module, part: Part, steps: int) -> None:
    images, labels = torch.from_numpy(part.images), torch.from_numpy(part.labels)
    optimizer = torch.optim.AdamW(module.parameters(), lr=_LEARNING_RATE, weight_decay=_WEIGHT_DECAY)
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimizer, _LEARNING_RATE, total_steps=steps)
    for chosen in itertools.islice(batches(len(part), _BATCH, _SEED), steps):
        optimizer.zero_grad(set_to_none=True)
        loss = nn.functional.cross_entropy(module(images[chosen]), labels[chosen])
        loss.backward()  # type: ignore[no-untyped-call]
        optimizer.step()
        schedule.step()
