"""A whole answer of a vendor's, read as a Reply."""

from collections.abc import Callable, Iterator

from services.providers.adapters.openai import reply_wire as wire
from services.providers.adapters.openai.citations import read_citations
from services.providers.adapters.openai.finish import read_finish
from services.providers.adapters.openai.message_wire import given, signature_of
from services.providers.adapters.openai.said import media_of, text_of, thoughts_of
from services.providers.adapters.vendor_body import read_body
from services.providers.domain.conversation import Part, Refusal, Text, ToolCall
from services.providers.domain.reply import Choice, Reply


def read_completion(body: bytes) -> wire.Completion:
    """Decode an answer or a chunk in full. Raises VendorFailure."""
    return read_body(wire.completion, body)


def read_answer(body: bytes, *, fresh: Callable[[], str]) -> Reply:
    """See VendorGrammar. `fresh`: what tells one call of a tool from all others, where the vendor does not."""
    read = read_completion(body)
    return Reply(
        read.id or "",
        read.model or "",
        tuple(_choice(choice, fresh) for choice in read.choices or ()),
        read.usage.usage() if read.usage is not None else None,
        int(read.created or 0),
    )


def _choice(choice: wire.Choice, fresh: Callable[[], str]) -> Choice:
    said = choice.message or wire.Said()
    finish = read_finish(choice, called=bool(said.tool_calls))
    return Choice(tuple(_parts(said, fresh)), finish, given(choice.logprobs))


def _parts(said: wire.Said, fresh: Callable[[], str]) -> Iterator[Part]:
    yield from thoughts_of(said)
    text, citations = text_of(said), tuple(read_citations(said))
    if text or citations:
        yield Text(text, citations=citations)
    if said.refusal:
        yield Refusal(said.refusal)
    yield from media_of(said)
    for call in said.tool_calls or ():
        function = call.function or wire.Function()
        call_id, signature = call.id or f"call_{fresh()}", signature_of(call.extra_content)
        yield ToolCall(call_id, function.name or "", function.arguments or "", signature=signature)
