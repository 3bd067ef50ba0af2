"""What Gemini answers, whole or as it is made, as a Reply and its events.

Sources: ai.google.dev/api/generate-content (Candidate, LogprobsResult, CitationMetadata); at
ai.google.dev/gemini-api/docs: thinking (parts that are thoughts), thought-signatures (a stream may tell one with an
empty text at its end). Parts of tools of Gemini's own are not read: no caller can ask for those.
"""

from collections.abc import Iterator
from typing import Literal

import msgspec

from services.providers.adapters.gemini import call_ids, signatures, wire
from services.providers.adapters.gemini.answers import finish, read
from services.providers.adapters.raw import told
from services.providers.domain.answer import Usage
from services.providers.domain.conversation import Citation, Media, Part, Reasoning, Text, ToolCall
from services.providers.domain.reply import (
    ArgumentsAdded,
    Began,
    Choice,
    CitationAdded,
    Event,
    Finish,
    Finished,
    MediaAdded,
    ReasoningAdded,
    Reply,
    TextAdded,
    ToolCallBegan,
    UsageTold,
)

Kind = Literal["image", "audio", "document"]

_KINDS: dict[str, Kind] = {"image": "image", "audio": "audio"}
_encode = msgspec.json.Encoder().encode


def read_reply(body: bytes) -> Reply:
    """A whole answer. Raises VendorFailure where it cannot be read."""
    said = read(body)
    return Reply(
        said.response_id,
        said.model_version,
        tuple(_choice(candidate, said.response_id) for candidate in said.candidates or ()),
        _usage(said),
    )


class ReplyReader:
    """See EventReader."""

    def __init__(self) -> None:
        self._id = ""
        self._began = False
        self._calls: dict[int, int] = {}
        self._finished: set[int] = set()

    def read(self, data: bytes) -> Iterator[Event]:
        """See EventReader."""
        said = read(data)
        if not self._began:
            self._began = True
            self._id = said.response_id
            yield Began(said.response_id, said.model_version, _usage(said))
        told = not said.candidates
        for candidate in said.candidates or ():
            yield from self._said(candidate)
            told |= bool(candidate.finish_reason)
        usage = _usage(said)
        if told and usage is not None:
            yield UsageTold(usage)

    def _said(self, candidate: wire.Candidate) -> Iterator[Event]:
        choice, logprobs = candidate.index, _logprobs(candidate)
        for part in candidate.parts:
            if part.function_call is not None:
                yield from self._called(part.function_call, part.thought_signature, choice)
            elif part.thought:
                signature = signatures.marked(part.thought_signature, signatures.OWN)
                yield ReasoningAdded(part.text or "", signature, choice=choice)
            elif (media := _media(part)) is not None:
                yield MediaAdded(media, choice)
            elif part.text:
                yield TextAdded(part.text, choice, logprobs)
                logprobs = msgspec.Raw()
            if part.thought_signature and not part.thought and part.function_call is None:
                yield ReasoningAdded(signature=signatures.marked(part.thought_signature, signatures.OWN), choice=choice)
        if logprobs:
            yield TextAdded("", choice, logprobs)
        for citation in _citations(candidate):
            yield CitationAdded(citation, choice)
        if candidate.finish_reason and choice not in self._finished:
            self._finished.add(choice)
            yield Finished(_finish(candidate, called=choice in self._calls), choice)

    def _called(self, call: wire.FunctionCall, signature: str, choice: int) -> Iterator[Event]:
        number = self._calls.get(choice, 0)
        self._calls[choice] = number + 1
        call_id = call.id or call_ids.make(self._id, choice, number)
        yield ToolCallBegan(number, call_id, call.name, choice, signatures.marked(signature, signatures.OF_CALL))
        yield ArgumentsAdded(number, _arguments(call), choice)


def _choice(candidate: wire.Candidate, reply: str) -> Choice:
    parts: list[Part] = []
    calls = 0
    citations = tuple(_citations(candidate))
    for part in candidate.parts:
        call = part.function_call
        if call is not None:
            signature = signatures.marked(part.thought_signature, signatures.OF_CALL)
            call_id = call.id or call_ids.make(reply, candidate.index, calls)
            parts.append(ToolCall(call_id, call.name, _arguments(call), signature=signature))
            calls += 1
            continue
        signature = signatures.marked(part.thought_signature, signatures.OWN)
        if part.thought:
            parts.append(Reasoning(part.text or "", signature))
            continue
        if (media := _media(part)) is not None:
            parts.append(media)
        elif part.text:
            parts.append(Text(part.text, citations=citations))
            citations = ()
        if signature:
            parts.append(Reasoning(signature=signature))
    return Choice(tuple(parts), _finish(candidate, called=calls > 0), _logprobs(candidate))


def _finish(candidate: wire.Candidate, *, called: bool) -> Finish:
    said = candidate.finish_reason
    return Finish(finish(said, called=called), said="" if said in {"STOP", "MAX_TOKENS"} else said)


def _usage(said: wire.Response) -> Usage | None:
    return said.usage_metadata.usage() if said.usage_metadata is not None else None


def _arguments(call: wire.FunctionCall) -> str:
    """On one line, whatever the vendor's layout is."""
    if not told(call.args):
        return "{}"
    return str(msgspec.json.format(call.args, indent=-1), "utf-8")


def _media(part: wire.Part) -> Media | None:
    if part.inline_data is not None:
        return Media(_kind(part.inline_data.mime_type), part.inline_data.mime_type, part.inline_data.data)
    if part.file_data is not None:
        return Media(_kind(part.file_data.mime_type), part.file_data.mime_type, url=part.file_data.file_uri)
    return None


def _kind(media_type: str) -> Kind:
    return _KINDS.get(media_type.partition("/")[0], "document")


def _citations(candidate: wire.Candidate) -> Iterator[Citation]:
    metadata = candidate.citation_metadata
    if metadata is not None:
        for source in metadata.citation_sources or metadata.citations or ():
            yield Citation(title=source.title, url=source.uri, start=source.start_index, end=source.end_index)


def _logprobs(candidate: wire.Candidate) -> msgspec.Raw:
    """As OpenAI writes them."""
    result = candidate.logprobs_result
    if result is None or not result.chosen_candidates:
        return msgspec.Raw()
    tops = result.top_candidates or ()
    content = [
        _logprob(chosen)
        | {"top_logprobs": [_logprob(top) for top in (tops[at].candidates or ())] if at < len(tops) else []}
        for at, chosen in enumerate(result.chosen_candidates)
    ]
    return msgspec.Raw(_encode({"content": content, "refusal": None}))


def _logprob(token: wire.TokenLogprob) -> dict[str, object]:
    return {"token": token.token, "logprob": token.log_probability, "bytes": list(token.token.encode())}
