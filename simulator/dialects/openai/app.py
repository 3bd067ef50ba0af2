"""OpenAI's HTTP API as a bare ASGI app: chat completions, plain and streamed, and models."""

from __future__ import annotations

import asyncio
import zlib
from dataclasses import replace

import msgspec

from simulator.answers import Answer, Question, compose
from simulator.behaviour import ActiveBehaviour, Behaviour
from simulator.capacity import FullError, Turn
from simulator.delivery import JSON, ClientLeftError, Delivery, Headers, Rendered, Response
from simulator.dialects.openai import render
from simulator.dialects.openai.errors import OpenAIDialect, RejectedError, bad_request, error
from simulator.dialects.openai.request import ChatRequest, check, decode
from simulator.faults import Complaint, Fault, Filtered, RefusesPrefill
from simulator.listener import Receive, Scope, Send
from simulator.recorder import CLIENT_CLOSED, COMPLETED, OVERLOADED, WENT_DOWN, Call
from simulator.vendor import Vendor

MAX_BODY_BYTES = 64 * 1024 * 1024
BODY_DEADLINE_SECONDS = 30.0
_MODEL_CACHE = 1000


class OpenAIApp:
    """One vendor's API; faults and latencies apply to chat completions, `down` to everything."""

    def __init__(self, vendor: Vendor) -> None:
        self._vendor = vendor
        self._dialect = OpenAIDialect()
        # Ids differ between vendors and repeat from run to run.
        self._id_base = zlib.crc32(vendor.name.encode()) << 64
        self._quoted: dict[str, bytes] = {}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request."""
        path: str = scope["path"]
        if path == "/v1/chat/completions" and scope["method"] == "POST":
            await self._complete(scope, receive, send)
            return
        try:
            body = self._look_up(scope["method"], path, _header(scope, b"authorization"))
        except RejectedError as rejected:
            await _respond(send, rejected.status, rejected.body, [])
        else:
            await _respond(send, 200, body, [])

    async def _complete(self, scope: Scope, receive: Receive, send: Send) -> None:
        recorder = self._vendor.recorder
        authorization = _header(scope, b"authorization")
        call, began = recorder.begin(authorization.rpartition(" ")[2][-4:], _header(scope, b"traceparent"))
        identity = b"%026x" % (self._id_base + call.number)
        response = Response(scope, receive, send, rng=self._vendor.rng)
        try:
            request = await self._read(call, authorization, receive)
            active = self._vendor.active(call.model)
            behaviour = active.behaviour
            question = request.question(behaviour.answer)
            _check_prompt(question, behaviour)
            with self._enter(active) as turn:
                await response.until(turn.granted)
                fault = active.draw_fault(self._vendor.rng, stream=call.stream, prefix=call.prefix)
                if fault is not None:
                    call.outcome = f"faulted:{fault.kind}"
                answer = self._compose(call.model, question, behaviour, fault)
                rendered = self._render(answer, call, request, behaviour.tokens_per_chunk, identity)
                response.headers = _headers(identity, b"%d" % (recorder.seconds_since(began) * 1000))
                response.shape(split=behaviour.split, gzip=_compresses(behaviour, scope))
                await response.pause(behaviour.first_byte)
                await Delivery(response, call, self._dialect, behaviour.between_chunks).deliver(rendered, fault)
            if fault is None:
                call.outcome = COMPLETED
        except RejectedError as rejected:
            call.status, call.outcome = rejected.status, rejected.outcome
            await _respond(send, rejected.status, rejected.body, _headers(identity, b"0"))
        except ClientLeftError:
            self._note_departure(call)
        finally:
            recorder.end(call, began)

    def _note_departure(self, call: Call) -> None:
        if not self._vendor.is_up:
            call.outcome = WENT_DOWN
            return
        call.client_left = True
        if not call.outcome.startswith("faulted:"):
            call.outcome = CLIENT_CLOSED

    def _enter(self, active: ActiveBehaviour) -> Turn:
        try:
            return active.capacity.enter()
        except FullError:
            status = active.behaviour.full
            raise RejectedError(status, self._dialect.error_body(status, Complaint()), OVERLOADED) from None

    async def _read(self, call: Call, authorization: str, receive: Receive) -> ChatRequest:
        body = await _body(receive)
        self._vendor.recorder.keep_body(call, body)
        self._authenticate(authorization)
        request = decode(body)
        if not request.model:
            raise bad_request("you must provide a model parameter")
        call.model, call.stream, call.prefix = request.model, request.stream is True, bool(request.prefix)
        check(request)
        self._check_model(request.model)
        return request

    def _compose(self, model: str, question: Question, behaviour: Behaviour, fault: Fault | None) -> Answer:
        length, prefill = behaviour.answer_tokens, behaviour.prefill
        answer = compose(self._vendor.name, model, question, length=length, prefill=prefill)
        if isinstance(fault, Filtered):
            given = answer.tokens[: fault.after_chunks * behaviour.tokens_per_chunk]
            answer = replace(answer, tokens=given, finish_reason="content_filter")
        return answer

    def _render(
        self, answer: Answer, call: Call, request: ChatRequest, tokens_per_chunk: int, identity: bytes
    ) -> Rendered:
        heading = render.Heading(identity, int(call.time), self._quote(call.model))
        if not call.stream:
            return render.completion(answer, heading)
        options = request.stream_options
        include_usage = options is not None and options.include_usage is True
        return render.chunks(answer, heading, tokens_per_chunk=tokens_per_chunk, include_usage=include_usage)

    def _quote(self, model: str) -> bytes:
        quoted = self._quoted.get(model)
        if quoted is None:
            quoted = msgspec.json.encode(model)
            if len(self._quoted) < _MODEL_CACHE:
                self._quoted[model] = quoted
        return quoted

    def _authenticate(self, authorization: str) -> None:
        scheme, _, key = authorization.partition(" ")
        if scheme.lower() != "bearer" or not key.strip():
            raise RejectedError(401, error("You didn't provide an API key in an Authorization header."))
        accepted = self._vendor.access.keys
        if accepted is not None and key.strip() not in accepted:
            message = f"Incorrect API key provided: ****{key[-4:]}."
            raise RejectedError(401, error(message, code="invalid_api_key"))

    def _check_model(self, model: str) -> None:
        models = self._vendor.access.models
        if models is not None and model not in models:
            message = f"The model `{model}` does not exist or you do not have access to it."
            raise RejectedError(404, error(message, code="model_not_found"))

    def _look_up(self, method: str, path: str, authorization: str) -> bytes:
        self._authenticate(authorization)
        known = path in {"/v1/models", "/v1/chat/completions"} or path.startswith("/v1/models/")
        if not known:
            raise RejectedError(404, error(f"Invalid URL ({method} {path})"))
        if method != "GET" or path == "/v1/chat/completions":
            raise RejectedError(405, error(f"Not allowed to {method} on {path}.", code="method_not_supported"))
        owner = self._vendor.name
        if path == "/v1/models":
            models = self._vendor.access.models
            names = (f"{owner}-small", f"{owner}-large") if models is None else models
            listed = [render.model_object(name, owner) for name in names]
            return msgspec.json.encode({"object": "list", "data": listed})
        model = path.removeprefix("/v1/models/")
        self._check_model(model)
        return msgspec.json.encode(render.model_object(model, owner))


def _check_prompt(question: Question, behaviour: Behaviour) -> None:
    if question.prefix and behaviour.prefill == "refuses":
        refusal = RefusesPrefill()
        raise bad_request(refusal.message or "", refusal.param)
    window, given = behaviour.context_window, question.prompt_tokens
    if window is not None and given > window:
        raise bad_request(
            f"This model's maximum context length is {window} tokens. However, your messages resulted in {given} "
            "tokens. Please reduce the length of the messages.",
            "messages",
            "context_length_exceeded",
        )


def _compresses(behaviour: Behaviour, scope: Scope) -> bool:
    asked = "gzip" in _header(scope, b"accept-encoding")
    return behaviour.gzip == "always" or (behaviour.gzip == "accepted" and asked)


async def _body(receive: Receive) -> bytes:
    message = await receive()
    if message["type"] == "http.request" and not message["more_body"]:
        whole: bytes = message["body"]
        return whole
    parts = bytearray()
    try:
        async with asyncio.timeout(BODY_DEADLINE_SECONDS):
            while message["type"] == "http.request":
                parts += message["body"]
                if len(parts) > MAX_BODY_BYTES:
                    raise RejectedError(413, error(f"The request is larger than {MAX_BODY_BYTES} bytes."))
                if not message["more_body"]:
                    return bytes(parts)
                message = await receive()
    except TimeoutError:
        raise RejectedError(408, error("The request's body did not arrive in time.")) from None
    raise ClientLeftError


def _header(scope: Scope, name: bytes) -> str:
    for key, value in scope["headers"]:
        if key == name:
            text: str = value.decode("latin-1")
            return text
    return ""


def _headers(identity: bytes, milliseconds: bytes) -> Headers:
    return [(b"x-request-id", b"req_" + identity), (b"openai-processing-ms", milliseconds)]


async def _respond(send: Send, status: int, body: bytes, headers: Headers) -> None:
    start = [JSON, (b"content-length", b"%d" % len(body)), *headers]
    await send({"type": "http.response.start", "status": status, "headers": start})
    await send({"type": "http.response.body", "body": body})
