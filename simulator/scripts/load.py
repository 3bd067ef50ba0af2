"""Reads a script from a file of JSON or YAML."""

from __future__ import annotations

import json
from pathlib import Path

from pydantic import ValidationError

from simulator.scripts.script import Script


def load(path: Path) -> Script:
    """Read a script; raises OSError where there is no such file, and ValueError that names what is wrong in it."""
    text = path.read_text(encoding="utf-8")
    try:
        return Script.model_validate(_values(text, is_json=path.suffix == ".json"))
    except ValidationError as invalid:
        problem = invalid.errors(include_url=False)[0]
        field = ".".join(str(step) for step in problem["loc"]) or "script"
        raise ValueError(f"{path}: {field}: {problem['msg']}") from None
    except ValueError as problem:
        raise ValueError(f"{path}: {problem}") from None


def _values(text: str, *, is_json: bool) -> object:
    if is_json:
        return json.loads(text)
    import yaml  # noqa: PLC0415 - what runs without a script, or with one in JSON, needs no YAML

    try:
        return yaml.safe_load(text)
    except yaml.YAMLError as problem:
        raise ValueError(str(problem)) from None
