"""Makes everything be exactly what a manifest says, in one transaction."""

import structlog

from resilience.clock import Clock
from services.config.application.change_configuration import Applied, ChangeConfiguration
from services.config.application.ports import Actor
from services.config.domain.declaration import Declaration

log = structlog.stdlib.get_logger("manifest")


class ApplyManifest:
    """Applies what manifests declare; a second time nothing changes."""

    def __init__(self, change: ChangeConfiguration, clock: Clock) -> None:
        self._change = change
        self._clock = clock

    async def __call__(self, declaration: Declaration, *, actor: Actor, dry_run: bool = False) -> Applied:
        """Apply `declaration`, or only tell what would change. Raises Failure, with the path of what is wrong."""
        now = self._clock.now()
        applied = await self._change(
            declaration.organization,
            lambda current: declaration.wanted(current, now),
            actor=actor,
            dry_run=dry_run,
        )
        if not dry_run:
            log.info(
                "the manifest is applied",
                organization=declaration.organization,
                changes=len(applied.changes),
                version=applied.version,
            )
        return applied
