"""What Gemini demands of a conversation: of each content and its parts, of their order, and of what signs calls."""

from __future__ import annotations

from simulator.dialects.gemini.content import Content, Part
from simulator.dialects.gemini.errors import wrong
from simulator.dialects.gemini.models import HAS_LEVELS, generation
from simulator.dialects.gemini.request import GenerateRequest
from simulator.dialects.gemini.signature import is_own
from simulator.dialects.gemini.surface import Surface
from simulator.dialects.rejected import RejectedError, bad_request

_ROLES = {"user", "model", "function"}
# https://ai.google.dev/gemini-api/docs: image-understanding, audio, video-understanding, document-processing.
_KINDS = ("image/", "audio/", "video/", "text/")
_APPLICATIONS = {"application/pdf", "application/json", "application/x-javascript", "application/rtf"}
_NO_IMAGES = {"image/svg+xml", "image/gif", "image/tiff"}
_DOCS = "Please refer to https://ai.google.dev/gemini-api/docs/thought-signatures for more details."


def check_contents(request: GenerateRequest, surface: Surface) -> None:
    """Raise RejectedError where the conversation is none that the API takes."""
    contents = request.contents
    if not contents:
        raise wrong("contents", "contents is not specified")
    if request.system_instruction is not None:
        _check_parts("system_instruction", request.system_instruction)
    for number, content in enumerate(contents):
        # The Gemini API takes what has no role for the user's; Vertex AI does not.
        if content.role not in _ROLES and (content.role or surface.is_vertex):
            raise bad_request("Please use a valid role: user, model.", f"contents[{number}].role")
        _check_parts(f"contents[{number}]", content)
    _check_calls(contents)
    if generation(request.model) >= HAS_LEVELS:
        _check_signed(contents)


def _check_parts(at: str, content: Content) -> None:
    if not content.parts:
        raise wrong(f"{at}.parts", "contents.parts must not be empty.")
    for number, part in enumerate(content.parts):
        _check_part(f"{at}.parts[{number}]", part)


def _check_part(at: str, part: Part) -> None:
    data = part.data
    if not data:
        raise wrong(f"{at}.data", "required oneof field 'data' must have one initialized field")
    if len(data) > 1:
        raise bad_request(
            f"Invalid value at '{at}' (oneof), oneof field 'data' is already set. Cannot set '{data[1]}'", at
        )
    if part.inline_data is not None:
        _check_type(f"{at}.inline_data", part.inline_data.mime_type)
        if not part.inline_data.data:
            raise wrong(f"{at}.inline_data.data", "must not be empty.")
    if part.file_data is not None and not part.file_data.file_uri:
        raise wrong(f"{at}.file_data.file_uri", "must not be empty.")
    for field in ("function_call", "function_response"):
        named = getattr(part, field)
        if named is not None and not named.name:
            raise wrong(f"{at}.{field}.name", "Name cannot be empty.")
    signed = part.function_call.name if part.function_call is not None else ""
    if part.thought_signature and not is_own(part.thought_signature, signed):
        raise bad_request("Corrupted thought signature.", f"{at}.thought_signature")


def _check_type(at: str, mime_type: str) -> None:
    if not mime_type:
        raise wrong(f"{at}.mime_type", "must not be empty.")
    known = mime_type.startswith(_KINDS) or mime_type in _APPLICATIONS
    if not known or mime_type in _NO_IMAGES:
        raise bad_request(f"Unsupported MIME type: {mime_type}", f"{at}.mime_type")


def _check_calls(contents: list[Content]) -> None:
    """As many answers follow calls as there were, and none comes without."""
    before: Content | None = None
    for number, content in enumerate(contents):
        called = before.calls if before is not None and before.is_models else []
        answered = content.responses
        if answered and not called:
            raise bad_request(
                "Please ensure that function response turn comes immediately after a function call turn.",
                f"contents[{number}]",
            )
        if len(answered) != len(called):
            raise _unanswered(number)
        if content.calls and (before is None or before.is_models):
            raise bad_request(
                "Please ensure that function call turn comes immediately after a user turn or after a function "
                "response turn.",
                f"contents[{number}]",
            )
        before = content
    if before is not None and before.calls:
        raise _unanswered(len(contents))


def _unanswered(number: int) -> RejectedError:
    return bad_request(
        "Please ensure that the number of function response parts is equal to the number of function call parts of the "
        "function call turn.",
        f"contents[{number - 1}]",
    )


def _check_signed(contents: list[Content]) -> None:
    """Of the calls since the user spoke last, the first of each turn has the signature that came with it."""
    spoken = [number for number, content in enumerate(contents) if not content.is_models and content.text]
    for number in range(spoken[-1] if spoken else 0, len(contents)):
        calls = [part for part in contents[number].parts if part.function_call is not None]
        if calls and not calls[0].thought_signature and calls[0].function_call is not None:
            raise bad_request(
                "Function call is missing a thought_signature in functionCall parts. This is required for tools to "
                "work correctly, and missing thought_signature may lead to degraded model performance. Additional "
                f"data, function call `default_api:{calls[0].function_call.name}` , position {number + 1}. {_DOCS}",
                f"contents[{number}]",
            )
