"""What the use cases need from outside."""

from collections.abc import Callable, Collection, Sequence
from contextlib import AbstractAsyncContextManager
from datetime import datetime
from typing import Protocol

from pydantic import AwareDatetime, BaseModel, ConfigDict

from events.alerts import AlertChanged, AlertState
from services.alerts.domain.alert import Alert, Kind
from services.alerts.domain.delivery import Answer, Delivery, DeliveryState
from services.alerts.domain.endpoint import Endpoint
from services.alerts.domain.lanes import Key
from services.alerts.domain.receiver import Format, Receiver

NewId = Callable[[], str]
"""A new id each time."""


class Position(BaseModel):
    """The last item of a page, of a list that is ordered by time and then by id."""

    model_config = ConfigDict(frozen=True)

    at: AwareDatetime
    id: str


class Alerts(Protocol):
    """Alerts. Inside a transaction what is found is locked until its end."""

    async def get(self, organization: str, alert_id: str) -> Alert:
        """One alert. Raises Failure(NOT_FOUND)."""
        ...

    async def unresolved(self, organization: str, subject: str, kinds: Collection[Kind]) -> Sequence[Alert]:
        """The open and acknowledged alerts about `subject`, of these kinds."""
        ...

    async def save(self, alert: Alert) -> None:
        """Insert or replace.

        Raises Failure(UNAVAILABLE, retryable) where another transaction opened one about the same meanwhile.
        """
        ...

    async def page(
        self, organization: str, *, state: AlertState | None, after: Position | None, size: int
    ) -> Sequence[Alert]:
        """Newest first, at most `size`, those that come after `after`."""
        ...


class Observed(Protocol):
    """Which observation was applied last to each subject."""

    async def advance(self, organization: str, subject: str, since: datetime) -> bool:
        """Remember `since`, unless it or a later one is remembered already; whether it is new.

        From here to the transaction's end no other one applies an observation to this subject.
        """
        ...


class Receivers(Protocol):
    """Receivers. Inside a transaction what is found is locked until its end."""

    async def find(self, organization: str, receiver_id: str) -> Receiver | None:
        """One receiver, where it is there."""
        ...

    async def all(self, organization: str) -> Sequence[Receiver]:
        """Every receiver, by id, disabled ones included."""
        ...

    async def page(self, organization: str, *, after: str, size: int) -> Sequence[Receiver]:
        """By id, at most `size`, those whose id comes after `after`."""
        ...

    async def add(self, receiver: Receiver) -> None:
        """Insert. Raises Failure(ALREADY_EXISTS)."""
        ...

    async def save(self, receiver: Receiver) -> None:
        """Replace."""
        ...

    async def delete(self, receiver: Receiver) -> None:
        """Remove."""
        ...


class Deliveries(Protocol):
    """The delivery log, which is also the queue of what is to be sent."""

    async def get(self, organization: str, delivery_id: str) -> Delivery:
        """One delivery, locked until the transaction's end. Raises Failure(NOT_FOUND)."""
        ...

    async def add(self, deliveries: Sequence[Delivery]) -> None:
        """Insert, each with the trace that it is written in."""
        ...

    async def save(self, delivery: Delivery, *, end_claim: bool = False) -> None:
        """Replace. Whoever holds its claim goes on holding it, unless it is ended."""
        ...

    async def give_up(self, organization: str, receiver_id: str, why: str) -> None:
        """Fail what waits for this receiver."""
        ...

    async def due(
        self, now: datetime, *, per_receiver: int, without: Collection[Key], most: int
    ) -> Sequence[tuple[Delivery, Receiver]]:
        """What is to be sent and nobody has claimed, longest due first.

        At most `per_receiver` of each receiver, and none of the receivers in `without` or disabled.
        """
        ...

    async def waiting(self) -> int:
        """How many are to be sent, now or later, of all organizations."""
        ...

    async def claim(self, ids: Collection[str], now: datetime, until: datetime) -> frozenset[str]:
        """Claim, until `until`, those of `ids` that are still due and unclaimed; which ones that were."""
        ...

    async def page(
        self, organization: str, *, receiver: str, state: DeliveryState | None, after: Position | None, size: int
    ) -> Sequence[Delivery]:
        """Newest first, at most `size`, those that come after `after`; of every receiver where `receiver` is empty."""
        ...

    async def last_of(self, organization: str, receivers: Collection[str]) -> dict[str, Delivery]:
        """The newest delivery of each of `receivers` that has one."""
        ...


class Work(Protocol):
    """One transaction."""

    @property
    def alerts(self) -> Alerts: ...  # noqa: D102 - named by its type
    @property
    def observed(self) -> Observed: ...  # noqa: D102
    @property
    def receivers(self) -> Receivers: ...  # noqa: D102
    @property
    def deliveries(self) -> Deliveries: ...  # noqa: D102

    async def first_time(self, source: str, event_id: str, now: datetime) -> bool:
        """Whether this event was not applied before; it is, once the transaction is committed."""
        ...

    def publish(self, change: AlertChanged, now: datetime) -> None:
        """Tell the world, once the transaction is committed."""
        ...


class Store(Protocol):
    """Where the service's state is. Raises Failure(UNAVAILABLE, retryable) where it is away."""

    def transaction(self) -> AbstractAsyncContextManager[Work]:
        """All or nothing; undone where the body raises."""
        ...

    def snapshot(self) -> AbstractAsyncContextManager[Work]:
        """For reading: one state throughout, nothing locked."""
        ...


class Archive(Protocol):
    """What grows old. Raises Failure(UNAVAILABLE, retryable) where it is away."""

    def cleaning(self) -> AbstractAsyncContextManager[bool]:
        """Whether this replica is the one to forget, for as long as the body runs."""
        ...

    async def forget_alerts(self, before: datetime) -> int:
        """Delete a batch, at most, of the alerts that were resolved before `before`; how many went."""
        ...

    async def forget_deliveries(self, before: datetime) -> int:
        """Delete a batch, at most, of the deliveries written before `before` that wait no more; how many went."""
        ...

    async def forget_events(self, before: datetime) -> int:
        """Forget, in batches, which events were applied before `before`; how many went."""
        ...


class Channel(Protocol):
    """Carries a notification to an endpoint."""

    async def send(self, endpoint: Endpoint, kind: Format, delivery: Delivery) -> Answer:
        """Try once, within the channel's deadline. Whatever goes wrong is told by the answer, never raised."""
        ...


class Secrets(Protocol):
    """What references such as `env:NAME` stand for."""

    def resolve(self, reference: str) -> str:
        """The value. Raises Failure where there is none, with a message that names the reference only."""
        ...
