"""What must change so that the receivers made by manifests are those of a manifest."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime

from services.alerts.domain.receiver import Origin, Receiver, ReceiverSettings


@dataclass(frozen=True)
class Plan:
    """Receivers to write and to remove; each list by id."""

    create: tuple[Receiver, ...] = ()
    update: tuple[Receiver, ...] = ()
    delete: tuple[Receiver, ...] = ()


def plan(
    organization: str, existing: Collection[Receiver], wanted: Mapping[str, ReceiverSettings], now: datetime
) -> Plan:
    """From `existing` to `wanted`, which maps receiver ids to settings.

    A receiver that an RPC made is not deleted; one of the same id as a wanted one becomes the manifest's. A receiver
    that is as wanted is left alone, also where it is disabled: applying the same manifest again changes nothing.
    """
    by_id = {receiver.id: receiver for receiver in existing}
    create, update = [], []
    for receiver_id, settings in sorted(wanted.items()):
        receiver = by_id.get(receiver_id)
        if receiver is None:
            create.append(Receiver(organization, receiver_id, settings, Origin.MANIFEST, now))
        elif receiver.settings != settings or receiver.origin is not Origin.MANIFEST:
            update.append(receiver.replaced(settings, Origin.MANIFEST))
    delete = [
        receiver
        for receiver in sorted(existing, key=lambda one: one.id)
        if receiver.origin is Origin.MANIFEST and receiver.id not in wanted
    ]
    return Plan(tuple(create), tuple(update), tuple(delete))
