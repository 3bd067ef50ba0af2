"""Lengths of time as operators write them: `500ms`, `60s`, `2m`, `1h`."""

import re
from datetime import timedelta

_SHAPE = re.compile(r"(\d{1,9}(?:\.\d{1,6})?)(ms|s|m|h)")
_SECONDS = {"ms": 0.001, "s": 1.0, "m": 60.0, "h": 3600.0}


def duration(text: object) -> timedelta:
    """The time that `text` says, or is. Raises ValueError."""
    if isinstance(text, timedelta):
        return text
    match = _SHAPE.fullmatch(text) if isinstance(text, str) else None
    if match is None:
        raise ValueError("is not a duration such as 500ms, 60s, 2m or 1h")
    return timedelta(seconds=float(match[1]) * _SECONDS[match[2]])


def written(length: timedelta) -> str:
    """`length` in whole hours where that is exact, else in seconds."""
    hours, rest = divmod(length, timedelta(hours=1))
    return f"{hours}h" if hours and not rest else f"{length.total_seconds():g}s"
