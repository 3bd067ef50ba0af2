"""Alerts, receivers and deliveries as messages, and back."""

from collections.abc import Mapping
from datetime import datetime
from typing import TypeVar

from google.protobuf.timestamp_pb2 import Timestamp

from events.alerts import AlertState
from resilience.errors import Failure, Reason
from seawall.alerts.v1 import alerts_pb2 as pb
from services.alerts.domain.alert import Alert
from services.alerts.domain.delivery import Delivery, DeliveryState
from services.alerts.domain.receiver import Format, Receiver, ReceiverSettings
from services.alerts.entrypoints.names import child

S = TypeVar("S", AlertState, DeliveryState)

_ALERT_STATES: dict[AlertState, "pb.AlertState.ValueType"] = {
    AlertState.OPEN: pb.ALERT_STATE_OPEN,
    AlertState.ACKNOWLEDGED: pb.ALERT_STATE_ACKNOWLEDGED,
    AlertState.RESOLVED: pb.ALERT_STATE_RESOLVED,
}
_DELIVERY_STATES: dict[DeliveryState, "pb.DeliveryState.ValueType"] = {
    DeliveryState.WAITING: pb.DELIVERY_STATE_WAITING,
    DeliveryState.DELIVERED: pb.DELIVERY_STATE_DELIVERED,
    DeliveryState.FAILED: pb.DELIVERY_STATE_FAILED,
}
_FORMATS: dict[Format, "pb.ReceiverFormat.ValueType"] = {
    Format.WEBHOOK: pb.RECEIVER_FORMAT_WEBHOOK,
    Format.SLACK: pb.RECEIVER_FORMAT_SLACK,
}


def encode_alert(alert: Alert) -> pb.Alert:
    """`alert` as a message."""
    return pb.Alert(
        name=child(alert.organization, "alerts", alert.id),
        kind=alert.kind,
        subject=alert.subject,
        severity=alert.severity,
        summary=alert.summary,
        state=_ALERT_STATES[alert.state],
        open_time=_timestamp(alert.opened_at),
        acknowledge_time=_timestamp(alert.acknowledged_at),
        resolve_time=_timestamp(alert.resolved_at),
        actor=alert.actor,
    )


def encode_receiver(receiver: Receiver, last: Delivery | None) -> pb.Receiver:
    """`receiver` as a message; references stay references."""
    return pb.Receiver(
        name=child(receiver.organization, "receivers", receiver.id),
        format=_FORMATS[receiver.settings.format],
        url=receiver.settings.url,
        secret=receiver.settings.secret,
        disabled=receiver.disabled,
        last_delivery=None if last is None else encode_delivery(last),
    )


def encode_delivery(delivery: Delivery) -> pb.Delivery:
    """`delivery` as a message; a test's `alert` is empty."""
    alert = delivery.body.alert_id
    return pb.Delivery(
        name=child(delivery.organization, "deliveries", delivery.id),
        receiver=child(delivery.organization, "receivers", delivery.receiver),
        alert=child(delivery.organization, "alerts", alert) if alert else "",
        event_type=delivery.event_type,
        state=_DELIVERY_STATES[delivery.state],
        tries=delivery.tries,
        create_time=_timestamp(delivery.created_at),
        next_try_time=_timestamp(delivery.next_try_at),
        last_status=delivery.last_status,
        last_error=delivery.last_error,
    )


def decode_settings(message: pb.Receiver) -> ReceiverSettings:
    """What an operator set. Raises Failure(INVALID_REQUEST)."""
    for kind, number in _FORMATS.items():
        if number == message.format:
            return ReceiverSettings(kind, message.url, message.secret)
    raise Failure(Reason.INVALID_REQUEST, "A receiver needs a format.", detail={"field": "format"})


def decode_alert_state(number: int) -> AlertState | None:
    """The state that a list is limited to; None where it is not limited. Raises Failure(INVALID_REQUEST)."""
    return _decode_state(_ALERT_STATES, number)


def decode_delivery_state(number: int) -> DeliveryState | None:
    """As `decode_alert_state`."""
    return _decode_state(_DELIVERY_STATES, number)


def _decode_state(states: Mapping[S, int], number: int) -> S | None:
    if not number:
        return None
    for state, known in states.items():
        if known == number:
            return state
    raise Failure(Reason.INVALID_REQUEST, f"There is no state {number}.", detail={"field": "state"})


def _timestamp(moment: datetime | None) -> Timestamp | None:
    if moment is None:
        return None
    stamp = Timestamp()
    stamp.FromDatetime(moment)
    return stamp
