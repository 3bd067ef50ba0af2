"""OpenAI's endpoint for responses. It keeps none: nothing can be read again, or gone on from by its id."""

from __future__ import annotations

from collections.abc import Sequence

from simulator.answers import Answer
from simulator.delivery import Dialect, Rendered
from simulator.dialects.openai.endpoint import RESPONSES_PATH, OpenAIEndpoint
from simulator.dialects.openai.responses import render
from simulator.dialects.openai.responses.check import check
from simulator.dialects.openai.responses.errors import ResponsesDialect
from simulator.dialects.openai.responses.request import ResponsesRequest, decode
from simulator.listener import Scope
from simulator.recorder import Call


class ResponsesApp(OpenAIEndpoint[ResponsesRequest]):
    """The endpoint."""

    chat_path = RESPONSES_PATH
    prompt_field = "input"

    def decode(self, body: bytes) -> ResponsesRequest:
        """Return the request that a body is."""
        return decode(body)

    def check(self, request: ResponsesRequest, scope: Scope) -> None:  # noqa: ARG002 - no header has a say
        """Demand what the API demands."""
        check(request)

    def begun(self, call: Call, request: ResponsesRequest, identity: bytes) -> render.Heading:
        """Return what every part of the response says of it."""
        return render.Heading(identity.decode(), int(call.time), request)

    def render(
        self, answers: Sequence[Answer], call: Call, request: ResponsesRequest, chunk: int, identity: bytes
    ) -> Rendered:
        """Return a response, or its events."""
        heading = self.begun(call, request, identity)
        if not call.stream:
            return render.response(answers[0], heading)
        return render.events(answers[0], heading, tokens_per_chunk=chunk)

    def performer(self, call: Call, request: ResponsesRequest, rendered: Rendered, identity: bytes) -> Dialect:
        """Return what renders faults among the response's events."""
        return ResponsesDialect(self.begun(call, request, identity), rendered)
