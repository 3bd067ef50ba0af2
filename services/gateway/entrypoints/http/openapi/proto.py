"""Protobuf messages as JSON schemas, by protobuf's JSON mapping: https://protobuf.dev/programming-guides/json/."""

from google.protobuf.descriptor import Descriptor, EnumDescriptor, FieldDescriptor

from services.gateway.entrypoints.http.openapi.schemas import Json, Schemas, ref

_INT64: Json = {"type": "string", "format": "int64", "pattern": "^-?[0-9]+$"}
_UINT64: Json = {"type": "string", "format": "uint64", "pattern": "^[0-9]+$"}
_INT32: Json = {"type": "integer", "format": "int32"}
_UINT32: Json = {"type": "integer", "format": "uint32", "minimum": 0}

_SCALARS: dict[int, Json] = {
    FieldDescriptor.TYPE_BOOL: {"type": "boolean"},
    FieldDescriptor.TYPE_STRING: {"type": "string"},
    FieldDescriptor.TYPE_BYTES: {"type": "string", "contentEncoding": "base64"},
    FieldDescriptor.TYPE_DOUBLE: {"type": "number", "format": "double"},
    FieldDescriptor.TYPE_FLOAT: {"type": "number", "format": "float"},
    FieldDescriptor.TYPE_INT32: _INT32,
    FieldDescriptor.TYPE_SINT32: _INT32,
    FieldDescriptor.TYPE_SFIXED32: _INT32,
    FieldDescriptor.TYPE_UINT32: _UINT32,
    FieldDescriptor.TYPE_FIXED32: _UINT32,
    FieldDescriptor.TYPE_INT64: _INT64,
    FieldDescriptor.TYPE_SINT64: _INT64,
    FieldDescriptor.TYPE_SFIXED64: _INT64,
    FieldDescriptor.TYPE_UINT64: _UINT64,
    FieldDescriptor.TYPE_FIXED64: _UINT64,
}

_WELL_KNOWN: dict[str, Json] = {
    "google.protobuf.Timestamp": {"type": "string", "format": "date-time"},
    "google.protobuf.Duration": {"type": "string", "pattern": r"^-?[0-9]+(\.[0-9]+)?s$"},
    "google.protobuf.FieldMask": {"type": "string"},
    "google.protobuf.Struct": {"type": "object"},
    "google.protobuf.Empty": {"type": "object", "additionalProperties": False},
}
"""Messages that the mapping writes otherwise than as their fields."""


def message(descriptor: Descriptor, schemas: Schemas) -> Json:
    """A reference to a message's schema. Raises ValueError for one of protobuf's own that is not known here."""
    name = descriptor.full_name
    if (known := _WELL_KNOWN.get(name)) is not None:
        return dict(known)
    if name.startswith("google.protobuf."):
        raise ValueError(f"no schema is known for {name}")
    if name not in schemas.components:
        properties: Json = {}
        # Put there first: messages may hold themselves.
        schemas.components[name] = {"type": "object", "properties": properties, "additionalProperties": False}
        properties |= {field.json_name: _field(field, schemas) for field in descriptor.fields}
        if choices := [oneof for oneof in descriptor.oneofs if len(oneof.fields) > 1]:
            of = "; ".join(", ".join(f"`{field.json_name}`" for field in oneof.fields) for oneof in choices)
            schemas.components[name]["description"] = f"At most one of: {of}."
    return ref(name)


def _field(field: FieldDescriptor, schemas: Schemas) -> Json:
    if field.message_type is not None and field.message_type.GetOptions().map_entry:
        value = field.message_type.fields_by_name["value"]
        return {"type": "object", "additionalProperties": _value(value, schemas)}
    if field.is_repeated:
        return {"type": "array", "items": _value(field, schemas)}
    return _value(field, schemas)


def _value(field: FieldDescriptor, schemas: Schemas) -> Json:
    if field.message_type is not None:
        return message(field.message_type, schemas)
    if field.enum_type is not None:
        return _enum(field.enum_type, schemas)
    return dict(_SCALARS[field.type])


def _enum(descriptor: EnumDescriptor, schemas: Schemas) -> Json:
    name = descriptor.full_name
    schemas.components[name] = {"type": "string", "enum": [value.name for value in descriptor.values]}
    return ref(name)
