"""The kinds of workload. Every kind has `id`, `batch`, `input_shape`, `family` and `axes`, and is hashable data."""

from __future__ import annotations

from archbench.workloads.network import NetworkWorkload
from archbench.workloads.pattern import PatternWorkload

Workload = PatternWorkload | NetworkWorkload
