"""One formatter per unit. Numbers elsewhere stay in SI base units."""

from __future__ import annotations

_DECIMAL = ((1e12, "T"), (1e9, "G"), (1e6, "M"), (1e3, "k"))
_BINARY = ((2**30, "GiB"), (2**20, "MiB"), (2**10, "KiB"))


def format_seconds(seconds: float) -> str:
    """Three significant digits with the unit that keeps the number between 1 and 1000."""
    for scale, unit in ((1.0, "s"), (1e-3, "ms"), (1e-6, "us")):
        if seconds >= scale:
            return f"{seconds / scale:.3g} {unit}"
    return f"{seconds / 1e-9:.3g} ns"


def format_count(count: float) -> str:
    """A count with a decimal prefix: 36864 -> '36.9 k'."""
    for scale, prefix in _DECIMAL:
        if count >= scale:
            return f"{count / scale:.3g} {prefix}"
    return f"{count:.3g}"


def format_bytes(size: float) -> str:
    """A size with a binary prefix: 2048 -> '2 KiB'."""
    for scale, unit in _BINARY:
        if size >= scale:
            return f"{size / scale:.3g} {unit}"
    return f"{size:.0f} B"


def format_ratio(ratio: float) -> str:
    """A speedup or latency ratio: 3.4567 -> '3.46x'."""
    return f"{ratio:.2f}x"


def format_change(ratio: float) -> str:
    """A ratio as signed per cent: 1.2 -> '+20.0 %'."""
    return f"{(ratio - 1.0) * 100:+.1f} %"
