"""Follows what is set: a service runs on the newest snapshot it could get, and on its last one when config is away."""

import asyncio
import os
import random
from collections.abc import Callable, Sequence
from pathlib import Path
from types import TracebackType
from typing import Self

import structlog
from google.protobuf.message import DecodeError

from chassis.grpc.client import Peer
from chassis.health import Health
from chassis.tasks import Background
from events.cloudevents import Received
from events.config import ConfigChanged
from resilience.clock import Clock
from resilience.errors import Failure
from resilience.retry import Backoff
from seawall.config.v1.config_pb2 import GetSnapshotRequest
from seawall.config.v1.config_pb2_grpc import SnapshotServiceStub
from seawall.config.v1.resources_pb2 import Snapshot

log = structlog.stdlib.get_logger("snapshot")

POLL_INTERVAL = 1.0
"""Seconds between questions for a newer version; an event from Kafka asks at once."""
FETCH_TIMEOUT = 5.0


class SnapshotFollower:
    """Keeps a service on the newest snapshot, as an async context manager.

    `apply` is called with each new snapshot, on the event loop; it must not block or raise. The snapshot is kept in
    `file`, from which a restarted service begins where config is away. It holds digests and references, no secrets.
    """

    def __init__(
        self,
        config: Peer,
        *,
        apply: Callable[[Snapshot], None],
        file: Path,
        health: Health,
        background: Background,
        clock: Clock,
    ) -> None:
        self._config = config
        self._stub = SnapshotServiceStub(config.channel)
        self._apply = apply
        self._file = file
        self._health = health
        self._background = background
        self._clock = clock
        self._version = 0
        self._catalogue = ""
        self._asked = asyncio.Event()

    async def on_change(self, _changes: Sequence[Received[ConfigChanged]]) -> None:
        """Ask for a newer version now; what a consumer of `seawall.config.v1` calls."""
        self._asked.set()

    async def __aenter__(self) -> Self:
        self._health.require("snapshot", "no configuration was received yet")
        kept = await asyncio.to_thread(self._read)
        if kept is not None:
            self._use(kept)
        self._background.start("snapshot", self._follow)
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        """Nothing to do: the task is the background's."""

    async def _follow(self) -> None:
        backoff = Backoff(first=0.2, cap=2.0, rng=random.Random())  # noqa: S311 - jitter
        away = False
        while True:
            self._asked.clear()
            try:
                known = GetSnapshotRequest(known_version=self._version, known_catalogue=self._catalogue)
                answer = await self._config.call(self._stub.GetSnapshot, known, timeout=FETCH_TIMEOUT)
            except Failure as failure:
                if not away:
                    log.warning("config cannot be reached; the last snapshot serves", cause=failure.message)
                    away = True
                await self._clock.sleep(backoff.next())
                continue
            away = False
            backoff.reset()
            if answer.HasField("snapshot"):
                self._use(answer.snapshot)
                await asyncio.to_thread(self._write, answer.snapshot)
            await self._wait()

    async def _wait(self) -> None:
        try:
            async with asyncio.timeout(POLL_INTERVAL):
                await self._asked.wait()
        except TimeoutError:
            pass

    def _use(self, snapshot: Snapshot) -> None:
        self._apply(snapshot)
        self._version, self._catalogue = snapshot.version, snapshot.catalogue_digest
        self._health.met("snapshot")
        log.info("snapshot in force", version=snapshot.version)

    def _read(self) -> Snapshot | None:
        try:
            return Snapshot.FromString(self._file.read_bytes())
        except FileNotFoundError:
            return None
        except (OSError, DecodeError) as error:
            log.warning("the kept snapshot cannot be read", file=str(self._file), error=repr(error))
            return None

    def _write(self, snapshot: Snapshot) -> None:
        """Replace the file in one step, so that a crash leaves the old one or the new one."""
        draft = self._file.with_suffix(".new")
        try:
            self._file.parent.mkdir(parents=True, exist_ok=True)
            with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb") as out:
                out.write(snapshot.SerializeToString())
            draft.replace(self._file)
        except OSError as error:
            log.warning("the snapshot could not be kept", file=str(self._file), error=repr(error))
