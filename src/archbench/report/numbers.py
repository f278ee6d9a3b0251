"""Numbers with their intervals: the same words for the same thing in every table."""

from __future__ import annotations

from collections.abc import Callable

from archbench.records.interval import Interval
from archbench.units import format_change, format_ratio, format_seconds


def seconds_text(interval: Interval | None) -> str:
    """A time."""
    return _text(interval, format_seconds, format_seconds)


def ratio_text(interval: Interval | None) -> str:
    """A ratio."""
    return _text(interval, format_ratio, "{:.2f}".format)


def share_text(interval: Interval | None) -> str:
    """A share in per cent."""
    return _text(interval, "{:.1%}".format, lambda share: f"{share * 100:.1f}")


def points_text(interval: Interval | None) -> str:
    """A difference of shares in percentage points."""

    def points(share: float) -> str:
        return f"{share * 100:+.1f}"

    return _text(interval, points, points)


def latency_text(latency: Interval | None) -> str:
    """A time measured in worker processes: one alone gives no interval, which is said."""
    return _sampled(seconds_text(latency), latency)


def speedup_text(speedup: Interval | None) -> str:
    """A ratio measured in worker processes."""
    return _sampled(ratio_text(speedup), speedup)


def change_text(ratio: Interval | None) -> str:
    """A ratio measured in worker processes as a change in per cent; one that is exact has no interval."""
    if ratio is not None and ratio.low == ratio.high == ratio.estimate:
        return format_change(ratio.estimate)
    return _sampled(_text(ratio, format_change, lambda bound: f"{(bound - 1) * 100:+.1f}"), ratio)


def _sampled(text: str, interval: Interval | None) -> str:
    return text if interval is None or _is_bounded(interval) else f"{text} [one process]"


def _is_bounded(interval: Interval) -> bool:
    return interval.low is not None and interval.high is not None


def _text(interval: Interval | None, estimate: Callable[[float], str], bound: Callable[[float], str]) -> str:
    if interval is None:
        return "-"
    if not _is_bounded(interval):
        return estimate(interval.estimate)
    low, high = interval.bounded
    return f"{estimate(interval.estimate)} [{bound(low)}, {bound(high)}]"
