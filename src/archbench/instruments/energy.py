"""Package energy of an inference by the processor's running average power limit (RAPL), through Linux's powercap.

The package spends energy when nothing runs, too: a window of rest is read first and its power subtracted. A window lasts ten
seconds or more, since the counter moves once a millisecond and what else the machine does averages out only over seconds.
"""

from __future__ import annotations

import os
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from archbench.contracts import Readings

_WINDOW_S = 10.0
_POWERCAP = Path("/sys/class/powercap")

_ENERGY = "package energy"
_IDLE = "idle power"
_INFERENCES = "inferences"
_LENGTH = "window"


@dataclass(frozen=True)
class Energy:
    """The `Instrument` of that name, over the package zones under `root`.

    `clock` gives seconds, `sleep` waits for some; both windows last `window_s`.
    """

    root: Path = _POWERCAP
    window_s: float = _WINDOW_S
    clock: Callable[[], float] = time.monotonic
    sleep: Callable[[float], None] = time.sleep

    name = "energy"
    title = "package energy of an inference, that of rest subtracted"
    units = {_ENERGY: "microjoules", _IDLE: "microwatts", _INFERENCES: "count", _LENGTH: "milliseconds"}  # noqa: RUF012
    simulator = None
    single_threaded = False
    isa: str | None = None
    allocator = "retained"

    def absence(self) -> str | None:
        zones = self._zones()
        if not zones:
            return f"there is no package zone under {self.root}: a virtual machine, or a kernel without intel_rapl, hides it"
        hidden = [zone.path for zone in zones if not os.access(zone.path / "energy_uj", os.R_OK)]
        return f"{hidden[0]}/energy_uj may be read by root alone; run as root, or let others read it" if hidden else None

    def version(self) -> str:
        return os.uname().release

    def prepare(self) -> None:
        """Nothing is read before the inference."""

    def read(self, run: Callable[[], None], name: str, folder: Path) -> Readings:  # noqa: ARG002  # no file is made
        rest_s, rest_uj, _ = self._window(lambda: self.sleep(self.window_s / 100))
        work_s, work_uj, inferences = self._window(run)
        idle_uw = rest_uj / rest_s
        return {
            "steady": {
                _ENERGY: round(max(0.0, work_uj - idle_uw * work_s) / inferences),
                _IDLE: round(idle_uw),
                _INFERENCES: inferences,
                _LENGTH: round(work_s * 1000),
            }
        }

    def _window(self, act: Callable[[], None]) -> tuple[float, int, int]:
        """Seconds, microjoules and number of acts of one window."""
        before = {zone: zone.energy_uj() for zone in self._zones()}
        start, acts = self.clock(), 0
        while True:
            act()
            acts += 1
            elapsed = self.clock() - start
            if elapsed >= self.window_s:
                return elapsed, sum(zone.spent_since(energy_uj) for zone, energy_uj in before.items()), acts

    def _zones(self) -> list[_Zone]:
        """One a package; zones below them (cores, memory) are parts of it."""
        found = sorted(self.root.glob("intel-rapl:*"))
        return [_Zone(path) for path in found if (path / "name").is_file() and _text(path / "name").startswith("package")]


ENERGY = Energy()


@dataclass(frozen=True, slots=True)
class _Zone:
    path: Path

    def energy_uj(self) -> int:
        return int(_text(self.path / "energy_uj"))

    def spent_since(self, energy_uj: int) -> int:
        """The counter wraps at most once in a window: it takes many minutes at full power."""
        difference = self.energy_uj() - energy_uj
        return difference if difference >= 0 else difference + int(_text(self.path / "max_energy_range_uj")) + 1


def _text(path: Path) -> str:
    return path.read_text().strip()
