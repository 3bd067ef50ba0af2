"""Tries a delivery once."""

from resilience.errors import Failure
from services.alerts.application.ports import Channel
from services.alerts.application.reach import Reach
from services.alerts.domain.delivery import Answer, Delivery
from services.alerts.domain.receiver import Receiver


class TryDelivery:
    """One try, which always ends with an answer."""

    def __init__(self, reach: Reach, channel: Channel) -> None:
        self._reach = reach
        self._channel = channel

    async def __call__(self, delivery: Delivery, receiver: Receiver) -> Answer:
        """Send it. What stands in the way on our side (a missing secret) is an answer, too."""
        try:
            endpoint = self._reach.endpoint(receiver.settings)
        except Failure as failure:
            return Answer(error=failure.message)
        return await self._channel.send(endpoint, receiver.settings.format, delivery)
