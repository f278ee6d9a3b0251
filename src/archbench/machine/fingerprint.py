"""What makes latencies of two runs comparable: the CPU, its instruction sets and caches, the cores given to us, the system.

Library versions are not part of it: they are what a gate compares.
"""

from __future__ import annotations

import hashlib
import json
import os
import platform
import re
from dataclasses import asdict, dataclass
from pathlib import Path

_ISA_FLAGS = (
    "avx",
    "avx2",
    "avx512f",
    "avx512_vnni",
    "avx512_bf16",
    "avx_vnni",
    "amx_tile",
    "amx_bf16",
    "fma",
    "asimd",
    "sve",
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Fingerprint:
    """A machine class. `caches` maps a level to its size as the kernel prints it; `cpus` counts those we may run on."""

    cpu: str
    family: str
    isa: tuple[str, ...]
    caches: tuple[str, ...]
    cpus: int
    system: str

    @property
    def key(self) -> str:
        """Readable and unique: `amd-epyc-2cpu-1a2b3c4d`; the name of the baseline folder."""
        digest = hashlib.sha256(json.dumps(asdict(self), sort_keys=True).encode()).hexdigest()[:8]
        slug = re.sub(r"[^a-z0-9]+", "-", self.cpu.lower()).strip("-")
        return f"{slug}-{self.cpus}cpu-{digest}"


def read_fingerprint(root: Path = Path("/")) -> Fingerprint:
    """The fingerprint of this machine, read from `/proc` and `/sys` under `root`."""
    cpuinfo = _cpuinfo(root / "proc/cpuinfo")
    flags = set(cpuinfo.get("flags", cpuinfo.get("Features", "")).split())
    return Fingerprint(
        cpu=cpuinfo.get("model name", platform.processor() or platform.machine()),
        family="/".join(cpuinfo.get(name, "?") for name in ("cpu family", "model", "stepping")),
        isa=tuple(flag for flag in _ISA_FLAGS if flag in flags),
        caches=_caches(root / "sys/devices/system/cpu/cpu0/cache"),
        cpus=len(os.sched_getaffinity(0)),
        system=f"{platform.system()} {platform.machine()}",
    )


def _cpuinfo(path: Path) -> dict[str, str]:
    try:
        first = path.read_text().split("\n\n", 1)[0]
    except OSError:
        return {}
    pairs = (line.partition(":") for line in first.splitlines())
    return {name.strip(): value.strip() for name, _, value in pairs}


def _caches(folder: Path) -> tuple[str, ...]:
    def read(index: Path, name: str) -> str:
        return (index / name).read_text().strip()

    try:
        return tuple(
            f"L{read(index, 'level')} {read(index, 'type')} {read(index, 'size')}" for index in sorted(folder.glob("index*"))
        )
    except OSError:
        return ()
