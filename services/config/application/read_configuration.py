"""Reads what is set."""

from collections.abc import Sequence
from typing import TypeVar

from resilience.clock import Clock
from services.config.application.ports import Store
from services.config.domain.faults import not_found
from services.config.domain.resource import Resource

R = TypeVar("R", bound=Resource)


class ReadConfiguration:
    """Answers what is set, resource by resource or page by page."""

    def __init__(self, store: Store, clock: Clock) -> None:
        self._store = store
        self._clock = clock

    async def get(self, kind: type[R], name: str) -> R:
        """The resource called `name`. Raises Failure(NOT_FOUND)."""
        found = await self._store.get(kind, name)
        if found is None:
            raise not_found(name)
        return found

    async def page(self, kind: type[R], parent: str, *, of: type[Resource], after: str, limit: int) -> Sequence[R]:
        """At most `limit` resources under `parent`, which is one `of` that kind, by name. Raises Failure(NOT_FOUND)."""
        await self.get(of, parent)
        return await self._store.page(kind, parent, now=self._clock.now(), after=after, limit=limit)
