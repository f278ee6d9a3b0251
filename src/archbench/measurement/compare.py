"""One model of the user's own on several backends, measured now."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from archbench.cache import ArtifactCache, default_cache_root
from archbench.errors import ModelError
from archbench.measurement.own_model import open_model
from archbench.measurement.session import PairedSession, Plan
from archbench.measurement.settings import SessionSettings, usual_settings
from archbench.records.record import CaseRecord, Status
from archbench.registry import ACCELERATED_BACKEND
from archbench.workloads.case import Case
from archbench.workloads.model import ModelWorkload


def compare_model(
    model: str | Path | Callable[[], Any],
    *,
    shape: Sequence[int] | None = None,
    backends: Sequence[str] = (),
    threads: int = 1,
    isa: str | None = None,
) -> Mapping[str, CaseRecord]:
    """The records of `model` by backend, the model's reference first, all sampled in the same rounds.

    Args:
        model: as `open_model`.
        shape: of the input; None means the one that the file fixes.
        backends: what to hold against the reference; OpenVINO on the CPU in float32 if none is named.
        threads: of every backend.
        isa: cap of the instruction set, or None.

    Raises:
        ModelError: the model cannot be measured on any of the backends.
        UnknownNameError: an unknown backend or ISA cap.
        CacheError: the cache cannot be written.
    """
    workload = open_model(model, None if shape is None else tuple(shape))
    return measure_cases(model_cases(workload, backends, threads=threads, isa=isa))


def model_cases(workload: ModelWorkload, backends: Sequence[str], *, threads: int, isa: str | None) -> list[Case]:
    """The cases of a model that was opened, the one on its reference first; see `compare_model`.

    Raises:
        UnknownNameError: an unknown backend or ISA cap.
    """
    names = dict.fromkeys((workload.reference, *(backends or (ACCELERATED_BACKEND,))))
    return [Case(workload=workload, backend=name, threads=threads, isa=isa) for name in names]


def measure_cases(cases: Sequence[Case]) -> Mapping[str, CaseRecord]:
    """The records of `model_cases` by backend; see `compare_model`.

    Raises:
        ModelError: the model cannot be measured on any of the backends.
        CacheError: the cache cannot be written.
    """
    settings = model_settings()
    ArtifactCache(settings.cache).require_writable()
    with PairedSession(settings) as session:
        records = session.measure([Plan.paired(cases)])
    if all(record.status is Status.ERROR for record in records):
        raise ModelError(f"{cases[0].workload.family} cannot be measured: {records[0].reason}")
    return {case.backend: record for case, record in zip(cases, records, strict=True)}


def model_settings() -> SessionSettings:
    """How a model alone is measured: a cheap one more often, and none for minutes."""
    return dataclasses.replace(usual_settings(default_cache_root()), processes=8, budget=24, patience_s=30.0)
