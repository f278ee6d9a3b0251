"""Shared by tests and benchmarks."""

import os
import shutil

import pytest
from hypothesis import HealthCheck, settings

pytest_plugins = ["pytester"]

# A repository of its own, which a test copies elsewhere.
collect_ignore = ["tests/sample_repository"]

# Tests run side by side: each keeps to one core.
os.environ.setdefault("OMP_NUM_THREADS", "1")

settings.register_profile("fast", max_examples=40, deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.register_profile("nightly", max_examples=500, deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "fast"))


@pytest.fixture(scope="session")
def cache_root(tmp_path_factory):
    """One artifact cache for the whole session, xdist's workers included: the real one is never touched."""
    if "PYTEST_XDIST_WORKER" not in os.environ:
        return tmp_path_factory.mktemp("cache")
    shared = tmp_path_factory.getbasetemp().parent / "cache"
    shared.mkdir(exist_ok=True)
    return shared


@pytest.fixture(scope="session")
def spoken(tmp_path_factory):
    """Ten digits by three speakers, eleven recordings each: tones of a pitch of their own."""
    import numpy as np
    import soundfile

    made, rate = tmp_path_factory.mktemp("spoken"), 8000
    for digit in range(10):
        for place, speaker in enumerate(("ann", "bob", "cem")):
            for index in range(11):
                wave = 0.5 * np.sin(2 * np.pi * (200 + 300 * digit + 10 * place + index) * np.arange(rate // 2) / rate)
                soundfile.write(made / f"{digit}_{speaker}_{index}.wav", wave, rate)
    return made


@pytest.fixture
def digits(spoken, tmp_path):
    """A copy of them that the test may change."""
    return shutil.copytree(spoken, tmp_path / "digits")
