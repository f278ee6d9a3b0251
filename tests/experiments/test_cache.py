"""The cache claims on counts whose truth is known."""

import dataclasses

import numpy as np
import pytest

from archbench.experiments.cache import CLAIMS
from archbench.experiments.claim import Outcome, judge
from archbench.records.counts import Counts
from archbench.records.record import Status
from tests.samples import record

PATTERNS = {"standard": "", "grouped": "-g8", "depthwise-separable": "", "depthwise-bottleneck": "-r4"}


def counted(misses):
    """Records of torch and OpenVINO with these warm misses, by pattern."""
    records = {}
    for pattern, pair in misses.items():
        for backend, count in zip(("torch", "openvino-cpu-f32"), pair, strict=True):
            case_id = f"{pattern}-d10-w64-k3{PATTERNS[pattern]}-56x56-b1:{backend}:t1:avx"
            counts = {"instructions": 1, "LL instruction misses": 0, "LL read misses": count, "LL write misses": 0}
            plain = record(case_id, np.random.default_rng(0), status=Status.CHECKED)
            simulated = Counts(instrument="callgrind", machine="m", cpu=(), states={"warm": counts})
            records[case_id] = dataclasses.replace(plain, status=Status.COUNTED, counts=simulated)
    return records


def outcomes(misses):
    return [judge(claim, counted(misses)).outcome for claim in CLAIMS]


AS_PUBLISHED = {
    "standard": (300, 200),
    "grouped": (600, 200),
    "depthwise-separable": (2000, 200),
    "depthwise-bottleneck": (4000, 200),
}


def test_the_paper_s_own_picture_holds():
    assert outcomes(AS_PUBLISHED) == [Outcome.HOLDS] * 3 + [Outcome.NOT_MEASURED] * 2


@pytest.mark.parametrize(
    ("pattern", "pair", "refuted"),
    [
        ("grouped", (100, 200), (0, 2)),
        ("depthwise-separable", (600, 200), (1,)),
        ("standard", (900, 200), (2,)),
    ],
)
def test_each_claim_can_fail(pattern, pair, refuted):
    found = outcomes({**AS_PUBLISHED, pattern: pair})

    assert [index for index, outcome in enumerate(found) if outcome is Outcome.DOES_NOT_HOLD] == list(refuted)


def test_what_was_not_counted_on_both_is_not_measured():
    assert [judge(claim, {}).outcome for claim in CLAIMS] == [Outcome.NOT_MEASURED] * 5
    timed = {"x": record("standard-d10-w64-k3-56x56-b1:torch:t1", np.random.default_rng(0), count=2)}
    timed = {entry.case_id: entry for entry in timed.values()}
    assert [judge(claim, timed).outcome for claim in CLAIMS] == [Outcome.NOT_MEASURED] * 5


def test_the_harness_s_own_hot_paths_are_no_evidence():
    records = counted(AS_PUBLISHED)
    hot_path = dataclasses.replace(next(iter(records.values())), case_id="archbench-sampling-loop:python:t1", cost={})

    found = [judge(claim, {**records, hot_path.case_id: hot_path}).outcome for claim in CLAIMS]

    assert found == outcomes(AS_PUBLISHED)
