"""Responses that are kept, for callers to read again and to go on from: who keeps them, and what they keep to."""

from typing import Protocol

from chassis.principal import Principal
from resilience.errors import Failure, Reason
from services.gateway.domain.dialects.openai_responses.kept import KeptResponse

TTL = 30 * 86_400.0
"""Seconds; as long as OpenAI keeps them (developers.openai.com/api/docs/guides/your-data)."""
LONGEST_ID = 100


class ResponseStore(Protocol):
    """Keeps responses for a time, each project's by itself; it may forget them earlier, where it is full."""

    async def find(self, key: str) -> KeptResponse | None:
        """What is under `key`; None where there is nothing. Raises Failure(UNAVAILABLE) where it cannot know."""
        ...

    async def keep(self, key: str, response: KeptResponse, ttl: float) -> None:
        """Keep `response` for `ttl` seconds, where it is not too large. Never raises."""
        ...

    async def remove(self, key: str) -> bool:
        """Forget what is under `key`; whether there was anything. Raises Failure(UNAVAILABLE) where it cannot."""
        ...


def key_of(principal: Principal, response_id: str) -> str:
    """What a project's response of that id is kept under; nobody else can name it."""
    return f"{principal.organization}/{principal.project}/{response_id[:LONGEST_ID]}"


def not_found(what: str, response_id: str, **detail: str) -> Failure:
    """There is no such response, or it is another project's."""
    return Failure(Reason.NOT_FOUND, f"{what} with id {response_id[:LONGEST_ID]!r} not found.", detail=detail)
