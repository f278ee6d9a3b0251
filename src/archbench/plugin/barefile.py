"""The run file of a run without timings, in pytest-benchmark's form with no benchmark in it."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

import msgspec
import pytest
from pytest_benchmark import __version__ as benchmark_version
from pytest_benchmark.utils import get_commit_info

from archbench.records.runfile import KEY, RunSection


def bare_document(config: pytest.Config, section: RunSection, machine_info: Mapping[str, Any]) -> bytes:
    """The JSON of the run."""
    document = {
        "machine_info": dict(machine_info),
        "commit_info": get_commit_info(config.getoption("benchmark_project_name", None)),
        "benchmarks": [],
        "datetime": datetime.now(UTC).isoformat(),
        "version": benchmark_version,
        KEY: msgspec.to_builtins(section),
    }
    return msgspec.json.encode(document, enc_hook=str)
