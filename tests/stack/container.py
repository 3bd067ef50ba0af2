"""A container that a test owns, with the same life as an owned process."""

import asyncio
from collections.abc import Mapping, Sequence

from testcontainers.core.container import DockerContainer

from tests.stack.eventually import PATIENCE


class OwnedContainer:
    """One container that is started, stopped, killed and started again with the data and the port it had."""

    def __init__(
        self,
        name: str,
        image: str,
        *,
        port: int,
        inner_port: int,
        environment: Mapping[str, str] | None = None,
        command: Sequence[str] = (),
    ) -> None:
        self.name = name
        self._container = DockerContainer(image).with_envs(**(environment or {})).with_bind_ports(inner_port, port)
        if command:
            self._container = self._container.with_command(list(command))
        self._created = False

    async def start(self) -> None:
        """Start the container, creating it the first time; it is not waited for until it serves."""
        if self._created:
            await asyncio.to_thread(self._container.get_wrapped_container().start)
            return
        await asyncio.to_thread(self._container.start)
        self._created = True

    async def stop(self, within: float = PATIENCE) -> None:
        """Ask it to end and wait; Docker kills it after `within` seconds."""
        await asyncio.to_thread(self._container.get_wrapped_container().stop, timeout=int(within))

    async def kill(self) -> None:
        """End it without giving it a chance to finish anything."""
        await asyncio.to_thread(self._container.get_wrapped_container().kill)

    async def discard(self) -> None:
        """Remove the container and its data."""
        if self._created:
            await asyncio.to_thread(self._container.stop)

    def last_words(self) -> str:
        """The end of its output, for the report of a failure."""
        if not self._created:
            return "(it was not created)"
        logs: bytes = self._container.get_wrapped_container().logs(tail=30)
        return logs.decode(errors="replace")
