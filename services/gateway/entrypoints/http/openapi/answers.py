"""What answers look like: as much as callers may rely on, whichever vendor answered; vendors' further fields pass."""

from typing import Any, Literal

import msgspec


class ChatCompletion(msgspec.Struct):
    """A chat's answer, in OpenAI's shape."""

    id: str
    object: Literal["chat.completion"]
    created: int
    model: str
    choices: list[dict[str, Any]]
    usage: dict[str, Any] | None = None


class TextCompletion(msgspec.Struct):
    """The rest of a text, in OpenAI's older shape."""

    id: str
    object: Literal["text_completion"]
    created: int
    model: str
    choices: list[dict[str, Any]]
    usage: dict[str, Any] | None = None


class Embeddings(msgspec.Struct):
    """Vectors of texts, in OpenAI's shape."""

    object: Literal["list"]
    data: list[dict[str, Any]]
    model: str
    usage: dict[str, Any] | None = None


class Response(msgspec.Struct):
    """A response, in OpenAI's shape. Its id is Seawall's own; `store` tells whether it is kept."""

    id: str
    object: Literal["response"]
    status: str
    model: str
    output: list[dict[str, Any]]
    previous_response_id: str | None
    store: bool
    usage: dict[str, Any] | None = None


class Message(msgspec.Struct):
    """A chat's answer, in Anthropic's shape."""

    id: str
    type: Literal["message"]
    role: Literal["assistant"]
    model: str
    content: list[dict[str, Any]]
    stop_reason: str | None
    usage: dict[str, Any]


class TokenCount(msgspec.Struct):
    """How many tokens a message has."""

    input_tokens: int


class Model(msgspec.Struct):
    """A model that may be asked, in OpenAI's shape."""

    id: str
    object: Literal["model"]
    created: int
    owned_by: str


class ModelList(msgspec.Struct):
    """All of them."""

    object: Literal["list"]
    data: list[Model]


class AnthropicModel(msgspec.Struct):
    """A model that may be asked, in Anthropic's shape."""

    id: str
    type: Literal["model"]
    display_name: str
    created_at: str
    lifecycle: str


class AnthropicModelPage(msgspec.Struct):
    """A page of them."""

    data: list[AnthropicModel]
    has_more: bool
    first_id: str | None
    last_id: str | None


class InputItems(msgspec.Struct):
    """A page of what a response's model was told."""

    object: Literal["list"]
    data: list[dict[str, Any]]
    has_more: bool
    first_id: str | None
    last_id: str | None


class DeletedResponse(msgspec.Struct):
    """A response that is forgotten."""

    id: str
    object: Literal["response"]
    deleted: Literal[True]


class Liveness(msgspec.Struct):
    """That the process runs."""

    status: Literal["live"]


class Readiness(msgspec.Struct):
    """Whether it can serve, and what is missing, each with why."""

    status: Literal["ready", "not ready"]
    unmet: dict[str, str]


class _OpenAIErrorBody(msgspec.Struct):
    message: str
    type: str
    param: str | None
    code: str
    request_id: str
    doc_url: str
    vendor: Any = None


class OpenAIError(msgspec.Struct):
    """An error in OpenAI's shape; `vendor` has the vendor's own words, where it said something."""

    error: _OpenAIErrorBody


class _AnthropicErrorDetails(msgspec.Struct):
    error_code: str


class _AnthropicErrorBody(msgspec.Struct):
    type: str
    message: str
    param: str | None
    code: str
    doc_url: str
    details: _AnthropicErrorDetails
    vendor: Any = None


class AnthropicError(msgspec.Struct):
    """An error in Anthropic's shape; `vendor` has the vendor's own words, where it said something."""

    type: Literal["error"]
    error: _AnthropicErrorBody
    request_id: str


class _ConnectDetail(msgspec.Struct):
    type: str
    value: str


class ConnectError(msgspec.Struct):
    """An error in Connect's shape. Its reason is in the `google.rpc.ErrorInfo` among the details, in base64."""

    code: str
    message: str
    details: list[_ConnectDetail]
