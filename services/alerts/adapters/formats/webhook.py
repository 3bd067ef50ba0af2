"""Standard Webhooks: a signed body that programs read."""

import json
from datetime import datetime

from standardwebhooks import Webhook

from services.alerts.adapters.formats.message import Message
from services.alerts.domain.delivery import Delivery


def webhook(delivery: Delivery, secret: str, now: datetime) -> Message:
    """`delivery` as it is posted at `now`; every try has the same body and id, and its own timestamp and signature."""
    data = delivery.body.model_dump(mode="json")
    body = json.dumps(
        {"type": delivery.event_type, "timestamp": data["changed_at"], "data": data},
        ensure_ascii=False,
        separators=(",", ":"),
    )
    return Message(
        headers={
            "content-type": "application/json",
            "webhook-id": delivery.id,
            "webhook-timestamp": str(int(now.timestamp())),
            "webhook-signature": Webhook(secret).sign(delivery.id, now, body),
        },
        body=body.encode(),
    )
