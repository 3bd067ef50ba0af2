"""What applications may ask over HTTP, as OpenAPI's operations."""

from collections.abc import Mapping
from dataclasses import dataclass

import msgspec

from services.gateway.domain.dialect import Dialect, Name
from services.gateway.domain.dialects.unspoken import Unspoken
from services.gateway.entrypoints.http import models, responses
from services.gateway.entrypoints.http.headers import Place, request_headers
from services.gateway.entrypoints.http.openapi import answers, examples
from services.gateway.entrypoints.http.openapi.failures import Failures, headers
from services.gateway.entrypoints.http.openapi.schemas import Json, Schemas

OPENAI_TAG, ANTHROPIC_TAG, MODELS_TAG = "OpenAI's shape", "Anthropic's shape", "Models"

_OPENAI = "https://platform.openai.com/docs/api-reference"
_ANTHROPIC = "https://platform.claude.com/docs/en/api"


@dataclass(frozen=True, slots=True)
class _Asking:
    """What is said of a dialect's endpoint. `reference`: where the vendor tells of all fields."""

    operation: str
    summary: str
    reference: str
    answer: type[msgspec.Struct]


_ASKING: Mapping[Name, _Asking] = {
    Name.OPENAI_CHAT: _Asking(
        "createChatCompletion", "Ask for a chat's next turn", f"{_OPENAI}/chat/create", answers.ChatCompletion
    ),
    Name.OPENAI_COMPLETIONS: _Asking(
        "createCompletion", "Have a text gone on with", f"{_OPENAI}/completions/create", answers.TextCompletion
    ),
    Name.OPENAI_EMBEDDINGS: _Asking(
        "createEmbedding", "Ask for vectors of texts", f"{_OPENAI}/embeddings/create", answers.Embeddings
    ),
    Name.OPENAI_RESPONSES: _Asking(
        "createResponse", "Ask for a response, which may be kept", f"{_OPENAI}/responses/create", answers.Response
    ),
    Name.ANTHROPIC_MESSAGES: _Asking(
        "createMessage", "Ask for a chat's next turn", f"{_ANTHROPIC}/messages", answers.Message
    ),
    Name.ANTHROPIC_COUNT_TOKENS: _Asking(
        "countTokens", "Count a message's tokens", f"{_ANTHROPIC}/messages/count_tokens", answers.TokenCount
    ),
}

_NOTES = {
    "model": "A model that is set, or `provider/model` to ask one target outright.",
    "stream": "Whether the answer comes as server-sent events.",
    "previous_response_id": "The kept response that this one goes on from.",
    "store": "Whether the response is kept; it is where nothing is said.",
}


class Operations:
    """Describes them; schemas and errors are put where the document has them."""

    def __init__(self, schemas: Schemas, failures: Failures) -> None:
        self._schemas = schemas
        self._failures = failures

    def asking(self, dialect: Dialect) -> Json:
        """The POST that asks a model in a dialect."""
        about = _ASKING[dialect.name]
        anthropic = dialect.name.startswith("anthropic")
        place = Place.ANTHROPIC if anthropic else Place.OPENAI
        body = self._schemas.struct(dialect.reads, f"{dialect.name}.request", notes=_NOTES)
        answered: Json = {"application/json": {"schema": self._answer(about.answer)}}
        if not isinstance(dialect, Unspoken):
            answered["text/event-stream"] = {"schema": {"type": "string", "description": "The vendor's own events."}}
        return {
            "operationId": about.operation,
            "summary": about.summary,
            "description": "The schema has what Seawall reads. Every other field is passed on to a vendor of the same"
            " dialect as it stands, and translated for others.",
            "tags": [ANTHROPIC_TAG if anthropic else OPENAI_TAG],
            "externalDocs": {"url": about.reference, "description": "All fields, as the vendor tells of them"},
            "parameters": _parameters(place),
            "requestBody": {
                "required": True,
                "content": {
                    "application/json": {"schema": body, "examples": examples.told(examples.ASKING[dialect.name])}
                },
            },
            "responses": self._responses(place, "The answer, whole or as server-sent events.", answered),
        }

    def models(self) -> Json:
        """The paths of models."""
        place = Place.MODELS
        page = [
            _query("limit", {"type": "integer", "minimum": 1, "maximum": models.LARGEST_PAGE, "default": models.PAGE}),
            _query("after_id", {"type": "string"}),
            _query("before_id", {"type": "string"}),
        ]
        shapes = "In Anthropic's shape, in pages, where the request has `anthropic-version`."
        return {
            models.PATH: {
                "get": {
                    "operationId": "listModels",
                    "summary": "The models that the key's project may ask for",
                    "description": f"{shapes} The query counts there only.",
                    "tags": [MODELS_TAG],
                    "parameters": [*_parameters(place), *page],
                    "responses": self._responses(
                        place, "The models.", self._json(answers.ModelList, answers.AnthropicModelPage)
                    ),
                }
            },
            f"{models.PATH}/{{model}}": {
                "get": {
                    "operationId": "getModel",
                    "summary": "One of them",
                    "description": shapes,
                    "tags": [MODELS_TAG],
                    "parameters": [*_parameters(place), _path("model", examples.MODEL)],
                    "responses": self._responses(
                        place, "The model.", self._json(answers.Model, answers.AnthropicModel)
                    ),
                }
            },
        }

    def kept(self) -> Json:
        """The paths of responses that are kept."""
        place, tags = Place.KEPT, [OPENAI_TAG]
        one = f"{responses.PATH}/{{response_id}}"
        parameters = [_path("response_id", "resp_0123456789abcdef")]
        items = [
            _query("limit", {"type": "integer", "minimum": 1, "maximum": responses.MOST, "default": responses.PAGE}),
            _query("order", {"type": "string", "enum": ["asc", "desc"], "default": "desc"}),
            _query("after", {"type": "string", "description": "An item's id."}),
        ]
        return {
            one: {
                "parameters": parameters,
                "get": {
                    "operationId": "getResponse",
                    "summary": "A response that is kept",
                    "tags": tags,
                    "responses": self._responses(place, "The response.", self._json(answers.Response)),
                },
                "delete": {
                    "operationId": "deleteResponse",
                    "summary": "Forget a response",
                    "tags": tags,
                    "responses": self._responses(place, "It is forgotten.", self._json(answers.DeletedResponse)),
                },
            },
            f"{one}/{responses.INPUT_ITEMS}": {
                "parameters": parameters,
                "get": {
                    "operationId": "listInputItems",
                    "summary": "What a response's model was told",
                    "tags": tags,
                    "parameters": items,
                    "responses": self._responses(place, "A page of it.", self._json(answers.InputItems)),
                },
            },
        }

    def _answer(self, kind: type[msgspec.Struct]) -> Json:
        return self._schemas.struct(kind, kind.__name__)

    def _json(self, *kinds: type[msgspec.Struct]) -> Json:
        shapes = [self._answer(kind) for kind in kinds]
        return {"application/json": {"schema": shapes[0] if len(shapes) == 1 else {"anyOf": shapes}}}

    def _responses(self, place: Place, description: str, content: Json) -> Json:
        return {
            "200": {"description": description, "headers": headers(place), "content": content},
            **self._failures.at(place),
        }


def _parameters(place: Place) -> list[Json]:
    return [{"$ref": f"#/components/parameters/{header.name}"} for header in request_headers(place)]


def _query(name: str, schema: Json) -> Json:
    return {"name": name, "in": "query", "schema": schema}


def _path(name: str, example: str) -> Json:
    return {"name": name, "in": "path", "required": True, "schema": {"type": "string"}, "example": example}
