"""What every dependency of the tests has in common: an address, and a life that tests may end and begin again."""

from abc import ABC, abstractmethod
from typing import Protocol

from tests.stack.eventually import eventually

START_DEADLINE = 120.0


class Server(Protocol):
    """What runs a dependency: an owned process or an owned container."""

    name: str

    async def start(self) -> None:
        """Start it; return before it serves."""
        ...

    async def stop(self) -> None:
        """End it in order."""
        ...

    async def kill(self) -> None:
        """End it as a crash would."""
        ...

    async def discard(self) -> None:
        """End it for good, in whatever state it is; may be called twice."""
        ...

    def last_words(self) -> str:
        """The end of its output."""
        ...


class Dependency(ABC):
    """A real server under an address that it keeps when it is stopped and started again."""

    def __init__(self, server: Server | None) -> None:
        """`server` is None where the address came from the environment: that one is not ours to stop."""
        self._server = server

    async def start(self) -> None:
        """Start the server and wait until it answers as a client needs it to."""
        server = self._owned()
        await server.start()
        try:
            await eventually(self._answers, START_DEADLINE, every=0.2)
        except AssertionError as error:
            said = server.last_words()
            await server.discard()
            raise RuntimeError(f"{server.name} did not start: {error}\nIt said:\n{said}") from error

    async def stop(self) -> None:
        """Stop the server in order; its data and address stay."""
        await self._owned().stop()

    async def kill(self) -> None:
        """End the server as a crash would; its data and address stay."""
        await self._owned().kill()

    async def discard(self) -> None:
        """End the server for good."""
        await self._owned().discard()

    @abstractmethod
    async def _answers(self) -> bool:
        """Whether a client's first real request succeeds; may raise while it does not."""

    def _owned(self) -> Server:
        if self._server is None:
            raise RuntimeError("this server's address came from the environment: it is not ours to start or stop")
        return self._server
