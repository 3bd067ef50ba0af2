"""Messages as OpenAI documents them, with the extensions that are common among its callers.

Sources: developers.openai.com/api/reference (chat completions, create) and `openai.types.chat` of the official SDK;
docs.litellm.ai (`cache_control`, `thinking_blocks`, `reasoning_content`); docs.vllm.ai (`reasoning`);
ai.google.dev/gemini-api/docs/thought-signatures (`extra_content`). What may be large stays as it is written.
"""

import msgspec

_NONE, _NULL = msgspec.Raw(), msgspec.Raw(b"null")


def given(raw: msgspec.Raw) -> msgspec.Raw:
    """A value as it is written; empty where there is none, or null."""
    return raw if raw != _NULL else _NONE


class CacheControl(msgspec.Struct, gc=False):
    """Anthropic's marker: the prompt up to here is to be cached."""

    type: str = "ephemeral"
    ttl: str | None = None


class CacheBreakpoint(msgspec.Struct, gc=False):
    """OpenAI's own marker. `ttl`: `30m` or `12h`."""

    ttl: str | None = None


class ImageUrl(msgspec.Struct):
    """Where an image is, or its bytes as a `data:` URL."""

    url: msgspec.Raw
    detail: str | None = None


class InputAudio(msgspec.Struct, gc=False):
    """A sound in base64. `format`: `wav` or `mp3`."""

    data: str
    format: str


class File(msgspec.Struct):
    """A document: its bytes as a `data:` URL or in base64, or its id."""

    file_data: msgspec.Raw = _NONE
    file_id: str | None = None
    filename: str | None = None


class Part(msgspec.Struct):
    """A piece of a message's content; `type` names the field that holds it."""

    type: str
    text: str | None = None
    refusal: str | None = None
    image_url: ImageUrl | None = None
    input_audio: InputAudio | None = None
    file: File | None = None
    cache_control: CacheControl | None = None
    prompt_cache_breakpoint: CacheBreakpoint | None = None


class Thought(msgspec.Struct, gc=False):
    """One of `thinking_blocks`: `thinking` with its signature, or `redacted_thinking` with its data."""

    type: str
    thinking: str | None = None
    signature: str | None = None
    data: str | None = None


class Called(msgspec.Struct, gc=False):
    """Which function is called, and with what."""

    name: str
    arguments: str = ""


class Google(msgspec.Struct, gc=False):
    """What Google says of a call."""

    thought_signature: str | None = None


class ExtraContent(msgspec.Struct, gc=False):
    """What vendors say of a call, by their names."""

    google: Google | None = None


def signature_of(extra: ExtraContent | None) -> str:
    """What proves the thoughts before a call; empty where nothing does."""
    return (extra.google.thought_signature if extra is not None and extra.google is not None else None) or ""


def extra_content(signature: str) -> dict[str, object]:
    """The `extra_content` of a call with that signature."""
    return {"google": {"thought_signature": signature}}


class Call(msgspec.Struct):
    """A call that the model made. Only those of type `function` have a `function`."""

    id: str
    type: str = "function"
    function: Called | None = None
    cache_control: CacheControl | None = None
    extra_content: ExtraContent | None = None


class Message(msgspec.Struct):
    """What one side said, or a tool answered."""

    role: str
    content: str | list[Part] | None = None
    name: str | None = None
    tool_calls: list[Call] | None = None
    tool_call_id: str | None = None
    refusal: str | None = None
    function_call: Called | None = None
    audio: msgspec.Raw = _NONE
    """The id of a sound that the model made."""
    reasoning_content: str | None = None
    reasoning: str | None = None
    thinking_blocks: list[Thought] | None = None
    cache_control: CacheControl | None = None
