"""What the chat APIs of all dialects do alike, as a bare ASGI app: read, admit, compose, deliver and record a call."""

from __future__ import annotations

import zlib
from abc import ABC, abstractmethod
from collections.abc import Sequence
from typing import ClassVar, Generic, Protocol, TypeVar

import msgspec

from simulator.answers import Answer, Question, compose
from simulator.behaviour import ActiveBehaviour, Behaviour
from simulator.capacity import FullError, Turn
from simulator.delivery import ClientLeftError, Delivery, Dialect, Headers, Rendered, Response
from simulator.dialects.http import header, read_body, respond
from simulator.dialects.rejected import RejectedError, bad_request
from simulator.faults import Complaint, Fault, Filtered, RefusesPrefill
from simulator.functions import Answers
from simulator.listener import Receive, Scope, Send
from simulator.recorder import CLIENT_CLOSED, COMPLETED, OVERLOADED, WENT_DOWN, Call
from simulator.schemas import SchemaError
from simulator.vendor import Vendor

_MODEL_CACHE = 1000
# Requests that are no calls are numbered from here, so that their ids are not those of calls.
_FIRST_OTHER = 1 << 48


class Asking(Protocol):
    """A request for an answer, as any dialect has it."""

    @property
    def model(self) -> str:
        """Which model is asked."""

    @property
    def streams(self) -> bool:
        """Whether the answer is to be streamed."""

    @property
    def prefix(self) -> str:
        """The beginning of an answer that the request ends with; empty where there is none."""

    def question(self, answers: Answers) -> Question:
        """What is to be answered; `answers` decides whether functions are called where the request leaves it open."""


class ChatDialect(Dialect, Protocol):
    """Renders errors of one call; pure."""

    def rejection(self, rejected: RejectedError) -> bytes:
        """Return the body of the response to a wrong request, which has a message."""


R = TypeVar("R", bound=Asking)


class ChatApp(ABC, Generic[R]):
    """One vendor's API; faults and latencies apply to calls for answers, `down` to everything."""

    chat_path: ClassVar[str]
    max_body_bytes: ClassVar[int]

    def __init__(self, vendor: Vendor) -> None:
        self.vendor = vendor
        # Ids differ between vendors and repeat from run to run.
        self._id_base = zlib.crc32(vendor.name.encode()) << 64
        self._others = _FIRST_OTHER
        self._quoted: dict[str, bytes] = {}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request."""
        if scope["method"] == "POST" and self.asks(scope["path"]):
            await self._complete(scope, receive, send)
        else:
            await self._other(scope, receive, send)

    @abstractmethod
    def dialect(self, identity: bytes) -> ChatDialect:
        """Return what renders the errors of the request of that identity."""

    @abstractmethod
    def headers(self, identity: bytes, milliseconds: bytes) -> Headers:
        """Return the headers that every response has."""

    @abstractmethod
    def key(self, scope: Scope) -> str:
        """Return the key that the caller shows; empty where there is none."""

    @abstractmethod
    def admit(self, scope: Scope) -> None:
        """Raise RejectedError where the caller's key is missing or wrong, or the headers are."""

    def asks(self, path: str) -> bool:
        """Return whether a path is one that answers are asked for at."""
        return path == self.chat_path

    @abstractmethod
    def read(self, body: bytes, scope: Scope) -> R:
        """Return the request that a body is, of which a model is known; raises RejectedError."""

    @abstractmethod
    def check(self, request: R, scope: Scope) -> None:
        """Raise RejectedError where something is missing, or does not go together, or not with the headers."""

    @abstractmethod
    def check_model(self, model: str) -> None:
        """Raise RejectedError where the vendor does not have the model."""

    @abstractmethod
    def too_long(self, given: int, window: int) -> RejectedError:
        """Return what a prompt of so many tokens meets where they do not fit."""

    @abstractmethod
    def render(self, answers: Sequence[Answer], call: Call, request: R, chunk: int, identity: bytes) -> Rendered:
        """Return the answers to a request, `chunk` tokens to a chunk of a stream."""

    @abstractmethod
    async def look_up(self, scope: Scope, receive: Receive) -> bytes:
        """Return the answer to a request that is no call for an answer; raises RejectedError."""

    def performer(self, call: Call, request: R, rendered: Rendered, identity: bytes) -> Dialect:  # noqa: ARG002 - others look
        """Return what renders the faults of one answer; most formats do so alike for all."""
        return self.dialect(identity)

    def quote(self, model: str) -> bytes:
        """Return a model's name as JSON."""
        quoted = self._quoted.get(model)
        if quoted is None:
            quoted = msgspec.json.encode(model)
            if len(self._quoted) < _MODEL_CACHE:
                self._quoted[model] = quoted
        return quoted

    async def _other(self, scope: Scope, receive: Receive, send: Send) -> None:
        self._others += 1
        identity = self._identity(self._others)
        try:
            body = await self.look_up(scope, receive)
        except RejectedError as rejected:
            await self._reject(rejected, identity, send)
        except ClientLeftError:
            return
        else:
            await respond(send, 200, body, self.headers(identity, b"0"))

    async def _complete(self, scope: Scope, receive: Receive, send: Send) -> None:
        recorder = self.vendor.recorder
        call, began = recorder.begin(self.key(scope)[-4:], header(scope, b"traceparent"))
        identity = self._identity(call.number)
        response = Response(scope, receive, send, rng=self.vendor.rng)
        try:
            request = await self._read(call, scope, receive)
            active = self.vendor.active(call.model)
            behaviour = active.behaviour
            question = request.question(behaviour.answer)
            self._check_prompt(question, behaviour)
            with self._enter(active) as turn:
                await response.until(turn.granted)
                fault = active.draw_fault(self.vendor.rng, stream=call.stream, prefix=call.prefix)
                if fault is not None:
                    call.outcome = f"faulted:{fault.kind}"
                answers = [
                    self._compose(call.model, question, behaviour, fault, choice) for choice in range(question.choices)
                ]
                rendered = self.render(answers, call, request, behaviour.tokens_per_chunk, identity)
                response.headers = self.headers(identity, b"%d" % (recorder.seconds_since(began) * 1000))
                response.shape(split=behaviour.split, gzip=_compresses(behaviour, scope))
                await response.pause(behaviour.first_byte)
                dialect = self.performer(call, request, rendered, identity)
                await Delivery(response, call, dialect, behaviour.between_chunks).deliver(rendered, fault)
            if fault is None:
                call.outcome = COMPLETED
        except RejectedError as rejected:
            call.status, call.outcome = rejected.status, rejected.outcome
            await self._reject(rejected, identity, send)
        except ClientLeftError:
            self._note_departure(call)
        finally:
            recorder.end(call, began)

    async def _read(self, call: Call, scope: Scope, receive: Receive) -> R:
        body = await read_body(receive, self.max_body_bytes)
        self.vendor.recorder.keep_body(call, body)
        self.admit(scope)
        request = self.read(body, scope)
        call.model, call.stream, call.prefix = request.model, request.streams, bool(request.prefix)
        self.check(request, scope)
        self.check_model(request.model)
        return request

    def _check_prompt(self, question: Question, behaviour: Behaviour) -> None:
        if question.prefix and behaviour.prefill == "refuses":
            raise RejectedError(400, complaint=RefusesPrefill())
        window, given = behaviour.context_window, question.prompt_tokens
        if window is not None and given > window:
            raise self.too_long(given, window)

    def _enter(self, active: ActiveBehaviour) -> Turn:
        try:
            return active.capacity.enter()
        except FullError:
            raise RejectedError(active.behaviour.full, complaint=Complaint(), outcome=OVERLOADED) from None

    def _compose(
        self, model: str, question: Question, behaviour: Behaviour, fault: Fault | None, choice: int
    ) -> Answer:
        length, prefill = behaviour.answer_tokens, behaviour.prefill
        try:
            answer = compose(self.vendor.name, model, question, length=length, prefill=prefill, choice=choice)
        except SchemaError as error:
            raise bad_request(str(error)) from None
        if isinstance(fault, Filtered):
            return answer.cut(fault.after_chunks * behaviour.tokens_per_chunk, "content_filter")
        return answer

    def _note_departure(self, call: Call) -> None:
        if not self.vendor.is_up:
            call.outcome = WENT_DOWN
            return
        call.client_left = True
        if not call.outcome.startswith("faulted:"):
            call.outcome = CLIENT_CLOSED

    async def _reject(self, rejected: RejectedError, identity: bytes, send: Send) -> None:
        dialect, status, complaint = self.dialect(identity), rejected.status, rejected.complaint
        body = dialect.rejection(rejected) if complaint is None else dialect.error_body(status, complaint)
        told = dialect.error_headers(status, complaint or Complaint(type=rejected.code))
        await respond(send, status, body, [*told, *self.headers(identity, b"0")])

    def _identity(self, number: int) -> bytes:
        return b"%026x" % (self._id_base + number)


def _compresses(behaviour: Behaviour, scope: Scope) -> bool:
    asked = "gzip" in header(scope, b"accept-encoding")
    return behaviour.gzip == "always" or (behaviour.gzip == "accepted" and asked)
