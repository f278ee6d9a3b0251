"""What a search may choose: a kernel and a number of filters for each of six units.

Bounds are the search paper's: as many filters as the seed's at most, kernels up to the seed's first one, 4 x 10, in the first
unit and 5 x 5 after it. Filters come in steps of ten and kernels are square, as in all of the paper's twelve.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from archbench.workloads.kws import UNITS, KwsUnit, KwsWorkload

if TYPE_CHECKING:
    import optuna

KERNELS = ("1x1", "3x3", "5x5")
FIRST_KERNELS = (*KERNELS, "4x10")
FILTERS_STEP = 10
SEED_FILTERS = 100

#: A setting's value: a kernel's text or a number of filters.
Value = str | int
Choice = Mapping[str, Value]


@dataclass(frozen=True, slots=True, kw_only=True)
class Space:
    """`most_filters` is the largest number of filters of a unit, a multiple of ten."""

    most_filters: int = SEED_FILTERS

    @property
    def settings(self) -> Mapping[str, tuple[Value, ...]]:
        """Every setting with its values, unit by unit."""
        filters = tuple(range(FILTERS_STEP, self.most_filters + 1, FILTERS_STEP))
        found: dict[str, tuple[Value, ...]] = {}
        for unit in range(1, UNITS + 1):
            found[f"kernel{unit}"] = KERNELS if unit > 1 else FIRST_KERNELS
            found[f"filters{unit}"] = filters
        return found

    def suggest(self, trial: optuna.Trial, frozen: Choice) -> Choice:
        """A value for each setting: the frozen one, or the trial's."""
        return {
            name: frozen[name] if name in frozen else _suggest(trial, name, values) for name, values in self.settings.items()
        }


def _suggest(trial: optuna.Trial, name: str, values: tuple[Value, ...]) -> Value:
    first, last = values[0], values[-1]
    if isinstance(first, int) and isinstance(last, int):
        return trial.suggest_int(name, first, last, step=FILTERS_STEP)
    return str(trial.suggest_categorical(name, values))


def workload_of(choice: Choice) -> KwsWorkload:
    """The network that the settings make."""
    return KwsWorkload(units=tuple(_unit(str(choice[f"kernel{n}"]), int(choice[f"filters{n}"])) for n in range(1, UNITS + 1)))


def choice_of(workload: KwsWorkload) -> Choice:
    """The settings that make the network."""
    found: dict[str, Value] = {}
    for index, unit in enumerate(workload.units, start=1):
        found[f"kernel{index}"] = f"{unit.kernel[0]}x{unit.kernel[1]}"
        found[f"filters{index}"] = unit.filters
    return found


def _unit(kernel: str, filters: int) -> KwsUnit:
    rows, columns = map(int, kernel.split("x"))
    return KwsUnit(kernel=(rows, columns), filters=filters)
