"""All faults there are, each with a sentence and its fields, for who chooses one."""

from __future__ import annotations

from typing import Any, get_args

from simulator.faults import Aimed, Fault

KINDS: tuple[type[Aimed], ...] = get_args(get_args(Fault)[0])
_OF_ALL = {"kind", *Aimed.model_fields}


def catalogue() -> list[dict[str, Any]]:
    """Return the faults as JSON-able values: `kind`, `about`, `stream_only`, `prefix_only`, `fields`.

    A field has its `name`, whether it is `required`, its `default`, and `choices` where it has some.
    """
    return [_describe(fault) for fault in KINDS]


def _describe(fault: type[Aimed]) -> dict[str, Any]:
    schema = fault.model_json_schema()
    return {
        "kind": schema["properties"]["kind"]["const"],
        "about": schema["description"].partition("\n\n")[0].replace("\n", " "),
        "stream_only": fault.stream_only,
        "prefix_only": fault.prefix_only,
        "fields": [
            {
                "name": name,
                "required": name in schema.get("required", ()),
                "default": field.get("default"),
                "choices": field.get("enum"),
            }
            for name, field in schema["properties"].items()
            if name not in _OF_ALL
        ],
    }
