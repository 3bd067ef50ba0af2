"""What monitor needs of the outside. Every method raises Failure(UNAVAILABLE, retryable) while storage is away."""

from collections.abc import Mapping, Sequence
from contextlib import AbstractAsyncContextManager
from datetime import datetime
from typing import Protocol

from events.requests import RequestFinished
from services.monitor.domain.breaker import GatewayBreaker
from services.monitor.domain.health import TargetHealth
from services.monitor.domain.ledger import Detail, Entry, Position, RequestFilter
from services.monitor.domain.statistics import Observation, TargetName
from services.monitor.domain.usage import Usage, UsageQuery
from services.monitor.domain.verdict import Standing, Tally


class OpenBooks(Protocol):
    """The ledger and the statistics within one transaction."""

    async def enter(self, requests: Sequence[RequestFinished]) -> Sequence[RequestFinished]:
        """Enter those of `requests` that the ledger does not hold yet; returns them.

        Raises ValueError for one that cannot be entered, ever; nothing is entered then.
        """
        ...

    async def note(self, observations: Sequence[Observation]) -> None:
        """Add to the statistics."""
        ...


class Books(Protocol):
    """The ledger and the statistics of targets, written together."""

    def opened(self) -> AbstractAsyncContextManager[OpenBooks]:
        """A transaction: committed at the end of the body, undone where it raises."""
        ...


class LedgerReader(Protocol):
    """The ledger, read."""

    async def usage(self, query: UsageQuery, *, limit: int) -> Sequence[Usage]:
        """The sums, by group, ascending; `limit` groups at most."""
        ...

    async def entries(self, which: RequestFilter, *, after: Position | None, limit: int) -> Sequence[Entry]:
        """Requests, newest first, behind `after`."""
        ...

    async def detail(self, organization: str, request_id: str) -> Detail | None:
        """One request with its plan and attempts."""
        ...


class HealthReader(Protocol):
    """The health of targets, read."""

    async def health(
        self, organization: str, *, now: datetime, seen_after: datetime, after: str, limit: int
    ) -> Sequence[TargetHealth]:
        """The targets that were seen after `seen_after`, by target, behind `after`."""
        ...


class Bench(Protocol):
    """Where verdicts stand. Judging twice at once is safe, only wasteful."""

    def presiding(self) -> AbstractAsyncContextManager[bool]:
        """Whether this replica is the one to judge, for as long as the body runs."""
        ...

    async def tallies(self, after: int) -> Mapping[TargetName, Sequence[Tally]]:
        """What was seen of each target in the seconds after `after`."""
        ...

    async def standing(self, names: Sequence[TargetName]) -> Mapping[TargetName, Standing]:
        """The verdicts that stand on these targets; a target that was never judged is missing."""
        ...

    async def seat(self, newcomers: Sequence[Standing]) -> None:
        """Let these stand where nothing stood; nobody is told."""
        ...

    async def pronounce(self, previous: Standing, new: Standing) -> bool:
        """Let `new` stand and tell the world, in one transaction; False where `previous` no longer stands."""
        ...

    async def see(self, names: Sequence[TargetName], now: datetime) -> None:
        """Remember that these targets were seen."""
        ...


class Breakers(Protocol):
    """What gateways told last of their breakers."""

    async def keep(self, breakers: Sequence[GatewayBreaker]) -> None:
        """Keep each of `breakers` that its gateway told later than what is kept; keeping again changes nothing."""
        ...

    async def counting(self, now: datetime) -> Mapping[TargetName, Sequence[GatewayBreaker]]:
        """Those that still count, by target."""
        ...


class Archive(Protocol):
    """What grows old. Each call forgets at most a batch, in one transaction, and returns how many rows went."""

    def cleaning(self) -> AbstractAsyncContextManager[bool]:
        """Whether this replica is the one to forget, for as long as the body runs."""
        ...

    async def forget_requests(self, before: datetime) -> int:
        """Delete ledger entries of requests that finished before `before`."""
        ...

    async def forget_seconds(self, before: datetime) -> int:
        """Delete statistics older than `before`."""
        ...

    async def forget_breakers(self, before: datetime) -> int:
        """Delete what gateways told of their breakers and what counted no more before `before`."""
        ...

    async def forget_targets(self, before: datetime) -> int:
        """Delete the standing of targets that were last seen before `before`."""
        ...
