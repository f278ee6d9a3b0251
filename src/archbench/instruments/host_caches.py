"""The caches of this machine's first processor, as Linux describes them."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

_FOLDER = Path("/sys/devices/system/cpu/cpu0/cache")


@dataclass(frozen=True, slots=True)
class Cache:
    """Size in bytes, associativity, and line in bytes."""

    size: int
    ways: int
    line: int

    @classmethod
    def read(cls, folder: Path) -> Cache:
        """From one `index` folder of sysfs."""
        size, ways, line = (_text(folder / name) for name in ("size", "ways_of_associativity", "coherency_line_size"))
        return cls(int(size.removesuffix("K")) * 1024, int(ways), int(line))


def host_caches(root: Path = _FOLDER) -> dict[tuple[int, str], Cache]:
    """By level and kind (`Instruction`, `Data` or `Unified`); empty where Linux says nothing."""
    return {
        (int(_text(folder / "level")), _text(folder / "type")): Cache.read(folder) for folder in sorted(root.glob("index*"))
    }


def _text(path: Path) -> str:
    return path.read_text().strip()
