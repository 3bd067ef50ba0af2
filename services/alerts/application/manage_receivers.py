"""Adds, replaces and removes receivers."""

from resilience.clock import Clock
from resilience.errors import Failure, Reason
from services.alerts.application.announce import Announcer
from services.alerts.application.ports import Store, Work
from services.alerts.application.reach import Reach
from services.alerts.domain.alert import Kind
from services.alerts.domain.receiver import Origin, Receiver, ReceiverSettings, check_receiver_id

DELETED = "given up: the receiver was deleted"


class ManageReceivers:
    """What RPCs do to receivers. Settings that cannot work are refused before anything is written."""

    def __init__(self, store: Store, announcer: Announcer, reach: Reach, clock: Clock) -> None:
        self._store = store
        self._announcer = announcer
        self._reach = reach
        self._clock = clock

    async def create(self, organization: str, receiver_id: str, settings: ReceiverSettings) -> Receiver:
        """Add one. Raises Failure(ALREADY_EXISTS, INVALID_REQUEST)."""
        check_receiver_id(receiver_id)
        self._reach.endpoint(settings)
        receiver = Receiver(organization, receiver_id, settings, Origin.RPC, self._clock.now())
        async with self._store.transaction() as work:
            await work.receivers.add(receiver)
        return receiver

    async def update(self, organization: str, receiver_id: str, settings: ReceiverSettings) -> Receiver:
        """Replace one's settings, which also puts it in force again. Raises Failure(NOT_FOUND, INVALID_REQUEST)."""
        self._reach.endpoint(settings)
        async with self._store.transaction() as work:
            receiver = await existing(work, organization, receiver_id)
            updated = receiver.replaced(settings, receiver.origin)
            await self.replace(work, updated)
        return updated

    async def delete(self, organization: str, receiver_id: str) -> None:
        """Remove one. Raises Failure(NOT_FOUND)."""
        async with self._store.transaction() as work:
            await self.remove(work, await existing(work, organization, receiver_id))

    async def replace(self, work: Work, receiver: Receiver) -> None:
        """Write `receiver`, which is in force again."""
        await work.receivers.save(receiver)
        await self._disabled_no_more(work, receiver)

    async def remove(self, work: Work, receiver: Receiver) -> None:
        """Remove `receiver` and give up what waits for it."""
        await work.receivers.delete(receiver)
        await work.deliveries.give_up(receiver.organization, receiver.id, DELETED)
        await self._disabled_no_more(work, receiver)

    async def _disabled_no_more(self, work: Work, receiver: Receiver) -> None:
        now = self._clock.now()
        await self._announcer.resolve(work, receiver.organization, Kind.RECEIVER_DISABLED, receiver.id, now)


async def existing(work: Work, organization: str, receiver_id: str) -> Receiver:
    """The receiver. Raises Failure(NOT_FOUND)."""
    receiver = await work.receivers.find(organization, receiver_id)
    if receiver is None:
        raise Failure(Reason.NOT_FOUND, f"There is no receiver {receiver_id!r}.")
    return receiver
