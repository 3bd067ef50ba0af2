"""How long a vendor asks to wait, in the headers in which vendors say so."""

from collections.abc import Callable
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

LONGEST = 60.0
"""Seconds; nobody is made to wait longer on a vendor's word."""

_MILLISECONDS = ("retry-after-ms", "x-ms-retry-after-ms")
"""OpenAI's and Azure's own headers, finer than the standard one (openai-python `_base_client.py`; Azure API
Management)."""


def retry_after(header: Callable[[str], str], now: datetime) -> float | None:
    """Seconds from `now`, between 0 and LONGEST; None where the headers say nothing that can be read.

    `header` gives the value of a header, empty where it is missing. `Retry-After` is RFC 9110, section 10.2.3: seconds
    (fractions are taken, too) or a date.
    """
    for name in _MILLISECONDS:
        milliseconds = _number(header(name))
        if milliseconds is not None:
            return _bounded(milliseconds / 1000.0)
    value = header("retry-after")
    seconds = _number(value)
    if seconds is None:
        seconds = _until(value, now)
    return None if seconds is None else _bounded(seconds)


def _number(value: str) -> float | None:
    try:
        number = float(value)
    except ValueError:
        return None
    return number if number == number else None  # noqa: PLR0124 - NaN


def _until(value: str, now: datetime) -> float | None:
    try:
        moment = parsedate_to_datetime(value)
    except ValueError:
        return None
    if moment.tzinfo is None:
        moment = moment.replace(tzinfo=UTC)
    return (moment - now).total_seconds()


def _bounded(seconds: float) -> float:
    return min(max(seconds, 0.0), LONGEST)
