"""The parts of Gemini's answers that Seawall reads; everything else passes unread.

Names: ai.google.dev/api/generate-content, googleapis/python-genai `google/genai/types.py`; errors: google.rpc.Status
and its details (googleapis/googleapis `google/rpc/error_details.proto`), as JSON.
"""

from typing import Any

import msgspec

from services.providers.domain.answer import Usage


class Struct(msgspec.Struct, gc=False, rename="camel"):
    """A message, whose fields have the names of protobuf's JSON."""


class Blob(Struct):
    """Bytes, in base64."""

    mime_type: str = ""
    data: str = ""


class FileData(Struct):
    """Bytes that are elsewhere."""

    mime_type: str = ""
    file_uri: str = ""


class FunctionCall(Struct):
    """The model calls a function; older models give no id."""

    name: str = ""
    id: str = ""
    args: msgspec.Raw = msgspec.Raw()


class Part(Struct):
    """One of its fields is set; `thought` and `thought_signature` say more of it."""

    text: str | None = None
    thought: bool = False
    thought_signature: str = ""
    function_call: FunctionCall | None = None
    inline_data: Blob | None = None
    file_data: FileData | None = None


class Content(Struct):
    """What the model said."""

    parts: list[Part] | None = None


class CitationSource(Struct):
    """Where a text is from; positions are in bytes."""

    start_index: int = -1
    end_index: int = -1
    uri: str = ""
    title: str = ""


class CitationMetadata(Struct):
    """The Gemini API calls them `citationSources`, Vertex AI `citations`."""

    citation_sources: list[CitationSource] | None = None
    citations: list[CitationSource] | None = None


class TokenLogprob(Struct):
    """A token and how likely it was."""

    token: str = ""
    log_probability: float = 0.0


class TopTokens(Struct):
    """What else could have been said."""

    candidates: list[TokenLogprob] | None = None


class LogprobsResult(Struct):
    """One entry a token in both."""

    chosen_candidates: list[TokenLogprob] | None = None
    top_candidates: list[TopTokens] | None = None


class Candidate(Struct):
    """One of the answers, or a piece of it."""

    index: int = 0
    content: Content | None = None
    finish_reason: str = ""
    citation_metadata: CitationMetadata | None = None
    logprobs_result: LogprobsResult | None = None

    @property
    def parts(self) -> list[Part]:
        """What it says."""
        return (self.content.parts or []) if self.content is not None else []


class UsageMetadata(Struct):
    """Token counts: the total is the sum of the prompt, the candidates, the thoughts and the tools' prompt."""

    prompt_token_count: int | None = None
    candidates_token_count: int | None = None
    cached_content_token_count: int | None = None
    thoughts_token_count: int | None = None
    tool_use_prompt_token_count: int | None = None

    def usage(self) -> Usage:
        """As the rest of Seawall counts."""
        thoughts = self.thoughts_token_count or 0
        return Usage(
            (self.prompt_token_count or 0) + (self.tool_use_prompt_token_count or 0),
            (self.candidates_token_count or 0) + thoughts,
            self.cached_content_token_count or 0,
            thoughts,
        )


class PromptFeedback(Struct):
    """What the vendor thinks of the prompt; with a reason, it does not answer it."""

    block_reason: str = ""


class Response(Struct):
    """A whole answer, a chunk of a stream, or the body of an error."""

    candidates: list[Candidate] | None = None
    prompt_feedback: PromptFeedback | None = None
    usage_metadata: UsageMetadata | None = None
    model_version: str = ""
    response_id: str = ""
    error: msgspec.Raw = msgspec.Raw()


class Violation(Struct):
    """A quota that was exceeded."""

    quota_id: str = ""
    quota_value: str = ""


class Detail(Struct):
    """Of an error: QuotaFailure, RetryInfo or ErrorInfo, which have no field in common."""

    violations: list[Violation] | None = None
    retry_delay: str = ""
    reason: str = ""


class Status(Struct):
    """google.rpc.Status; `status` is the code's name."""

    code: Any = None
    message: str = ""
    status: str = ""
    details: list[msgspec.Raw] | None = None


class ErrorBody(Struct):
    """The body of an error."""

    error: Status | None = None


response = msgspec.json.Decoder(Response)
status = msgspec.json.Decoder(Status)
error_body = msgspec.json.Decoder(ErrorBody | list[ErrorBody])
"""A list where a stream was asked for without `alt=sse`."""
detail = msgspec.json.Decoder(Detail)
