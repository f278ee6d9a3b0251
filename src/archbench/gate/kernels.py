"""The second witness: what the engine executed, then and now, compared as text."""

from __future__ import annotations

import difflib
import re
from collections.abc import Sequence

_NUMBER = re.compile(r"_\d+(?=[_,\s]|$)")


def kernel_changes(then: Sequence[str], now: Sequence[str]) -> tuple[str, ...]:
    """Lines of the executed graph that went (`- `) and came (`+ `), in order; empty if the graphs are the same.

    Numbers that a runtime appends to names it makes up differ from version to version and are shown as `#`.
    """
    before, after = ([_NUMBER.sub("_#", line) for line in graph] for graph in (then, now))
    return tuple(line for line in difflib.ndiff(before, after) if line.startswith(("- ", "+ ")))
