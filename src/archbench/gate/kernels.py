"""The second witness: what the engine executed, then and now, compared as text."""

from __future__ import annotations

import difflib
from collections.abc import Sequence


def kernel_changes(then: Sequence[str], now: Sequence[str]) -> tuple[str, ...]:
    """Lines of the executed graph that went (`- `) and came (`+ `), in order; empty if the graphs are the same."""
    return tuple(line for line in difflib.ndiff(list(then), list(now)) if line.startswith(("- ", "+ ")))
