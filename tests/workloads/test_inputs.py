"""Seeded inputs: reproducible, of unit variance, and of speech's form where a network hears speech."""

import numpy as np
import pytest

from archbench.workloads.inputs import seeded_input
from archbench.workloads.kws import KwsWorkload
from archbench.workloads.pattern import PatternWorkload

PATTERN = PatternWorkload(pattern="standard", depth=1, width=8, batch=20)
SPEECH = KwsWorkload.named("kws12", batch=400)


@pytest.mark.parametrize("workload", [PATTERN, SPEECH])
def test_inputs_repeat_by_stream_and_have_unit_variance(workload):
    first, again, other = (seeded_input(workload, stream=stream) for stream in (0, 0, 1))

    np.testing.assert_array_equal(first, again)
    assert not np.array_equal(first, other)
    assert first.shape == workload.input_shape
    assert first.dtype == np.float32
    assert abs(first.mean()) < 0.02
    assert first.var() == pytest.approx(1.0, abs=0.02)


def test_only_of_speech_is_a_band_loud_throughout():
    """Of standard normal noise a mean over n frames has variance 1 / n; the shared part adds 0.42 of the unit variance."""
    pattern, speech = (seeded_input(workload).mean(axis=-1).var() for workload in (PATTERN, SPEECH))

    assert pattern == pytest.approx(1 / 28, rel=0.1)
    assert speech == pytest.approx((1 + 32**0.5) ** 2 / 32 / (2 + 2 / 32**0.5), rel=0.1)
