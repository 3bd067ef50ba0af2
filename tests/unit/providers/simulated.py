"""Answers in vendors' bytes, as the simulator renders what it is given to say."""

from collections.abc import Callable, Mapping, Sequence
from itertools import pairwise
from typing import Any

from services.providers.application.ports import Dialect, VendorRequest
from services.providers.domain.answer import Frame
from services.providers.domain.dialect import CallerDialect
from simulator import VendorSpec
from simulator.answers import Answer
from simulator.delivery import Rendered
from simulator.dialects.anthropic import render as anthropic
from simulator.dialects.azure import AzureApp
from simulator.dialects.bedrock import render as bedrock
from simulator.dialects.cohere import render as cohere
from simulator.dialects.gemini import render as gemini
from simulator.dialects.gemini.framing import EVENTS
from simulator.dialects.gemini.surface import GEMINI, VERTEX, Surface
from simulator.dialects.mistral import render as mistral
from simulator.dialects.openai import OpenAIApp
from simulator.dialects.openai.completions import CompletionsApp
from simulator.dialects.openai.endpoint import OpenAIEndpoint
from simulator.dialects.openai.responses import ResponsesApp
from simulator.dialects.prompt_cache import Billed
from simulator.recorder import Call
from simulator.vendor import Vendor

IDENTITY = f"{7:026x}"
CREATED = 1_795_000_000
MODEL = "model-1"

Chunk = int | None
"""Tokens to a chunk of a stream; None for a whole answer."""
Render = Callable[[Answer, Billed, Chunk], Rendered]


def _anthropic(answer: Answer, billed: Billed, chunk: Chunk) -> Rendered:
    heading = anthropic.Heading(IDENTITY.encode(), f'"{MODEL}"'.encode(), billed)
    return (
        anthropic.message(answer, heading)
        if chunk is None
        else anthropic.events(answer, heading, tokens_per_chunk=chunk)
    )


def _bedrock(answer: Answer, billed: Billed, chunk: Chunk) -> Rendered:
    heading = bedrock.Heading(IDENTITY.encode(), billed)
    return (
        bedrock.message(answer, heading) if chunk is None else bedrock.events(answer, heading, tokens_per_chunk=chunk)
    )


def _cohere(answer: Answer, billed: Billed, chunk: Chunk) -> Rendered:
    sources: list[dict[str, object]] = [
        {"type": "document", "id": "doc:0", "document": {"id": "doc:0", "text": "It rains."}}
    ]
    heading = cohere.Heading(IDENTITY, billed.read, sources)
    return cohere.message(answer, heading) if chunk is None else cohere.events(answer, heading, tokens_per_chunk=chunk)


def _mistral(answer: Answer, billed: Billed, chunk: Chunk) -> Rendered:
    heading = mistral.Heading(IDENTITY.encode(), CREATED, MODEL)
    return (
        mistral.completion([answer], heading)
        if chunk is None
        else mistral.chunks([answer], heading, tokens_per_chunk=chunk)
    )


def _google(surface: Surface) -> Render:
    def render(answer: Answer, billed: Billed, chunk: Chunk) -> Rendered:
        heading = gemini.Heading(
            surface,
            IDENTITY.encode(),
            f'"{MODEL}"'.encode(),
            answer.prompt_tokens,
            images=0,
            cached=billed.read,
            shows_thoughts=True,
            signs=True,
            numbers_calls=True,
        )
        if chunk is None:
            return gemini.whole([answer], heading)
        return gemini.stream([answer], heading, EVENTS, tokens_per_chunk=chunk)

    return render


RENDER: Mapping[str, Render] = {
    "anthropic": _anthropic,
    "bedrock": _bedrock,
    "cohere": _cohere,
    "gemini": _google(GEMINI),
    "mistral": _mistral,
    "vertex": _google(VERTEX),
}
"""By our name of the vendor; OpenAI's answers repeat the request, see openais()."""

_APPS: Mapping[tuple[str, CallerDialect], Callable[[Vendor], OpenAIEndpoint[Any]]] = {
    ("openai", CallerDialect.OPENAI_CHAT): OpenAIApp,
    ("openai", CallerDialect.OPENAI_COMPLETIONS): CompletionsApp,
    ("openai", CallerDialect.OPENAI_RESPONSES): ResponsesApp,
    ("azure", CallerDialect.OPENAI_CHAT): AzureApp,
    ("azure", CallerDialect.OPENAI_COMPLETIONS): AzureApp.beside[0],
    ("azure", CallerDialect.OPENAI_RESPONSES): AzureApp.beside[2],
}


def openais(vendor: str, spoken: CallerDialect, answer: Answer, request: bytes, chunk: Chunk) -> Rendered:
    """What OpenAI, or Azure, answers to a request that it was sent in one of OpenAI's dialects."""
    simulated = Vendor(VendorSpec(name=vendor, dialect=vendor), {}, host="127.0.0.1", seed=1)
    app = _APPS[vendor, spoken](simulated)
    call = Call(number=1, time=CREATED, model=MODEL, stream=chunk is not None)
    return app.render([answer], call, app.decode(request), chunk or 1, IDENTITY.encode())


def in_bytes(rendered: Rendered) -> bytes:
    """All of it."""
    return b"".join(rendered.pieces) + rendered.closing


def cut(data: bytes, at: Sequence[int]) -> list[bytes]:
    """It in pieces, which end at these places."""
    return [data[begin:end] for begin, end in pairwise([0, *sorted(at), len(data)])]


def frames(dialect: Dialect, request: VendorRequest, pieces: Sequence[bytes]) -> list[Frame]:
    """What a stream that came in these pieces says."""
    decoder = dialect.decoder(request)
    return [frame for piece in pieces for frame in decoder.feed(piece)] + list(decoder.close())
