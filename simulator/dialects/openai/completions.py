"""OpenAI's older completions of a text, plain and streamed.

The text that a prompt is gone on with begins after a blank line. So a prompt of which the last paragraph is the
beginning of an answer (`vendor/model heard: ...`) is asked to go on with that answer. Several prompts are heard as one;
each is answered as often as `n` says.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import Annotated

import msgspec

from simulator.answers import Answer, Question, count_prompt_tokens
from simulator.delivery import Rendered
from simulator.dialects.openai.endpoint import COMPLETIONS_PATH, OpenAIEndpoint
from simulator.dialects.openai.render import DONE, Heading, usage
from simulator.dialects.openai.request import Limit, TextRequest, read_body
from simulator.dialects.rejected import bad_request
from simulator.dialects.texts import Texts, texts_in, written
from simulator.functions import Answers
from simulator.listener import Scope
from simulator.recorder import Call

DEFAULT_LIMIT = 16
"""Tokens of an answer where the request does not say: https://platform.openai.com/docs/api-reference/completions."""
BREAK = "\n\n"
_BEGUN = re.compile(r"(?P<asked>.*)\n\n(?P<prefix>\S+/\S+(?: heard:.*)?)", re.DOTALL)


class CompletionRequest(TextRequest):
    """A request for the rest of a text."""

    prompt: Texts = "<|endoftext|>"
    max_tokens: Annotated[int, msgspec.Meta(ge=0)] | None = None
    best_of: Limit | None = None
    echo: bool | None = None

    @property
    def prefix(self) -> str:
        """The beginning of an answer that the prompt ends with; empty where there is none."""
        begun = _BEGUN.fullmatch(self.prompt) if isinstance(self.prompt, str) else None
        return begun["prefix"] if begun else ""

    @property
    def texts(self) -> list[str]:
        """The prompts; one that is given in tokens is the list of their numbers."""
        return list(map(written, texts_in(self.prompt)))

    def question(self, answers: Answers) -> Question:  # noqa: ARG002 - no functions are called here
        """What is to be answered."""
        texts, prefix = self.texts, self.prefix
        asked = " ".join(texts)
        return Question(
            asked=asked.removesuffix(prefix).rstrip() if prefix else asked,
            prompt_tokens=count_prompt_tokens(texts),
            prefix=prefix,
            limit=DEFAULT_LIMIT if self.max_tokens is None else self.max_tokens,
            stop=self.stops,
            choices=len(texts) * (self.n or 1),
        )


_DECODER = msgspec.json.Decoder(CompletionRequest)


class CompletionsApp(OpenAIEndpoint[CompletionRequest]):
    """The endpoint."""

    chat_path = COMPLETIONS_PATH
    prompt_field = "prompt"

    def decode(self, body: bytes) -> CompletionRequest:
        """Return the request that a body is."""
        return read_body(_DECODER, body)

    def check(self, request: CompletionRequest, scope: Scope) -> None:  # noqa: ARG002 - no header has a say
        """Demand what the API demands."""
        if request.best_of is not None and request.best_of < (request.n or 1):
            raise bad_request("'best_of' must be greater than or equal to 'n'.", "best_of")
        request.check_stream()

    def render(
        self, answers: Sequence[Answer], call: Call, request: CompletionRequest, chunk: int, identity: bytes
    ) -> Rendered:
        """Return a completion, or its chunks."""
        heading = self.heading(call, identity)
        echoed = request.texts if request.echo else [""]
        before = [echoed[index % len(echoed)] + ("" if request.prefix else BREAK) for index in range(len(answers))]
        if not call.stream:
            return _whole(answers, before, heading)
        return _chunks(answers, before, heading, chunk, include_usage=request.includes_usage)


def _head(heading: Heading) -> bytes:
    return b'{"id":"cmpl-%b","object":"text_completion","created":%d,"model":%b,"choices":[' % (
        heading.identity,
        heading.created,
        heading.model,
    )


def _choice(heading: Heading, index: int, text: str, finish_reason: str = "") -> bytes:
    finish = b'"%b"' % finish_reason.encode() if finish_reason else b"null"
    screened = heading.screened(finish_reason, said=bool(text))
    choice = b'{"index":%d,"text":%b,"logprobs":null,"finish_reason":%b%b}'
    return choice % (index, msgspec.json.encode(text), finish, screened)


def _whole(answers: Sequence[Answer], before: Sequence[str], heading: Heading) -> Rendered:
    given, count = answers[0].prompt_tokens, sum(len(answer.tokens) for answer in answers)
    choices = b",".join(
        _choice(heading, index, before[index] + answer.text, answer.finish_reason)
        for index, answer in enumerate(answers)
    )
    body = b'%b%b],"usage":%b%b}' % (_head(heading), choices, usage(given, count), heading.screened_prompt)
    return Rendered(False, (body,), (count,), given)


def _chunks(
    answers: Sequence[Answer], before: Sequence[str], heading: Heading, size: int, *, include_usage: bool
) -> Rendered:
    head, tail = b"data: " + _head(heading), b'],"usage":null}\n\n' if include_usage else b"]}\n\n"
    pieces: list[bytes] = []
    tokens: list[int] = []
    given = 0
    opening = heading.first
    for index, answer in enumerate(answers):
        for count, text in _pieces(answer, before[index], size):
            given += count
            pieces.append(opening + head + _choice(heading, index, text) + tail)
            tokens.append(given)
            opening = b""
    spent = b'%b],"usage":%b}\n\n' % (head, usage(answers[0].prompt_tokens, given)) if include_usage else b""
    finish = b"".join(
        head + _choice(heading, index, "", answer.finish_reason) + tail for index, answer in enumerate(answers)
    )
    return Rendered(True, tuple(pieces), tuple(tokens), answers[0].prompt_tokens, finish + spent, spent, DONE)


def _pieces(answer: Answer, before: str, size: int) -> Iterator[tuple[int, str]]:
    """Give each piece of text, and how many tokens are in it."""
    for start in range(0, max(len(answer.tokens), 1), size):
        part = answer.tokens[start : start + size]
        yield len(part), (before if start == 0 else "") + "".join(part)
