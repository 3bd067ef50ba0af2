"""What the gateway's own RPCs have in common: who asks, with which options, and that a keyed one is answered once."""

from collections.abc import AsyncGenerator, Callable, Iterable, Mapping
from contextlib import aclosing
from dataclasses import dataclass
from typing import Any, TypeVar

import grpc
from google.protobuf.message import Message
from google.rpc.status_pb2 import Status

from chassis.grpc.status import from_message, to_message
from resilience.errors import Failure
from seawall.gateway.v1 import chat_pb2 as pb
from services.gateway.application.answer_once import AnswerOnce, Keyed, Part, Parts, is_final
from services.gateway.domain.options import Options
from services.gateway.entrypoints.typed_options import to_options

REPLAYED = ("idempotent-replayed", "true")

Context = grpc.aio.ServicerContext[Any, Any]
M = TypeVar("M", bound=Message)
Made = AsyncGenerator[tuple[M, bool], None]
"""Messages, each with whether it is the last."""


@dataclass(frozen=True, slots=True)
class Caller:
    """Who calls an RPC, and how Seawall is to handle it."""

    secret: str | None
    options: Options
    traceparent: str | None


def caller_of(options: pb.Options, context: Context) -> Caller:
    """The caller of one RPC. Raises Failure(INVALID_REQUEST)."""
    metadata = _metadata(context)
    told = to_options(options, metadata, context.time_remaining())
    return Caller(_secret(metadata), told, metadata.get("traceparent"))


def secret_of(context: Context) -> str | None:
    """The key that the caller shows."""
    return _secret(_metadata(context))


class Once:
    """Answers an RPC that has an idempotency key once."""

    def __init__(self, once: AnswerOnce) -> None:
        self._once = once

    async def __call__(
        self,
        caller: Caller,
        context: Context,
        make: Callable[[], Made[M]],
        *,
        path: str,
        asked: Message,
        kind: type[M],
    ) -> AsyncGenerator[M, None]:
        """What `make` makes of what is `asked` at `path`, or made before."""
        options = caller.options
        if not options.idempotency_key:
            async with aclosing(make()) as made:
                async for message, _ in made:
                    yield message
            return
        body = asked.SerializeToString(deterministic=True)
        keyed = Keyed(caller.secret, options.idempotency_key, path, body, options.timeout)
        async with self._once(keyed, lambda: _to_parts(make())) as reply:
            if reply.replayed:
                await context.send_initial_metadata((REPLAYED,))
            async with aclosing(reply.parts) as parts:
                async for part in parts:
                    yield _from_part(part, kind)


_MESSAGE, _FAILURE = b"m", b"f"


async def _to_parts(made: Made[M]) -> Parts:
    """Messages as bytes. A failure that is the request's answer is one too."""
    began = False
    async with aclosing(made):
        try:
            async for message, last in made:
                began = True
                yield Part(_MESSAGE + message.SerializeToString(), last=last, kept=last)
        except Failure as failure:
            if began or not is_final(failure):
                raise
            yield Part(_FAILURE + to_message(failure).SerializeToString(), last=True, kept=True)


def _from_part(part: Part, kind: type[M]) -> M:
    if part.data.startswith(_MESSAGE):
        return kind.FromString(part.data[1:])
    failure = from_message(Status.FromString(part.data[1:]))
    assert failure is not None, "only ours are kept"  # noqa: S101
    raise failure


def _metadata(context: Context) -> dict[str, str]:
    pairs: Iterable[tuple[str, str | bytes]] = context.invocation_metadata() or ()
    return {key: value for key, value in pairs if isinstance(value, str)}


def _secret(metadata: Mapping[str, str]) -> str | None:
    scheme, _, secret = metadata.get("authorization", "").partition(" ")
    return secret.strip() if scheme.lower() == "bearer" else metadata.get("x-api-key")
