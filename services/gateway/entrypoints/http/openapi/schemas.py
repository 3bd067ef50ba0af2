"""The document's schemas: structs as msgspec tells them, and what refers to them."""

from collections.abc import Mapping
from typing import Any

import msgspec

Json = dict[str, Any]

_ROOT = "#/components/schemas/"


def ref(name: str) -> Json:
    """What refers to a schema."""
    return {"$ref": f"{_ROOT}{name}"}


class Schemas:
    """Schemas by their names, gathered while operations are described."""

    def __init__(self) -> None:
        self.components: Json = {}

    def struct(self, kind: type[msgspec.Struct], name: str, *, notes: Mapping[str, str] | None = None) -> Json:
        """A reference to a struct's schema, which is open to further fields; what it is made of is `{name}.{part}`.

        `notes`: what fields of it mean.
        """
        (root,), found = msgspec.json.schema_components([kind], ref_template=f"{name}.{{name}}")
        names = {root["$ref"]: name}
        names |= {f"{name}.{part}": f"{name}.{part.lstrip('_')}" for part in found if f"{name}.{part}" not in names}
        for part, schema in found.items():
            self.components[names[f"{name}.{part}"]] = _tidy(schema, names)
        properties = self.components[name]["properties"]
        for field, note in (notes or {}).items():
            if field in properties:
                properties[field]["description"] = note
        return ref(name)


def _tidy(schema: Any, names: Mapping[str, str]) -> Any:
    """A schema as msgspec tells it, without what says nothing."""
    if isinstance(schema, list):
        return [_tidy(item, names) for item in schema]
    if not isinstance(schema, dict):
        return schema
    if "$ref" in schema:
        return ref(names[schema["$ref"]])
    if "properties" not in schema:
        return {key: _tidy(value, names) for key, value in schema.items() if (key, value) != ("default", None)}
    told = {key: value for key, value in schema.items() if key not in {"title", "properties"} and value != []}
    properties = {field: _tidy(value, names) for field, value in schema["properties"].items()}
    return {**told, "properties": properties, "additionalProperties": True}
