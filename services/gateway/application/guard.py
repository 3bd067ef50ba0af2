"""guard: is this a chat at all? Only what the gateway itself must understand is looked at."""

from services.gateway.application.exchange import Exchange
from services.gateway.domain.chat import read_chat


class Guard:
    """The stage."""

    async def __call__(self, exchange: Exchange) -> None:
        """Read the body. Raises Failure(INVALID_REQUEST)."""
        exchange.chat = read_chat(exchange.body)
        if exchange.stream is None:
            exchange.stream = exchange.chat.stream
