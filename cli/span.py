"""Spans of time as people write them."""

import re
from datetime import timedelta

import typer

_SPAN = re.compile(r"(\d{1,6})([smhdw])")
_UNITS = {"s": "seconds", "m": "minutes", "h": "hours", "d": "days", "w": "weeks"}


def span(text: str, option: str) -> timedelta:
    """`30d` as a time span. Raises a usage error that names the option it was given to."""
    match = _SPAN.fullmatch(text)
    if match is None or int(match[1]) == 0:
        raise typer.BadParameter(f"{text!r} is not a number and one of s, m, h, d, w, such as 30d", param_hint=option)
    return timedelta(**{_UNITS[match[2]]: int(match[1])})
