"""OpenAPI 3.1's objects, as far as Seawall's document uses them: https://spec.openapis.org/oas/v3.1.0."""

from typing import Annotated, Any, Literal

import msgspec
from msgspec import Meta, Struct, field

ComponentName = Annotated[str, Meta(pattern=r"^[a-zA-Z0-9._-]+$")]
Path = Annotated[str, Meta(pattern=r"^/")]
Status = Annotated[str, Meta(pattern=r"^([1-5][0-9]{2}|[1-5]XX|default)$")]
Schema = dict[str, Any] | bool


class Reference(Struct, forbid_unknown_fields=True):
    ref: str = field(name="$ref")


class License(Struct, forbid_unknown_fields=True):
    name: str
    identifier: str


class Info(Struct, forbid_unknown_fields=True):
    title: str
    version: str
    description: str
    license: License


class Server(Struct, forbid_unknown_fields=True):
    url: str


class ExternalDocs(Struct, forbid_unknown_fields=True):
    url: Annotated[str, Meta(pattern="^https://")]
    description: str = ""


class Tag(Struct, forbid_unknown_fields=True):
    name: str
    description: str = ""


class Example(Struct, forbid_unknown_fields=True):
    summary: str
    value: Any
    status: int = field(name="x-seawall-status")


class MediaType(Struct, forbid_unknown_fields=True):
    schema: Schema
    examples: dict[str, Example] = {}


class Header(Struct, forbid_unknown_fields=True):
    description: str
    schema: Schema


class Parameter(Struct, forbid_unknown_fields=True):
    name: str
    in_: Literal["query", "header", "path"] = field(name="in")
    schema: Schema
    required: bool = False
    description: str = ""
    example: Any = None


class RequestBody(Struct, forbid_unknown_fields=True):
    content: dict[str, MediaType]
    required: bool


class Response(Struct, forbid_unknown_fields=True):
    description: Annotated[str, Meta(min_length=1)]
    content: dict[str, MediaType]
    headers: dict[str, Reference] = {}


class Operation(Struct, forbid_unknown_fields=True):
    operation_id: str = field(name="operationId")
    summary: Annotated[str, Meta(min_length=1)]
    tags: Annotated[list[str], Meta(min_length=1, max_length=1)]
    responses: dict[Status, dict[str, Any]]
    description: str = ""
    parameters: list[dict[str, Any]] = []
    request_body: RequestBody | None = field(default=None, name="requestBody")
    security: list[dict[str, list[str]]] | None = None
    external_docs: ExternalDocs | None = field(default=None, name="externalDocs")


class PathItem(Struct, forbid_unknown_fields=True):
    parameters: list[Parameter] = []
    get: Operation | None = None
    post: Operation | None = None
    delete: Operation | None = None


class SecurityScheme(Struct, forbid_unknown_fields=True):
    type: Literal["http", "apiKey"]
    description: str
    scheme: str | None = None
    in_: str | None = field(default=None, name="in")
    name: str | None = None


class Components(Struct, forbid_unknown_fields=True):
    schemas: dict[ComponentName, Schema]
    responses: dict[ComponentName, Response]
    parameters: dict[ComponentName, Parameter]
    headers: dict[ComponentName, Header]
    security_schemes: dict[ComponentName, SecurityScheme] = field(name="securitySchemes")


class Document(Struct, forbid_unknown_fields=True):
    openapi: Annotated[str, Meta(pattern=r"^3\.1\.[0-9]+$")]
    info: Info
    servers: list[Server]
    security: list[dict[str, list[str]]]
    tags: list[Tag]
    paths: dict[Path, PathItem]
    components: Components


def read(text: str) -> Document:
    """The document. Raises msgspec.ValidationError where it is not of OpenAPI's form."""
    document = msgspec.json.decode(text, type=Document)
    for item in document.paths.values():
        for operation in filter(None, (item.get, item.post, item.delete)):
            for response in operation.responses.values():
                msgspec.convert(response, Reference if "$ref" in response else Response)
            for parameter in operation.parameters:
                msgspec.convert(parameter, Reference if "$ref" in parameter else Parameter)
    return document
