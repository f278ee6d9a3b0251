"""Many tests judged together: the false discovery rate (Benjamini and Hochberg 1995)."""

from __future__ import annotations

from collections.abc import Hashable, Mapping
from typing import TypeVar

_Key = TypeVar("_Key", bound=Hashable)


def adjusted(p_values: Mapping[_Key, float]) -> Mapping[_Key, float]:
    """Each p-value raised so that rejecting those at or below q keeps the expected share of false rejections below q."""
    if not p_values:
        return {}
    from scipy.stats import false_discovery_control  # slow to import, and most runs are not judged

    return dict(zip(p_values, map(float, false_discovery_control(list(p_values.values()))), strict=True))
