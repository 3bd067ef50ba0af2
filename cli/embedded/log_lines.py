"""A service's log, as a person reads it on a terminal."""

import json

_LEFT_OUT = {"level", "event", "logger", "timestamp", "service", "exception"}


def readable(line: str) -> str:
    """A structured line as text, its stack left out but for the last words; any other line as it is."""
    try:
        told = json.loads(line)
    except ValueError:
        return line
    if not isinstance(told, dict) or "event" not in told:
        return line
    parts = [f"{told.get('level', '')}: {told['event']}"]
    parts += [f"{name}={value}" for name, value in told.items() if name not in _LEFT_OUT]
    if stack := str(told.get("exception", "")).strip():
        parts.append(stack.splitlines()[-1])
    return "; ".join(parts)
