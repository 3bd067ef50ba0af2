"""What is done once before the service is ready: the store made usable, the manifest applied."""

import asyncio
import random
from collections.abc import Awaitable, Callable
from pathlib import Path

import structlog

from chassis.health import Health
from resilience.backoff import Backoff
from resilience.clock import Clock
from resilience.errors import Failure, Reason
from services.config.application.apply_manifest import ApplyManifest
from services.config.application.ports import START_UP
from services.config.application.read_manifest import ReadManifest
from services.config.domain.declaration import Declaration

log = structlog.stdlib.get_logger("startup")

CONDITION = "configuration"
"""What readiness waits for."""


class StartUp:
    """Runs in the background, so that the service lives while its database is away, and tries until it is there.

    `done` is set once everything else may use the store. `prepare` makes the store usable; it raises
    Failure(retryable) while it cannot. A manifest that is wrong ends the service: one that ran on would hide it.
    """

    def __init__(
        self,
        prepare: Callable[[], Awaitable[None]],
        read_manifest: ReadManifest,
        apply_manifest: ApplyManifest,
        *,
        manifest: Path | None,
        health: Health,
        clock: Clock,
    ) -> None:
        self._prepare = prepare
        self._read_manifest = read_manifest
        self._apply = apply_manifest
        self.done = asyncio.Event()
        self._manifest = manifest
        self._health = health
        self._clock = clock
        health.require(CONDITION, "the store is not prepared yet")

    async def run(self) -> None:
        """Return once the service can serve. Raises Failure where it never will."""
        try:
            declaration = await asyncio.to_thread(self._read, self._manifest) if self._manifest else None
            await self._until_done(declaration)
        except Failure as failure:
            log.error("the service cannot start", cause=failure.message, **failure.detail)  # noqa: TRY400 - it is told
            raise
        self._health.met(CONDITION)
        self.done.set()

    def _read(self, manifest: Path) -> Declaration:
        try:
            text = manifest.read_text("utf-8")
        except (OSError, UnicodeDecodeError) as error:
            raise Failure(Reason.INVALID_REQUEST, f"{manifest} cannot be read: {error}") from error
        return self._read_manifest(text)

    async def _until_done(self, declaration: Declaration | None) -> None:
        backoff = Backoff(first=0.2, cap=2.0, rng=random.Random())  # noqa: S311 - jitter
        waiting = False
        while True:
            try:
                await self._prepare()
                if declaration is not None:
                    applied = await self._apply(declaration, actor=START_UP)
                    log.info("the manifest is applied", changes=len(applied.changes), version=applied.version)
            except Failure as failure:
                if not failure.retryable:
                    raise
                if not waiting:
                    log.warning("start-up waits", cause=failure.message)
                    waiting = True
                await self._clock.sleep(backoff.next())
            else:
                return
