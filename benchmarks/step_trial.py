"""How often does the step detector see steps where there are none, and which planted steps does it miss?

Simulates channel sweeps, linear and smooth ones and ones with planted steps of a tenth of the local latency, under noise with
heavy right tails, with and without a drift along the sweep, and under the real noise of worker processes if records are given:

    python benchmarks/step_trial.py --records .archbench/trial/archbench-unchanged-*.json
"""

from __future__ import annotations

import argparse
import functools
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from scipy.signal import lfilter

from archbench.records.runfile import read_run_file
from archbench.stats.location import location, log_mean
from archbench.stats.processes import undisturbed
from archbench.stats.steps import find_steps

HEIGHT = 0.1
DRIFT = 0.01

#: Share of points that something slowed, and by how much on average.
BAD, SLOWED = 0.02, 0.15

#: Worker processes that make one latency.
PROCESSES = 4


@dataclass(frozen=True)
class Planted:
    """A sweep without noise, and what is to be found in it."""

    latencies: np.ndarray
    width: int | None = None
    edges: frozenset[int] = frozenset()


@dataclass(frozen=True)
class Tally:
    """Of the sweeps of one cell: those with steps found, those of the wrong width, and how many planted edges were found."""

    sweeps: int
    stepped: int
    wrong_width: int
    edges_found: float


def linear(c: np.ndarray, draw: np.random.Generator) -> Planted:
    return Planted(draw.uniform(0, 20) + c * draw.uniform(0.05, 1))


def smooth(c: np.ndarray, draw: np.random.Generator) -> Planted:
    x = c / c[-1]
    curves = [
        0.1 + x + draw.uniform(0.2, 3) * x**2,
        draw.uniform(0, 0.3) + x ** draw.uniform(0.4, 1.6),
        1.2 - np.exp(-x * draw.uniform(1, 5)),
        # Overhead, then work: a knee, rounded and sharp.
        np.logaddexp(0.3 * draw.uniform(5, 20), x * 20),
        np.maximum(draw.uniform(0.1, 0.6), x),
        # Out of a cache, within some thirty counts.
        (0.2 + x) * (1 + 0.4 / (1 + np.exp(-(c - 64 - draw.uniform(-20, 20)) / 8))),
    ]
    return Planted(curves[draw.integers(len(curves))])


def staircase(c: np.ndarray, draw: np.random.Generator, width: int) -> Planted:
    """Steps a tenth high, of the latency before each or of that in the middle; treads are flat or rise."""
    edges = np.arange(draw.integers(1, width + 1), c[-1], width)
    return Planted(_treads(c, edges, draw), width, frozenset(edges.tolist()))


def uneven(c: np.ndarray, draw: np.random.Generator) -> Planted:
    gaps = draw.integers(8, 28, size=len(c))
    edges = np.cumsum(gaps)
    edges = edges[edges < c[-1] - 5]
    return Planted(_treads(c, edges, draw), None, frozenset(edges.tolist()))


def _treads(c: np.ndarray, edges: np.ndarray, draw: np.random.Generator) -> np.ndarray:
    step = np.searchsorted(edges, c)
    tread = 1 + draw.choice([0.0, 0.005]) * c
    if draw.random() < 0.5:
        return tread * (1 + HEIGHT) ** step
    middle = step.max() / 2
    return tread * (1 / HEIGHT + step - middle if middle < 1 / HEIGHT else 1.0 + step)


def saw_tooth(c: np.ndarray, draw: np.random.Generator) -> Planted:
    """Fast multiples of the width, or excess that grows until the next multiple."""
    width = int(draw.choice([8, 16]))
    excess = (c % width != 0) if draw.random() < 0.5 else (c % width) / (width - 1)
    edges = np.arange(width, c[-1], width)
    return Planted((1 + draw.uniform(0.005, 0.05) * c) * (1 + HEIGHT * excess), width, frozenset(edges.tolist()))


SHAPES: Mapping[str, Callable[[np.ndarray, np.random.Generator], Planted]] = {
    "linear": linear,
    "smooth": smooth,
    **{f"steps of {width}": functools.partial(staircase, width=width) for width in (4, 8, 16, 32)},
    "uneven steps": uneven,
    "saw-tooth": saw_tooth,
}


def noise(draw: np.random.Generator, points: int, level: float, drift: float) -> np.ndarray:
    """Student's t with four degrees of freedom, bad points that are slow, and a drift of any persistence."""
    white = level * draw.standard_t(4, points) / np.sqrt(2)
    bad = (draw.random(points) < BAD) * draw.exponential(SLOWED, points)
    memory = draw.choice([0.8, 0.9, 0.95, 0.98])
    innovations = np.sqrt(1 - memory**2) * draw.standard_normal(points + 200)
    return white + bad + drift * lfilter([1], [1, -memory], innovations)[200:]


def residuals(paths: Sequence[Path]) -> list[np.ndarray]:
    """By record, each undisturbed process's latency over that of the case."""
    found = []
    for path in paths:
        for record in read_run_file(path).records.values():
            latencies = [location(process.own.seconds_per_inference) for process in undisturbed(record.processes)]
            if len(latencies) >= 2 * PROCESSES:
                found.append(np.log(latencies) - log_mean(latencies).value)
    return found


def real_noise(draw: np.random.Generator, points: int, records: Sequence[np.ndarray], processes: int) -> np.ndarray:
    """Each point from so many processes of one record."""
    drawn = [draw.choice(records[draw.integers(len(records))], processes, replace=False) for _ in range(points)]
    return np.array([log_mean(np.exp(values).tolist()).value for values in drawn])


def tally(shape: str, noise_of: Callable[[np.random.Generator, int], np.ndarray], sweeps: int, points: int) -> Tally:
    draw = np.random.default_rng([sweeps, points, *shape.encode()])
    c = np.arange(1, points + 1)
    stepped = wrong = 0
    shares = []
    for _ in range(sweeps):
        planted = SHAPES[shape](c, draw)
        found = find_steps(c.tolist(), (planted.latencies * np.exp(noise_of(draw, points))).tolist())
        stepped += found.is_stepped
        wrong += found.is_stepped and found.width != planted.width
        if planted.edges:
            shares.append(len(planted.edges & set(found.edges)) / len(planted.edges))
    return Tally(sweeps, stepped, wrong, float(np.mean(shares)) if shares else 1.0)


def laws(records: Sequence[np.ndarray]) -> dict[str, Callable[[np.random.Generator, int], np.ndarray]]:
    levels = (0.003, 0.01, 0.02, 0.05)
    found: dict[str, Callable[[np.random.Generator, int], np.ndarray]] = {
        f"{level:.1%}{' + drift' if drift else ''}": functools.partial(noise, level=level, drift=drift)
        for drift in (0.0, DRIFT)
        for level in levels
    }
    if records:
        for processes in (PROCESSES, 1):
            name = f"real, {processes} process{'es' if processes > 1 else ''}"
            found[name] = functools.partial(real_noise, records=records, processes=processes)
    return found


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--sweeps", type=int, default=1000, help="sweeps of each cell of the table")
    parser.add_argument("--points", type=int, default=128, help="channel counts of a sweep, from 1")
    parser.add_argument("--records", type=Path, nargs="*", default=[], help="run files to take real noise from")
    parser.add_argument("--only", nargs="*", default=list(SHAPES), choices=list(SHAPES), help="shapes to try")
    parser.add_argument("--noise", nargs="*", help="columns of the table to fill, by their headings")
    parser.add_argument("--jobs", type=int, default=2, help="sweeps are shared between so many processes")
    arguments = parser.parse_args()
    records = residuals(arguments.records)
    columns = {name: law for name, law in laws(records).items() if not arguments.noise or name in arguments.noise}
    if records:
        every = np.concatenate(records)
        print(f"real noise: {len(every)} processes of {len(records)} records, relative sd {every.std():.1%}, "
              f"half within {np.median(np.abs(every)):.1%}, 1 in 100 beyond {np.quantile(every, 0.99):.0%}")  # fmt: skip
    print(f"{arguments.sweeps} sweeps a cell of {arguments.points} counts; linear, smooth: steps found; else: steps missed / "
          "width wrong / planted edges found")  # fmt: skip
    print(f"{'':14}" + "".join(f"{name:>22}" for name in columns))
    with ProcessPoolExecutor(arguments.jobs) as pool:
        rows = {
            shape: [pool.submit(tally, shape, law, arguments.sweeps, arguments.points) for law in columns.values()]
            for shape in arguments.only
        }
        for shape, cells in rows.items():
            line = "".join(f"{described(shape, cell.result()):>22}" for cell in cells)
            print(f"{shape:14}{line}", flush=True)


def described(shape: str, cell: Tally) -> str:
    if shape in ("linear", "smooth"):
        return f"{cell.stepped / cell.sweeps:.1%}"
    missed = 1 - cell.stepped / cell.sweeps
    return f"{missed:.1%} / {cell.wrong_width / cell.sweeps:.1%} / {cell.edges_found:.0%}"


if __name__ == "__main__":
    main()
