"""The parts of Anthropic's messages that Seawall reads, as the SDK's types have them; everything else passes unread.

What kinds of blocks there are grows, so a block is one wide struct and not a union: an unknown kind can be read too.
"""

import msgspec

from services.providers.domain.answer import Usage


class OutputDetails(msgspec.Struct, gc=False):
    """Parts of the output's count."""

    thinking_tokens: int | None = None


class CacheCreation(msgspec.Struct, gc=False):
    """Parts of the count of what was written to the cache."""

    ephemeral_1h_input_tokens: int | None = None


class UsageObject(msgspec.Struct, gc=False):
    """Token counts. `input_tokens` leaves out what was read from the cache and written to it."""

    input_tokens: int | None = None
    output_tokens: int | None = None
    cache_creation_input_tokens: int | None = None
    cache_read_input_tokens: int | None = None
    output_tokens_details: OutputDetails | None = None
    cache_creation: CacheCreation | None = None

    def usage(self, before: Usage | None = None) -> Usage:
        """As the rest of Seawall counts. What is not told is as it was `before`."""
        before = before or Usage()
        read = _told(self.cache_read_input_tokens, before.cached_input_tokens)
        written = _told(self.cache_creation_input_tokens, before.cache_write_tokens)
        fresh = _told(self.input_tokens, before.input_tokens - before.cached_input_tokens - before.cache_write_tokens)
        details, creation = self.output_tokens_details, self.cache_creation
        return Usage(
            fresh + read + written,
            _told(self.output_tokens, before.output_tokens),
            read,
            _told(details.thinking_tokens if details is not None else None, before.reasoning_tokens),
            written,
            _told(creation.ephemeral_1h_input_tokens if creation is not None else None, before.cache_write_1h_tokens),
        )


def _told(now: int | None, before: int) -> int:
    return before if now is None else now


class CacheControl(msgspec.Struct, gc=False):
    """A mark up to which a prompt is cached."""

    type: str = ""
    ttl: str | None = None


class Location(msgspec.Struct, gc=False):
    """Where a text is from: any of the kinds of citations."""

    type: str = ""
    cited_text: str | None = None
    document_index: int | None = None
    document_title: str | None = None
    search_result_index: int | None = None
    title: str | None = None
    source: str | None = None
    url: str | None = None
    start_char_index: int | None = None
    end_char_index: int | None = None
    start_page_number: int | None = None
    end_page_number: int | None = None
    start_block_index: int | None = None
    end_block_index: int | None = None


class Source(msgspec.Struct, gc=False):
    """What an image or a document is made of."""

    type: str = ""
    media_type: str | None = None
    data: str | None = None
    url: str | None = None
    file_id: str | None = None
    content: msgspec.Raw = msgspec.Raw()


class Block(msgspec.Struct):
    """A block of content, of any kind. What different kinds mean different things by is left raw."""

    type: str
    text: str | None = None
    cache_control: CacheControl | None = None
    citations: msgspec.Raw = msgspec.Raw()
    source: msgspec.Raw = msgspec.Raw()
    title: str | None = None
    context: str | None = None
    transformations: msgspec.Raw = msgspec.Raw()
    id: str | None = None
    name: str | None = None
    input: msgspec.Raw = msgspec.Raw()
    tool_use_id: str | None = None
    content: msgspec.Raw = msgspec.Raw()
    is_error: bool | None = None
    thinking: str | None = None
    signature: str | None = None
    data: str | None = None


Content = str | list[Block]


class Message(msgspec.Struct):
    """A turn."""

    role: str
    content: Content


class ToolObject(msgspec.Struct):
    """A tool; one of Anthropic's own where it has a type other than `custom`."""

    name: str = ""
    type: str | None = None
    description: str | None = None
    input_schema: msgspec.Raw = msgspec.Raw()
    strict: bool | None = None
    cache_control: CacheControl | None = None
    allowed_callers: msgspec.Raw = msgspec.Raw()
    defer_loading: msgspec.Raw = msgspec.Raw()
    eager_input_streaming: msgspec.Raw = msgspec.Raw()
    input_examples: msgspec.Raw = msgspec.Raw()


class ToolChoiceObject(msgspec.Struct, gc=False):
    """Whether tools are called."""

    type: str
    name: str | None = None
    disable_parallel_tool_use: bool | None = None


class ThinkingObject(msgspec.Struct, gc=False):
    """How much the model thinks."""

    type: str
    budget_tokens: int | None = None
    display: msgspec.Raw = msgspec.Raw()


class FormatObject(msgspec.Struct, gc=False):
    """What the answer must be."""

    type: str
    schema: msgspec.Raw = msgspec.Raw()


class OutputConfig(msgspec.Struct, gc=False):
    """What is asked of the output."""

    effort: str | None = None
    format: FormatObject | None = None


class Metadata(msgspec.Struct, gc=False):
    """Whom the caller asks for."""

    user_id: str | None = None


class Body(msgspec.Struct):
    """A request."""

    messages: list[Message]
    system: Content | None = None
    max_tokens: int | None = None
    tools: list[ToolObject] | None = None
    tool_choice: ToolChoiceObject | None = None
    thinking: ThinkingObject | None = None
    output_config: OutputConfig | None = None
    stop_sequences: list[str] | None = None
    temperature: float | None = None
    top_p: float | None = None
    top_k: int | None = None
    metadata: Metadata | None = None
    model: msgspec.Raw = msgspec.Raw()
    stream: msgspec.Raw = msgspec.Raw()


class StopDetails(msgspec.Struct, gc=False):
    """Why the model refused."""

    explanation: str | None = None


class Answered(msgspec.Struct):
    """A whole answer, the beginning of a streamed one, or the body of an error."""

    type: str = ""
    id: str = ""
    model: str = ""
    content: list[Block] | None = None
    stop_reason: str | None = None
    stop_sequence: str | None = None
    stop_details: StopDetails | None = None
    usage: UsageObject | None = None
    error: msgspec.Raw = msgspec.Raw()


class Delta(msgspec.Struct):
    """What an event adds."""

    type: str = ""
    text: str | None = None
    partial_json: str | None = None
    thinking: str | None = None
    signature: str | None = None
    citation: Location | None = None
    stop_reason: str | None = None
    stop_sequence: str | None = None
    stop_details: StopDetails | None = None


class StreamEvent(msgspec.Struct):
    """An event of a streamed answer."""

    type: str = ""
    index: int = 0
    message: Answered | None = None
    content_block: Block | None = None
    delta: Delta | None = None
    usage: UsageObject | None = None
    error: msgspec.Raw = msgspec.Raw()


class ErrorDetails(msgspec.Struct, gc=False):
    """The cause of an error, from a closed list."""

    error_code: str | None = None


class ErrorObject(msgspec.Struct, gc=False):
    """What went wrong."""

    type: str | None = None
    message: str | None = None
    details: ErrorDetails | None = None


class ErrorBody(msgspec.Struct, gc=False):
    """The body of an error, or an event that tells one."""

    error: ErrorObject | None = None


FIELDS = frozenset(Body.__struct_fields__)

body = msgspec.json.Decoder(Body)
answered = msgspec.json.Decoder(Answered)
stream_event = msgspec.json.Decoder(StreamEvent)
error_body = msgspec.json.Decoder(ErrorBody)
content = msgspec.json.Decoder(Content)
locations = msgspec.json.Decoder(list[Location])
source = msgspec.json.Decoder(Source)
