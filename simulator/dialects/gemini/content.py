"""What a conversation with Gemini consists of, as far as an answer depends on it."""

from __future__ import annotations

from typing import Any

import msgspec


class Message(msgspec.Struct, rename="camel", omit_defaults=True):
    """A message, whose fields have the names of protobuf's JSON."""


class Blob(Message):
    """Bytes, in base64."""

    mime_type: str = ""
    data: str = ""


class FileData(Message):
    """Bytes that are elsewhere."""

    mime_type: str = ""
    file_uri: str = ""


class FunctionCall(Message):
    """The model called a function."""

    name: str = ""
    id: str = ""
    args: dict[str, Any] | None = None


class ResponsePart(Message):
    """Media that a function answered."""

    inline_data: Blob | None = None
    file_data: FileData | None = None


class FunctionResponse(Message):
    """What a function answered."""

    name: str = ""
    id: str = ""
    response: dict[str, Any] | None = None
    parts: list[ResponsePart] = msgspec.field(default_factory=list)

    @property
    def said(self) -> str:
        """What it answered, or its error; all of the response, where it says neither.

        https://ai.google.dev/api/caching#FunctionResponse
        """
        response = self.response or {}
        for key in ("output", "error"):
            if key in response:
                return _written(response[key])
        return _written(response)


class Part(Message):
    """One of its fields is set; `thought` and `thought_signature` say more of it."""

    text: str | None = None
    thought: bool = False
    thought_signature: str = ""
    inline_data: Blob | None = None
    file_data: FileData | None = None
    function_call: FunctionCall | None = None
    function_response: FunctionResponse | None = None
    executable_code: Any = None
    code_execution_result: Any = None
    tool_call: Any = None
    tool_response: Any = None

    @property
    def said(self) -> str:
        """The text in it, that of a function's answer included, but no thought."""
        if self.function_response is not None:
            return self.function_response.said
        return "" if self.thought else self.text or ""

    @property
    def media(self) -> int:
        """How many images, or other media, are in it."""
        inside = len(self.function_response.parts) if self.function_response is not None else 0
        return inside + (self.inline_data is not None or self.file_data is not None)

    @property
    def data(self) -> tuple[str, ...]:
        """The fields that are set of those of which one is to be."""
        return tuple(field for field in DATA if getattr(self, field) is not None)


DATA = (
    "text", "inline_data", "file_data", "function_call", "function_response", "executable_code",
    "code_execution_result", "tool_call", "tool_response",
)  # fmt: skip


class Content(Message):
    """What one side said."""

    parts: list[Part] = msgspec.field(default_factory=list)
    role: str = ""

    @property
    def said(self) -> str:
        """What of it is in the prompt."""
        return "".join(part.said for part in self.parts)

    @property
    def text(self) -> str:
        """The text, without what functions said."""
        return "".join(part.said for part in self.parts if part.function_response is None)

    @property
    def media(self) -> int:
        """How many images are in it."""
        return sum(part.media for part in self.parts)

    @property
    def calls(self) -> list[FunctionCall]:
        """The functions that are called."""
        return [part.function_call for part in self.parts if part.function_call is not None]

    @property
    def responses(self) -> list[FunctionResponse]:
        """What functions answered."""
        return [part.function_response for part in self.parts if part.function_response is not None]

    @property
    def is_models(self) -> bool:
        """Whether the model said it."""
        return self.role == "model"


def _written(value: object) -> str:
    if isinstance(value, str):
        return value
    if isinstance(value, list) and all(isinstance(item, str) for item in value):
        return " ".join(value)
    return msgspec.json.encode(value).decode()
