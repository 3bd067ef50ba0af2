"""The parts of Converse's answers and events that Seawall reads, as botocore's service model has them.

Source: botocore `data/bedrock-runtime/2023-09-30/service-2.json`. Everything else passes unread, such as `p`, which
pads the events of a stream.
"""

import msgspec

from services.providers.domain.answer import Usage

_HOUR = "1h"


class CacheDetail(msgspec.Struct, rename="camel", gc=False):
    """What of it was written to the cache to be kept for so long."""

    ttl: str = ""
    input_tokens: int = 0


class UsageObject(msgspec.Struct, rename="camel", gc=False):
    """Token counts. `input_tokens` leaves out what was read from the cache and written to it."""

    input_tokens: int = 0
    output_tokens: int = 0
    cache_read_input_tokens: int | None = None
    cache_write_input_tokens: int | None = None
    cache_details: list[CacheDetail] | None = None

    def usage(self) -> Usage:
        """As the rest of Seawall counts."""
        read, written = self.cache_read_input_tokens or 0, self.cache_write_input_tokens or 0
        for_an_hour = sum(detail.input_tokens for detail in self.cache_details or () if detail.ttl == _HOUR)
        return Usage(self.input_tokens + read + written, self.output_tokens, read, 0, written, for_an_hour)


class Location(msgspec.Struct, rename="camel", gc=False):
    """Where in a source a text is from; of any kind."""

    document_index: int | None = None
    search_result_index: int | None = None
    start: int | None = None
    end: int | None = None
    url: str | None = None


class Locations(msgspec.Struct, rename="camel", gc=False):
    """One of these."""

    web: Location | None = None
    document_char: Location | None = None
    document_page: Location | None = None
    document_chunk: Location | None = None
    search_result_location: Location | None = None


class Quote(msgspec.Struct, gc=False):
    """A text."""

    text: str | None = None


class CitationObject(msgspec.Struct, rename="camel"):
    """Where a text is from."""

    title: str | None = None
    source: str | None = None
    source_content: list[Quote] | None = None
    location: Locations | None = None


class CitationsContent(msgspec.Struct):
    """A text, and where it is from."""

    content: list[Quote] | None = None
    citations: list[CitationObject] | None = None


class ReasoningText(msgspec.Struct, gc=False):
    """What the model thought."""

    text: str | None = None
    signature: str | None = None


class ReasoningContent(msgspec.Struct, rename="camel", gc=False):
    """What the model thought: in `reasoning_text` where it is whole, in the other two where it is streamed."""

    reasoning_text: ReasoningText | None = None
    redacted_content: str | None = None
    text: str | None = None
    signature: str | None = None


class MediaSource(msgspec.Struct, gc=False):
    """Bytes, in base64."""

    bytes: str | None = None


class MediaBlock(msgspec.Struct, gc=False):
    """An image, a sound, a video or a document."""

    format: str | None = None
    name: str | None = None
    source: MediaSource | None = None


class ToolUseDelta(msgspec.Struct, gc=False):
    """A piece of a call's arguments."""

    input: str | None = None


class ToolUse(msgspec.Struct, rename="camel"):
    """A call of a tool; `type` tells that it is the vendor's."""

    tool_use_id: str = ""
    name: str = ""
    input: msgspec.Raw = msgspec.Raw()
    type: str | None = None


class Block(msgspec.Struct, rename="camel"):
    """One of these."""

    text: str | None = None
    tool_use: ToolUse | None = None
    reasoning_content: ReasoningContent | None = None
    citations_content: CitationsContent | None = None
    image: MediaBlock | None = None
    audio: MediaBlock | None = None
    video: MediaBlock | None = None
    document: MediaBlock | None = None


class Message(msgspec.Struct):
    """A turn."""

    content: list[Block] | None = None


class Output(msgspec.Struct):
    """What the model said."""

    message: Message | None = None


class PromptRouter(msgspec.Struct, rename="camel", gc=False):
    """Which model a router of prompts chose."""

    invoked_model_id: str = ""


class Trace(msgspec.Struct, rename="camel", gc=False):
    """What became of the request on its way."""

    prompt_router: PromptRouter | None = None


class Answered(msgspec.Struct, rename="camel"):
    """A whole answer."""

    output: Output | None = None
    stop_reason: str = ""
    usage: UsageObject | None = None
    additional_model_response_fields: msgspec.Raw = msgspec.Raw()
    trace: Trace | None = None


class Started(msgspec.Struct, rename="camel"):
    """What a block begins with."""

    tool_use: ToolUse | None = None
    image: MediaBlock | None = None


class Delta(msgspec.Struct, rename="camel"):
    """What is added to a block."""

    text: str | None = None
    tool_use: ToolUseDelta | None = None
    reasoning_content: ReasoningContent | None = None
    citation: CitationObject | None = None
    image: MediaBlock | None = None


class BlockStart(msgspec.Struct, rename="camel"):
    """A block begins; those of text mostly do without."""

    content_block_index: int = 0
    start: Started | None = None


class BlockDelta(msgspec.Struct, rename="camel"):
    """A block goes on."""

    content_block_index: int = 0
    delta: Delta | None = None


class BlockStop(msgspec.Struct, rename="camel", gc=False):
    """A block is whole."""

    content_block_index: int = 0


class MessageStart(msgspec.Struct, gc=False):
    """A reply begins."""


class MessageStop(msgspec.Struct, rename="camel"):
    """A reply is whole."""

    stop_reason: str = ""
    additional_model_response_fields: msgspec.Raw = msgspec.Raw()


class Metadata(msgspec.Struct, gc=False):
    """What it used."""

    usage: UsageObject | None = None


class StreamEvent(msgspec.Struct, rename="camel"):
    """An event of a streamed answer, by the name that it has in its frame: one of these, or one that is newer."""

    content_block_delta: BlockDelta | None = None
    content_block_start: BlockStart | None = None
    content_block_stop: BlockStop | None = None
    message_start: MessageStart | None = None
    message_stop: MessageStop | None = None
    metadata: Metadata | None = None


class ModelFields(msgspec.Struct, gc=False):
    """Fields of a model's own answer; Claude's."""

    stop_sequence: str | None = None


class ErrorBody(msgspec.Struct, gc=False):
    """The body of an error. Its type may be in a header alone."""

    type: str | None = msgspec.field(default=None, name="__type")
    message: str | None = None


class CapitalErrorBody(msgspec.Struct, gc=False):
    """The body of an error that AWS's front door tells, which writes some of them so."""

    message: str | None = msgspec.field(default=None, name="Message")


answered = msgspec.json.Decoder(Answered)
stream_event = msgspec.json.Decoder(StreamEvent)
model_fields = msgspec.json.Decoder(ModelFields)
error_body = msgspec.json.Decoder(ErrorBody)
capital_error_body = msgspec.json.Decoder(CapitalErrorBody)
