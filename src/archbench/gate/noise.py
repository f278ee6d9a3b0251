"""What this machine's gate sees when nothing changed: variance between runs that no single run can show, and false alarms.

Measured from runs of the same code (A/A) and, for its power, from runs with planted work. Kept beside the baselines.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

import msgspec

from archbench.errors import RecordFileError
from archbench.gate.baselines import write_whole

_NAME = "noise.json"


@dataclass(frozen=True, slots=True, kw_only=True)
class NoiseFloor:
    """The gate's calibration on one machine.

    Args:
        fingerprint: of the machine.
        date: ISO 8601, UTC.
        comparisons: pairs of unchanged runs compared.
        alarms: those that raised a false alarm, as "run against run: scope".
        slowdown: by case id, variance of the logarithm of a slowdown between unchanged runs beyond what its interval shows.
        relative: the same for the slowdown against the sibling.
        planted: cases judged with planted work.
        found: those of them called regressed.
    """

    fingerprint: str
    date: str
    comparisons: int
    alarms: tuple[str, ...]
    slowdown: Mapping[str, float] = field(default_factory=dict)
    relative: Mapping[str, float] = field(default_factory=dict)
    planted: int = 0
    found: int = 0


def read_noise(root: Path, fingerprint: str) -> NoiseFloor | None:
    """The noise floor of a machine under the baselines folder `root`; None if it was never measured.

    Raises:
        RecordFileError: the file is broken.
    """
    path = root / fingerprint / _NAME
    try:
        return msgspec.json.decode(path.read_bytes(), type=NoiseFloor) if path.exists() else None
    except (OSError, msgspec.DecodeError) as error:
        raise RecordFileError(f"{path} is not a noise floor of this archbench: {error}.") from error


def write_noise(root: Path, noise: NoiseFloor) -> Path:
    """Keep the noise floor beside the baselines of its machine and return the path.

    Raises:
        BaselineError: it cannot be written.
    """
    return write_whole(root / noise.fingerprint / _NAME, msgspec.json.format(msgspec.json.encode(noise)))
