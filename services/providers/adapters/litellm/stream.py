"""A stream of LiteLLM's SDK as events in OpenAI's wire format."""

from collections.abc import AsyncIterator
from typing import Any, Protocol

import msgspec

from resilience.errors import Reason
from services.providers.adapters.litellm.errors import body_of, status_of, unwrapped
from services.providers.adapters.vendor_body import OK
from services.providers.domain.failure import VendorFailure

_DONE = b"data: [DONE]\n\n"


class SdkStream(Protocol):
    """`litellm.CustomStreamWrapper`, as far as it is used."""

    chunks: list[Any]
    """What the vendor said so far, which the usage of the last chunk is made from."""
    received_finish_reason: str | None
    """What the vendor itself said."""

    async def __anext__(self) -> Any:
        """The next chunk. Raises StopAsyncIteration after the last, and what the SDK raises."""
        ...

    async def aclose(self) -> None:
        """Close the connection."""
        ...


async def events(stream: SdkStream, first: Any) -> AsyncIterator[bytes]:
    """Each chunk from `first` on as an event, then the end. Raises VendorFailure where the connection is lost."""
    chunk = first
    while chunk is not None:
        yield b"data: " + _written(stream, chunk) + b"\n\n"
        try:
            chunk = await following(stream)
        except Exception as error:  # noqa: BLE001 - whatever it is, the stream ends with it
            failed = unwrapped(error)
            yield b"data: " + body_of(failed, status_of(failed)) + b"\n\n"
            return
    yield _DONE


async def following(stream: SdkStream) -> Any:
    """The next chunk; None after the last. Raises what the SDK raises."""
    try:
        return await anext(stream)
    except StopAsyncIteration:
        return None


def _written(stream: SdkStream, chunk: Any) -> bytes:
    if any(choice.finish_reason for choice in chunk.choices) and not stream.received_finish_reason:
        # The SDK says `stop` of every stream that ends, of those that broke off too.
        raise VendorFailure(Reason.VENDOR_CONNECTION_LOST, status=OK)
    if getattr(chunk, "usage", None) is None:
        return dumped(chunk)
    told = any(getattr(one, "usage", None) is not None for one in stream.chunks)
    # What the vendor did not tell the SDK makes up: Seawall estimates it too, and says so.
    return dumped(chunk) if told else dumped(chunk, "usage")


def dumped(answer: Any, *left_out: str) -> bytes:
    """An answer of the SDK, or a chunk of one, as JSON on one line."""
    said = answer.model_dump(mode="json", exclude_none=True, exclude=set(left_out))
    return msgspec.json.encode(said)
