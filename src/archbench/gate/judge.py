"""Which comparison two runs call for: latencies with statistics, counts with tolerances."""

from __future__ import annotations

from archbench.errors import BaselineError
from archbench.gate.compare import compare_runs
from archbench.gate.counters import compare_counts
from archbench.gate.noise import NoiseFloor
from archbench.gate.verdict import DEFAULT_MIN_EFFECT, GateReport
from archbench.records.runfile import RunFile, require_whole


def judge_runs(
    baseline: RunFile,
    current: RunFile,
    min_effect: float = DEFAULT_MIN_EFFECT,
    noise: NoiseFloor | None = None,
    *,
    any_version: bool = False,
) -> GateReport:
    """The report on `current`; `any_version` is for counts, `min_effect` and `noise` are for latencies.

    Raises:
        BaselineError: one run was timed and the other counted.
        ShardError: one is a share of a run: what is in the others would be missing.
    """
    require_whole(baseline)
    require_whole(current)
    then, now = baseline.section.instrument, current.section.instrument
    if then != now:
        raise BaselineError(
            f"{baseline.path} was made with {then or 'the clock'} and {current.path} with {now or 'the clock'};"
            " compare runs of one instrument."
        )
    if now:
        return compare_counts(baseline, current, any_version=any_version)
    return compare_runs(baseline, current, min_effect, noise)
