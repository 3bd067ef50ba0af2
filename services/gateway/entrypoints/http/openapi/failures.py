"""The answers that are errors, by status: made from the table of reasons."""

from collections import defaultdict
from collections.abc import Iterable, Mapping

import grpc
import msgspec

from chassis.grpc.status import CODES
from resilience.errors import Failure, Reason
from services.gateway.domain.dialects.anthropic_messages import ANTHROPIC_MESSAGES
from services.gateway.domain.dialects.openai_chat import OPENAI_CHAT
from services.gateway.entrypoints.http.errors import ERRORS, error_of
from services.gateway.entrypoints.http.headers import Place, response_headers
from services.gateway.entrypoints.http.openapi import answers
from services.gateway.entrypoints.http.openapi.schemas import Json, Schemas

CONNECT_STATUS: Mapping[grpc.StatusCode, int] = {
    grpc.StatusCode.INVALID_ARGUMENT: 400,
    grpc.StatusCode.FAILED_PRECONDITION: 400,
    grpc.StatusCode.UNAUTHENTICATED: 401,
    grpc.StatusCode.PERMISSION_DENIED: 403,
    grpc.StatusCode.NOT_FOUND: 404,
    grpc.StatusCode.ALREADY_EXISTS: 409,
    grpc.StatusCode.RESOURCE_EXHAUSTED: 429,
    grpc.StatusCode.INTERNAL: 500,
    grpc.StatusCode.UNAVAILABLE: 503,
    grpc.StatusCode.DEADLINE_EXCEEDED: 504,
}
"""HTTP statuses of the door's errors: https://connectrpc.com/docs/protocol/#error-codes."""

_NEVER_TOLD = {Reason.CANCELLED, Reason.OTHER}
_OF_NAMES = {Reason.ALREADY_EXISTS, Reason.IN_USE}
_OF_ROUTES = {Reason.METHOD_NOT_ALLOWED}
"""What is met at other methods than those that the document has."""
_ASKING = frozenset(Reason) - _NEVER_TOLD - _OF_NAMES - _OF_ROUTES

REASONS: Mapping[Place, frozenset[Reason]] = {
    Place.OPENAI: _ASKING,
    Place.ANTHROPIC: _ASKING,
    Place.MODELS: frozenset({Reason.UNAUTHENTICATED, Reason.INVALID_REQUEST, Reason.MODEL_NOT_FOUND}),
    Place.KEPT: frozenset(
        {
            Reason.UNAUTHENTICATED,
            Reason.PERMISSION_DENIED,
            Reason.INVALID_REQUEST,
            Reason.NOT_FOUND,
            Reason.UNAVAILABLE,
        }
    ),
    Place.RPC: frozenset(
        {
            Reason.UNAUTHENTICATED,
            Reason.PERMISSION_DENIED,
            Reason.INVALID_REQUEST,
            Reason.REQUEST_TOO_LARGE,
            Reason.NOT_FOUND,
            Reason.ALREADY_EXISTS,
            Reason.IN_USE,
            Reason.OVERLOADED,
            Reason.DEADLINE_EXCEEDED,
            Reason.UNAVAILABLE,
            Reason.INTERNAL,
        }
    ),
}
"""What may be met where."""

_SHAPES: Mapping[Place, tuple[type[msgspec.Struct], ...]] = {
    Place.OPENAI: (answers.OpenAIError,),
    Place.ANTHROPIC: (answers.AnthropicError,),
    Place.MODELS: (answers.OpenAIError, answers.AnthropicError),
    Place.KEPT: (answers.OpenAIError,),
    Place.RPC: (answers.ConnectError,),
}


def status_at(place: Place, reason: Reason) -> int:
    """The HTTP status by which a reason is told."""
    if place is Place.RPC:
        return CONNECT_STATUS[CODES[reason]]
    dialect = ANTHROPIC_MESSAGES if place is Place.ANTHROPIC else OPENAI_CHAT
    return error_of(Failure(reason, ""), "", dialect)[0]


class Failures:
    """Error responses by their names, gathered while operations are described."""

    def __init__(self, schemas: Schemas) -> None:
        self._schemas = schemas
        self.components: Json = {}

    def at(self, place: Place) -> Json:
        """References to the error responses of an operation, by status."""
        by_status: defaultdict[str, list[Reason]] = defaultdict(list)
        for reason in ERRORS:
            if reason in REASONS[place]:
                by_status[str(status_at(place, reason))].append(reason)
        if Reason.VENDOR_REJECTED in REASONS[place]:
            by_status["4XX"].append(Reason.VENDOR_REJECTED)  # with the status that the vendor itself said
        return {status: self._response(place, status, by_status[status]) for status in sorted(by_status)}

    def _response(self, place: Place, status: str, reasons: Iterable[Reason]) -> Json:
        name = f"{place.name.lower()}.{status}"
        shapes = [self._schemas.struct(shape, shape.__name__) for shape in _SHAPES[place]]
        self.components[name] = {
            "description": "\n".join(
                f"- `{reason}`: {ERRORS[reason].meaning} {ERRORS[reason].remedy}" for reason in reasons
            ),
            "headers": headers(place, error=True),
            "content": {"application/json": {"schema": shapes[0] if len(shapes) == 1 else {"anyOf": shapes}}},
        }
        return {"$ref": f"#/components/responses/{name}"}


def headers(place: Place, *, error: bool = False) -> Json:
    """References to the headers that an answer may have."""
    return {
        header.name: {"$ref": f"#/components/headers/{header.name}"} for header in response_headers(place, error=error)
    }
