"""Training a keyword-spotting network, the same on every run of one machine: seeded, one thread, no augmentation."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from itertools import islice

import torch
from torch import nn

from archbench.cache import ArtifactCache, content_key, entry_digest
from archbench.datasets.dataset import Dataset, Part
from archbench.measurement.origins import give_weights, package_version, source_digest
from archbench.models.kws import build_kws
from archbench.models.training import batches, trained
from archbench.search.plan import Recipe
from archbench.workloads.kws import KwsWorkload

_SOURCES = ("archbench.search.training", "archbench.models.training", "archbench.models.kws", "archbench.workloads.kws")

#: Iterations after which others are let in between.
_CHUNK = 10

#: Images that are judged at once.
_TOGETHER = 250


class Stopped(Exception):  # noqa: N818  # it ends a training, which is no error
    """Raised by a `look` to end a training."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Looks:
    """What happens during a training.

    Args:
        rest: called every few iterations.
        checkpoint: called half way and at the end with the module in evaluation mode; may raise Stopped.
    """

    rest: Callable[[], None] = lambda: None
    checkpoint: Callable[[nn.Module], None] = lambda _: None


def train_kws(
    workload: KwsWorkload, part: Part, recipe: Recipe, iterations: int, seed: int, looks: Looks | None = None
) -> nn.Module:
    """The network after so many batches of the part, in evaluation mode.

    Raises:
        Stopped: by a checkpoint.
    """
    looks = looks or Looks()
    return trained(lambda: build_kws(workload), lambda module: _fit(module, part, recipe, iterations, seed, looks), seed)


def _fit(module: nn.Module, part: Part, recipe: Recipe, iterations: int, seed: int, looks: Looks) -> None:
    images, labels = torch.from_numpy(part.images), torch.from_numpy(part.labels)
    optimizer = torch.optim.Adam(module.parameters(), lr=recipe.learning_rate)
    halves = (max(1, iterations // 2), iterations)
    for index, chosen in enumerate(islice(batches(len(part), recipe.batch, seed), iterations)):
        if recipe.decays:
            optimizer.param_groups[0]["lr"] = recipe.learning_rate * (1 - index / iterations)
        optimizer.zero_grad(set_to_none=True)
        nn.functional.cross_entropy(module(images[chosen]), labels[chosen]).backward()  # type: ignore[no-untyped-call]
        optimizer.step()
        if (index + 1) % _CHUNK == 0:
            looks.rest()
        if index + 1 in halves:
            looks.checkpoint(module.eval())
            module.train()


@dataclass(frozen=True, slots=True, kw_only=True)
class TrainedKws:
    """A network in evaluation mode, and the digest of its weights."""

    module: nn.Module
    digest: str


def correct(module: nn.Module, part: Part) -> int:
    """How many of the part the module, in evaluation mode, puts into their class."""
    images, labels = torch.from_numpy(part.images), torch.from_numpy(part.labels)
    with torch.inference_mode():
        chunks = (slice(start, start + _TOGETHER) for start in range(0, len(part), _TOGETHER))
        return sum(int((module(images[chunk]).argmax(dim=1) == labels[chunk]).sum()) for chunk in chunks)


def trained_kws(
    workload: KwsWorkload,
    dataset: Dataset,
    recipe: Recipe,
    iterations: int,
    seed: int,
    cache: ArtifactCache,
    looks: Looks | None = None,
) -> TrainedKws:
    """As `train_kws` on the training part, kept after first use.

    Raises:
        CacheError: the cache cannot be written.
    """

    def learn(module: nn.Module) -> None:
        module.load_state_dict(train_kws(workload, dataset.train, recipe, iterations, seed, looks).state_dict())

    how = f"{recipe} {iterations} {seed}"
    key = content_key("kws", workload.id, dataset.digest, how, source_digest(_SOURCES), package_version("torch"))
    module = build_kws(workload)
    entry = give_weights(module, learn, key, cache)
    return TrainedKws(module=module.eval().requires_grad_(False), digest=entry_digest(entry))
