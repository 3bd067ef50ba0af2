"""Standard Webhooks: a signed body that programs read."""

from datetime import datetime

from msgspec import json
from standardwebhooks import Webhook

from services.alerts.adapters.formats.message import Message
from services.alerts.domain.delivery import Delivery


def webhook(delivery: Delivery, secret: str, now: datetime) -> Message:
    """`delivery` as it is posted at `now`; every try has the same body and id, and its own timestamp and signature."""
    said = delivery.body
    body = json.encode({"type": delivery.event_type, "timestamp": said.changed_at, "data": said})
    return Message(
        headers={
            "content-type": "application/json",
            "webhook-id": delivery.id,
            "webhook-timestamp": str(int(now.timestamp())),
            "webhook-signature": Webhook(secret).sign(delivery.id, now, body.decode()),
        },
        body=body,
    )
