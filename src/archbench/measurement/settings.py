"""How a run measures, as data that imports nothing heavy."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True, kw_only=True)
class SessionSettings:
    """How every case of a run is measured.

    Args:
        processes: worker processes a case, each from its own launcher.
        precision: a speedup whose interval reaches further than this from its estimate, as a fraction, is sampled in as many
            processes again, once.
        seconds: length of the sampling loop in each process.
        min_rounds: rounds made even if they take longer.
        allocator: preset of `archbench.machine.allocator`.
        cache: artifact folder.
        timeout_s: a worker that takes longer is killed and its case recorded as crashed.
        seed: of the order of blocks.
        plant: case id patterns to the fraction of extra work planted.
    """

    processes: int
    precision: float
    seconds: float
    min_rounds: int
    allocator: str
    cache: Path
    timeout_s: float = 1800.0
    seed: int = 0
    plant: Mapping[str, float] = dataclasses.field(default_factory=dict)
