"""AlertService: decode, call, encode."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, TypeVar

import grpc
from pydantic import BaseModel

from chassis.grpc.principal import current_principal
from chassis.storage.paging import cursor_of, page_size, page_token
from resilience.errors import Failure, Reason
from seawall.alerts.v1 import alerts_pb2 as pb
from seawall.alerts.v1.alerts_pb2_grpc import AlertServiceServicer, add_AlertServiceServicer_to_server
from services.alerts.application.apply_manifest import ApplyManifest
from services.alerts.application.change_alert import ChangeAlert
from services.alerts.application.manage_receivers import ManageReceivers
from services.alerts.application.ports import Position, Store
from services.alerts.application.reach import Reach
from services.alerts.application.read_manifest import read_manifest
from services.alerts.application.retry_delivery import RetryDelivery
from services.alerts.application.test_receiver import TestReceiver
from services.alerts.domain.receiver import Receiver
from services.alerts.entrypoints.codecs import (
    decode_alert_state,
    decode_delivery_state,
    decode_settings,
    encode_alert,
    encode_delivery,
    encode_receiver,
)
from services.alerts.entrypoints.names import child, child_of, organization_of

SERVICE = pb.DESCRIPTOR.services_by_name["AlertService"].full_name

MAX_PAGE = 1000

Context = grpc.aio.ServicerContext[Any, Any]
T = TypeVar("T")


class _After(BaseModel):
    """The page of receivers that begins after this id."""

    id: str


@dataclass(frozen=True)
class UseCases:
    """What the RPCs call."""

    store: Store
    reach: Reach
    change_alert: ChangeAlert
    manage_receivers: ManageReceivers
    test_receiver: TestReceiver
    apply_manifest: ApplyManifest
    retry_delivery: RetryDelivery


class AlertServicer(AlertServiceServicer):
    """See alerts.proto."""

    def __init__(self, use: UseCases) -> None:
        self._use = use

    def register(self, server: grpc.aio.Server) -> None:
        """Serve on `server`."""
        add_AlertServiceServicer_to_server(self, server)

    async def ListAlerts(self, request: pb.ListAlertsRequest, _context: Context) -> pb.ListAlertsResponse:
        """See alerts.proto."""
        organization = organization_of(request.parent)
        state = decode_alert_state(request.state)
        after = cursor_of(request.page_token, Position)
        size = page_size(request.page_size, most=MAX_PAGE)
        async with self._use.store.snapshot() as work:
            found = await work.alerts.page(organization, state=state, after=after, size=size + 1)
        page, more = _cut(found, size)
        token = page_token(Position(at=page[-1].opened_at, id=page[-1].id)) if more else ""
        return pb.ListAlertsResponse(alerts=[encode_alert(alert) for alert in page], next_page_token=token)

    async def GetAlert(self, request: pb.GetAlertRequest, _context: Context) -> pb.GetAlertResponse:
        """See alerts.proto."""
        async with self._use.store.snapshot() as work:
            alert = await work.alerts.get(*child_of(request.name, "alerts"))
        return pb.GetAlertResponse(alert=encode_alert(alert))

    async def AcknowledgeAlert(
        self, request: pb.AcknowledgeAlertRequest, _context: Context
    ) -> pb.AcknowledgeAlertResponse:
        """See alerts.proto."""
        organization, alert_id = child_of(request.name, "alerts")
        alert = await self._use.change_alert.acknowledge(organization, alert_id, current_principal().name)
        return pb.AcknowledgeAlertResponse(alert=encode_alert(alert))

    async def ResolveAlert(self, request: pb.ResolveAlertRequest, _context: Context) -> pb.ResolveAlertResponse:
        """See alerts.proto."""
        organization, alert_id = child_of(request.name, "alerts")
        alert = await self._use.change_alert.resolve(organization, alert_id, current_principal().name)
        return pb.ResolveAlertResponse(alert=encode_alert(alert))

    async def ListReceivers(self, request: pb.ListReceiversRequest, _context: Context) -> pb.ListReceiversResponse:
        """See alerts.proto."""
        organization = organization_of(request.parent)
        after = cursor_of(request.page_token, _After)
        size = page_size(request.page_size, most=MAX_PAGE)
        async with self._use.store.snapshot() as work:
            found = await work.receivers.page(organization, after=after.id if after else "", size=size + 1)
            page, more = _cut(found, size)
            last = await work.deliveries.last_of(organization, [receiver.id for receiver in page])
        return pb.ListReceiversResponse(
            receivers=[encode_receiver(receiver, last.get(receiver.id)) for receiver in page],
            next_page_token=page_token(_After(id=page[-1].id)) if more else "",
        )

    async def CreateReceiver(self, request: pb.CreateReceiverRequest, _context: Context) -> pb.CreateReceiverResponse:
        """See alerts.proto."""
        organization = organization_of(request.parent)
        settings = decode_settings(request.receiver)
        receiver = await self._use.manage_receivers.create(organization, request.receiver_id, settings)
        return pb.CreateReceiverResponse(receiver=encode_receiver(receiver, None))

    async def UpdateReceiver(self, request: pb.UpdateReceiverRequest, _context: Context) -> pb.UpdateReceiverResponse:
        """See alerts.proto."""
        organization, receiver_id = child_of(request.receiver.name, "receivers")
        settings = decode_settings(request.receiver)
        receiver = await self._use.manage_receivers.update(organization, receiver_id, settings)
        return pb.UpdateReceiverResponse(receiver=await self._with_last_delivery(receiver))

    async def DeleteReceiver(self, request: pb.DeleteReceiverRequest, _context: Context) -> pb.DeleteReceiverResponse:
        """See alerts.proto."""
        await self._use.manage_receivers.delete(*child_of(request.name, "receivers"))
        return pb.DeleteReceiverResponse()

    async def TestReceiver(self, request: pb.TestReceiverRequest, _context: Context) -> pb.TestReceiverResponse:
        """See alerts.proto."""
        delivery = await self._use.test_receiver(*child_of(request.name, "receivers"))
        return pb.TestReceiverResponse(delivery=encode_delivery(delivery))

    async def ApplyManifest(self, request: pb.ApplyManifestRequest, _context: Context) -> pb.ApplyManifestResponse:
        """See alerts.proto."""
        organization = organization_of(request.parent)
        declaration = await asyncio.to_thread(read_manifest, request.manifest, self._use.reach)
        if declaration.organization != organization:
            raise Failure(
                Reason.INVALID_REQUEST,
                f"organization: the manifest is of {declaration.organization!r}, not of {organization!r}",
                detail={"field": "organization"},
            )
        applied = await self._use.apply_manifest(declaration, dry_run=request.dry_run)
        return pb.ApplyManifestResponse(
            created=_names(applied.create), updated=_names(applied.update), deleted=_names(applied.delete)
        )

    async def ListDeliveries(self, request: pb.ListDeliveriesRequest, _context: Context) -> pb.ListDeliveriesResponse:
        """See alerts.proto."""
        organization = organization_of(request.parent)
        state = decode_delivery_state(request.state)
        after = cursor_of(request.page_token, Position)
        size = page_size(request.page_size, most=MAX_PAGE)
        async with self._use.store.snapshot() as work:
            found = await work.deliveries.page(
                organization, receiver=request.receiver, state=state, after=after, size=size + 1
            )
        page, more = _cut(found, size)
        token = page_token(Position(at=page[-1].created_at, id=page[-1].id)) if more else ""
        return pb.ListDeliveriesResponse(
            deliveries=[encode_delivery(delivery) for delivery in page], next_page_token=token
        )

    async def RetryDelivery(self, request: pb.RetryDeliveryRequest, _context: Context) -> pb.RetryDeliveryResponse:
        """See alerts.proto."""
        delivery = await self._use.retry_delivery(*child_of(request.name, "deliveries"))
        return pb.RetryDeliveryResponse(delivery=encode_delivery(delivery))

    async def _with_last_delivery(self, receiver: Receiver) -> pb.Receiver:
        async with self._use.store.snapshot() as work:
            last = await work.deliveries.last_of(receiver.organization, [receiver.id])
        return encode_receiver(receiver, last.get(receiver.id))


def _cut(found: Sequence[T], size: int) -> tuple[Sequence[T], bool]:
    """The page, of which one item more than it holds was asked for, and whether another follows."""
    return found[:size], len(found) > size


def _names(receivers: Sequence[Receiver]) -> list[str]:
    return [child(receiver.organization, "receivers", receiver.id) for receiver in receivers]
