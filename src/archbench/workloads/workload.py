"""The kinds of workload, hashable data all.

Every kind has `id`, `batch`, `input_shape`, `family`, `axes`, and `reference`: the backend its speedups are measured against.
"""

from __future__ import annotations

from archbench.workloads.drawn import DrawnWorkload
from archbench.workloads.kws import KwsWorkload
from archbench.workloads.layer import LayerWorkload
from archbench.workloads.model import ModelWorkload
from archbench.workloads.network import NetworkWorkload
from archbench.workloads.pattern import PatternWorkload

#: Those that we build, with weights of ours.
BuiltWorkload = PatternWorkload | NetworkWorkload | DrawnWorkload | KwsWorkload | LayerWorkload

Workload = BuiltWorkload | ModelWorkload
