"""OpenAI's HTTP API as a bare ASGI app: chat completions, plain and streamed, and models."""

from __future__ import annotations

import asyncio
import re
import zlib

import msgspec

from simulator.answers import Answer, compose, count_prompt_tokens
from simulator.behaviour import Behaviour
from simulator.delivery import JSON, ClientLeftError, Delivery, Headers, Rendered
from simulator.dialects import openai_wire as wire
from simulator.listener import Receive, Scope, Send
from simulator.recorder import CLIENT_CLOSED, COMPLETED, REJECTED, WENT_DOWN, Call
from simulator.vendor import Vendor

MAX_BODY_BYTES = 64 * 1024 * 1024
BODY_DEADLINE_SECONDS = 30.0
_MODEL_CACHE = 1000
_FIELD = re.compile(r" - at `\$\.?(?P<field>[^`]*)`$")


class RejectedError(Exception):
    """The request is wrong; carries the response."""

    def __init__(self, status: int, body: bytes) -> None:
        super().__init__(status)
        self.status = status
        self.body = body


class OpenAIApp:
    """One vendor's API; faults and latencies apply to chat completions, `down` to everything."""

    def __init__(self, vendor: Vendor) -> None:
        self._vendor = vendor
        self._dialect = wire.OpenAIDialect()
        self._decoder = msgspec.json.Decoder(wire.ChatRequest)
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
        try:
            request = await self._read(call, authorization, receive)
            active = self._vendor.active(call.model)
            fault = active.draw_fault(self._vendor.rng, stream=call.stream)
            answer = self._answer(call, request, active.behaviour, identity)
            if fault is not None:
                call.outcome = f"faulted:{fault.kind}"
            milliseconds = b"%d" % (recorder.seconds_since(began) * 1000)
            delivery = Delivery(
                scope, receive, send, call=call, headers=_headers(identity, milliseconds),
                behaviour=active.behaviour, rng=self._vendor.rng, dialect=self._dialect,
            )  # fmt: skip
            await delivery.deliver(answer, fault)
            if fault is None:
                call.outcome = COMPLETED
        except RejectedError as rejected:
            call.status, call.outcome = rejected.status, REJECTED
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

    async def _read(self, call: Call, authorization: str, receive: Receive) -> wire.ChatRequest:
        body = await _body(receive)
        self._vendor.recorder.keep_body(call, body)
        self._authenticate(authorization)
        try:
            request = self._decoder.decode(body)
        except msgspec.ValidationError as problem:
            field = _FIELD.search(str(problem))
            message = f"Invalid request: {problem}"
            raise _bad_request(message, field["field"] if field else None, "invalid_value") from None
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
            raise _bad_request("We could not parse the JSON body of your request.") from None
        if not request.model:
            raise _bad_request("you must provide a model parameter")
        call.model, call.stream = request.model, request.stream is True
        if request.messages is None:
            raise _bad_request("Missing required parameter: 'messages'.", "messages", "missing_required_parameter")
        if not request.messages:
            raise _bad_request("Invalid 'messages': expected at least 1 message.", "messages", "empty_array")
        if request.stream_options is not None and not call.stream:
            message = "The 'stream_options' parameter is only allowed when 'stream' is enabled."
            raise _bad_request(message, "stream_options")
        self._check_model(request.model)
        return request

    def _answer(self, call: Call, request: wire.ChatRequest, behaviour: Behaviour, identity: bytes) -> Rendered:
        answer = self._compose(call.model, request.messages or [], behaviour.answer_tokens, request.limit)
        created, model = int(call.time), self._quote(call.model)
        if not call.stream:
            return wire.completion(answer, identity=identity, created=created, model=model)
        options = request.stream_options
        return wire.chunks(
            answer, identity=identity, created=created, model=model, tokens_per_chunk=behaviour.tokens_per_chunk,
            include_usage=options is not None and options.include_usage is True,
        )  # fmt: skip

    def _compose(self, model: str, messages: list[wire.Message], length: int, limit: int | None) -> Answer:
        texts = [message.text for message in messages]
        asked = next((texts[at] for at in reversed(range(len(texts))) if messages[at].role == "user"), "")
        return compose(
            self._vendor.name, model, asked, length=length, limit=limit, prompt_tokens=count_prompt_tokens(texts)
        )

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
            raise RejectedError(401, wire.error("You didn't provide an API key in an Authorization header."))
        accepted = self._vendor.access.keys
        if accepted is not None and key.strip() not in accepted:
            message = f"Incorrect API key provided: ****{key[-4:]}."
            raise RejectedError(401, wire.error(message, code="invalid_api_key"))

    def _check_model(self, model: str) -> None:
        models = self._vendor.access.models
        if models is not None and model not in models:
            message = f"The model `{model}` does not exist or you do not have access to it."
            raise RejectedError(404, wire.error(message, code="model_not_found"))

    def _look_up(self, method: str, path: str, authorization: str) -> bytes:
        self._authenticate(authorization)
        known = path in {"/v1/models", "/v1/chat/completions"} or path.startswith("/v1/models/")
        if not known:
            raise RejectedError(404, wire.error(f"Invalid URL ({method} {path})"))
        if method != "GET" or path == "/v1/chat/completions":
            raise RejectedError(405, wire.error(f"Not allowed to {method} on {path}.", code="method_not_supported"))
        owner = self._vendor.name
        if path == "/v1/models":
            models = self._vendor.access.models
            names = (f"{owner}-small", f"{owner}-large") if models is None else models
            listed = [wire.model_object(name, owner) for name in names]
            return msgspec.json.encode({"object": "list", "data": listed})
        model = path.removeprefix("/v1/models/")
        self._check_model(model)
        return msgspec.json.encode(wire.model_object(model, owner))


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
                    raise RejectedError(413, wire.error(f"The request is larger than {MAX_BODY_BYTES} bytes."))
                if not message["more_body"]:
                    return bytes(parts)
                message = await receive()
    except TimeoutError:
        raise RejectedError(408, wire.error("The request's body did not arrive in time.")) from None
    raise ClientLeftError


def _header(scope: Scope, name: bytes) -> str:
    for key, value in scope["headers"]:
        if key == name:
            text: str = value.decode("latin-1")
            return text
    return ""


def _headers(identity: bytes, milliseconds: bytes) -> Headers:
    return [(b"x-request-id", b"req_" + identity), (b"openai-processing-ms", milliseconds)]


def _bad_request(message: str, param: str | None = None, code: str | None = None) -> RejectedError:
    return RejectedError(400, wire.error(message, param=param, code=code))


async def _respond(send: Send, status: int, body: bytes, headers: Headers) -> None:
    start = [JSON, (b"content-length", b"%d" % len(body)), *headers]
    await send({"type": "http.response.start", "status": status, "headers": start})
    await send({"type": "http.response.body", "body": body})
