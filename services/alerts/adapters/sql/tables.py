"""The tables; a row is made `of` what it holds and gives it back."""

from datetime import datetime
from typing import Self

import sqlalchemy as sa
from msgspec import json
from sqlalchemy.orm import registry
from sqlmodel import Field, SQLModel

from chassis.storage.columns import UtcDateTime
from events.alerts import AlertChanged, AlertState, Severity
from services.alerts.domain.alert import Alert, Kind
from services.alerts.domain.delivery import Delivery, DeliveryState
from services.alerts.domain.receiver import Format, Origin, Receiver, ReceiverSettings

ID = sa.String().with_variant(sa.String(collation="C"), "postgresql")
"""Ids sort by their bytes, as SQLite and the page tokens have it, whatever the database's language."""

UNRESOLVED = sa.text("resolved_at IS NULL")
RESOLVED = sa.text("resolved_at IS NOT NULL")
WAITING = sa.text("state = 'waiting'")
FINISHED = sa.text("state <> 'waiting'")


class Base(SQLModel, registry=registry()):
    """Tables of this service only; the other services' are no business of its metadata."""


class AlertRow(Base, table=True):
    """See Alert. The unique index is what holds "at most one unresolved", whatever the code does."""

    __tablename__ = "alerts"
    __table_args__ = (
        sa.Index(
            "ux_alerts_unresolved",
            "organization",
            "subject",
            "kind",
            unique=True,
            sqlite_where=UNRESOLVED,
            postgresql_where=UNRESOLVED,
        ),
        sa.Index("ix_alerts_resolved", "resolved_at", sqlite_where=RESOLVED, postgresql_where=RESOLVED),
        sa.Index("ix_alerts_page", "organization", "opened_at", "id"),
    )

    id: str = Field(primary_key=True, sa_type=ID)
    organization: str
    kind: str
    subject: str
    severity: str
    summary: str
    state: str
    opened_at: datetime = Field(sa_type=UtcDateTime)
    acknowledged_at: datetime | None = Field(sa_type=UtcDateTime)
    resolved_at: datetime | None = Field(sa_type=UtcDateTime)
    actor: str

    @classmethod
    def of(cls, alert: Alert) -> Self:
        """The row of `alert`."""
        return cls(
            id=alert.id,
            organization=alert.organization,
            kind=alert.kind.value,
            subject=alert.subject,
            severity=alert.severity.value,
            summary=alert.summary,
            state=alert.state.value,
            opened_at=alert.opened_at,
            acknowledged_at=alert.acknowledged_at,
            resolved_at=alert.resolved_at,
            actor=alert.actor,
        )

    def alert(self) -> Alert:
        """The alert that the row was made of."""
        return Alert(
            id=self.id,
            organization=self.organization,
            kind=Kind(self.kind),
            subject=self.subject,
            severity=Severity(self.severity),
            summary=self.summary,
            state=AlertState(self.state),
            opened_at=self.opened_at,
            acknowledged_at=self.acknowledged_at,
            resolved_at=self.resolved_at,
            actor=self.actor,
        )


class AppliedRow(Base, table=True):
    """The `since` of the observation that was applied last to a subject; table and column are named for verdicts."""

    __tablename__ = "applied_verdicts"

    organization: str = Field(primary_key=True)
    target: str = Field(primary_key=True)
    since: datetime = Field(sa_type=UtcDateTime)


class ReceiverRow(Base, table=True):
    """See Receiver. `url` and `secret` are as the operator wrote them: references stay references."""

    __tablename__ = "receivers"

    organization: str = Field(primary_key=True)
    id: str = Field(primary_key=True, sa_type=ID)
    format: str
    url: str
    secret: str
    origin: str
    created_at: datetime = Field(sa_type=UtcDateTime)
    disabled: bool
    failing_since: datetime | None = Field(sa_type=UtcDateTime)

    @classmethod
    def of(cls, receiver: Receiver) -> Self:
        """The row of `receiver`."""
        return cls(
            organization=receiver.organization,
            id=receiver.id,
            format=receiver.settings.format.value,
            url=receiver.settings.url,
            secret=receiver.settings.secret,
            origin=receiver.origin.value,
            created_at=receiver.created_at,
            disabled=receiver.disabled,
            failing_since=receiver.failing_since,
        )

    def receiver(self) -> Receiver:
        """The receiver that the row was made of."""
        return Receiver(
            organization=self.organization,
            id=self.id,
            settings=ReceiverSettings(Format(self.format), self.url, self.secret),
            origin=Origin(self.origin),
            created_at=self.created_at,
            disabled=self.disabled,
            failing_since=self.failing_since,
        )


class DeliveryRow(Base, table=True):
    """See Delivery. `claimed_until`: until then one replica is sending it; past then anybody may."""

    __tablename__ = "deliveries"
    __table_args__ = (
        sa.Index("ix_deliveries_due", "next_try_at", sqlite_where=WAITING, postgresql_where=WAITING),
        sa.Index("ix_deliveries_finished", "created_at", sqlite_where=FINISHED, postgresql_where=FINISHED),
        sa.Index("ix_deliveries_page", "organization", "created_at", "id"),
        sa.Index("ix_deliveries_receiver", "organization", "receiver", "created_at", "id"),
    )

    id: str = Field(primary_key=True, sa_type=ID)
    organization: str
    receiver: str = Field(sa_type=ID)
    event_type: str
    body: str
    created_at: datetime = Field(sa_type=UtcDateTime)
    state: str
    tries: int
    next_try_at: datetime | None = Field(sa_type=UtcDateTime)
    last_status: int
    last_error: str
    traceparent: str
    claimed_until: datetime | None = Field(default=None, sa_type=UtcDateTime)

    @classmethod
    def of(cls, delivery: Delivery, *, traceparent: str) -> Self:
        """The row of `delivery`, unclaimed."""
        return cls(
            id=delivery.id,
            organization=delivery.organization,
            receiver=delivery.receiver,
            event_type=delivery.event_type,
            body=json.encode(delivery.body).decode(),
            created_at=delivery.created_at,
            state=delivery.state.value,
            tries=delivery.tries,
            next_try_at=delivery.next_try_at,
            last_status=delivery.last_status,
            last_error=delivery.last_error,
            traceparent=traceparent,
        )

    def delivery(self) -> Delivery:
        """The delivery that the row was made of."""
        return Delivery(
            id=self.id,
            organization=self.organization,
            receiver=self.receiver,
            event_type=self.event_type,
            body=json.decode(self.body, type=AlertChanged),
            created_at=self.created_at,
            state=DeliveryState(self.state),
            tries=self.tries,
            next_try_at=self.next_try_at,
            last_status=self.last_status,
            last_error=self.last_error,
            traceparent=self.traceparent,
        )


TABLES = (AlertRow, AppliedRow, ReceiverRow, DeliveryRow)
"""All of them, without the chassis' inbox and outbox."""
