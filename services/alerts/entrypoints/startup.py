"""What is done once before the service is ready: the tables brought up to date, the manifest's receivers applied."""

import asyncio
import random
from collections.abc import Awaitable, Callable
from pathlib import Path

import structlog

from chassis.health import Health
from resilience.backoff import Backoff
from resilience.clock import Clock
from resilience.errors import Failure, Reason
from services.alerts.application.apply_manifest import ApplyManifest
from services.alerts.application.reach import Reach
from services.alerts.application.read_manifest import Declaration, read_manifest

log = structlog.stdlib.get_logger("startup")

CONDITION = "store"
"""What readiness waits for."""


def read_manifest_file(manifest: Path, reach: Reach) -> Declaration:
    """See `read_manifest`; the same of a file."""
    try:
        text = manifest.read_text("utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise Failure(Reason.INVALID_REQUEST, f"{manifest} cannot be read: {error}") from error
    return read_manifest(text, reach)


class StartUp:
    """Runs in the background, so that the service lives while its database is away, and tries until it is there.

    `done` is set once everything else may use the store. `prepare` makes the store usable; it raises
    Failure(retryable) while it cannot. A manifest that is wrong ends the service: one that ran on would tell nobody,
    and say so to nobody.
    """

    def __init__(
        self,
        prepare: Callable[[], Awaitable[None]],
        read_manifest: Callable[[], Awaitable[Declaration | None]],
        apply_manifest: ApplyManifest,
        *,
        health: Health,
        clock: Clock,
    ) -> None:
        self._prepare = prepare
        self._apply = apply_manifest
        self._read_manifest = read_manifest
        self._health = health
        self._clock = clock
        self.done = asyncio.Event()
        health.require(CONDITION, "the tables are not up to date yet")

    async def run(self) -> None:
        """Return once the service can serve. Raises Failure where it never will."""
        try:
            await self._until_done(await self._read_manifest())
        except Failure as failure:
            log.error("the service cannot start", cause=failure.message, **failure.detail)  # noqa: TRY400 - it is told
            raise
        self._health.met(CONDITION)
        self.done.set()

    async def _until_done(self, declaration: Declaration | None) -> None:
        backoff = Backoff(first=0.2, cap=2.0, rng=random.Random())  # noqa: S311 - jitter
        waiting = False
        while True:
            try:
                await self._prepare()
                if declaration is not None:
                    done = await self._apply(declaration)
                    log.info(
                        "the manifest is applied",
                        created=len(done.create),
                        updated=len(done.update),
                        deleted=len(done.delete),
                    )
            except Failure as failure:
                if not failure.retryable:
                    raise
                if not waiting:
                    log.warning("start-up waits", cause=failure.message)
                    waiting = True
                await self._clock.sleep(backoff.next())
            else:
                return
