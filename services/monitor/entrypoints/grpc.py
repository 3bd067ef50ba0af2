"""MonitorService over gRPC: decode, call, encode."""

from typing import Any

import grpc

from chassis.storage.paging import cursor_of, page_size, page_token
from resilience.clock import Clock
from seawall.monitor.v1 import monitor_pb2 as wire
from seawall.monitor.v1.monitor_pb2_grpc import MonitorServiceServicer, add_MonitorServiceServicer_to_server
from services.monitor.application.query_usage import QueryUsage
from services.monitor.application.read_health import ReadHealth
from services.monitor.application.read_requests import ReadRequests
from services.monitor.domain.explanation import explain
from services.monitor.entrypoints import decode, encode

SERVICE = wire.DESCRIPTOR.services_by_name["MonitorService"].full_name

MOST_ON_PAGE = 1000
REQUESTS_ON_PAGE = 50
TARGETS_ON_PAGE = 100

Context = grpc.aio.ServicerContext[Any, Any]


class MonitorServicer(MonitorServiceServicer):
    """Names arrive checked: they are of the caller's own organization."""

    def __init__(self, usage: QueryUsage, requests: ReadRequests, health: ReadHealth, clock: Clock) -> None:
        self._usage = usage
        self._requests = requests
        self._health = health
        self._clock = clock

    def add_to(self, server: grpc.aio.Server) -> None:
        """Serve on `server`."""
        add_MonitorServiceServicer_to_server(self, server)

    async def QueryUsage(self, request: wire.QueryUsageRequest, _context: Context) -> wire.QueryUsageResponse:
        """See the proto."""
        rows = await self._usage(decode.usage_query(request, self._clock.now()))
        return wire.QueryUsageResponse(rows=[encode.usage_row(row) for row in rows])

    async def ListTargetHealth(
        self, request: wire.ListTargetHealthRequest, _context: Context
    ) -> wire.ListTargetHealthResponse:
        """See the proto."""
        cursor = cursor_of(request.page_token, decode.TargetsCursor)
        targets, following = await self._health.page(
            decode.organization_of(request.parent),
            after=cursor.target if cursor else "",
            size=page_size(request.page_size, default=TARGETS_ON_PAGE, most=MOST_ON_PAGE),
        )
        return wire.ListTargetHealthResponse(
            targets=[encode.target_health(target) for target in targets],
            next_page_token=page_token(decode.TargetsCursor(target=following)) if following else "",
        )

    async def ListRequests(self, request: wire.ListRequestsRequest, _context: Context) -> wire.ListRequestsResponse:
        """See the proto."""
        cursor = cursor_of(request.page_token, decode.RequestsCursor)
        entries, following = await self._requests.page(
            decode.request_filter(request),
            after=cursor.position() if cursor else None,
            size=page_size(request.page_size, default=REQUESTS_ON_PAGE, most=MOST_ON_PAGE),
        )
        return wire.ListRequestsResponse(
            requests=[encode.request(entry) for entry in entries],
            next_page_token=page_token(decode.RequestsCursor.at(following)) if following else "",
        )

    async def GetRequest(self, request: wire.GetRequestRequest, _context: Context) -> wire.GetRequestResponse:
        """See the proto."""
        detail = await self._requests.one(*decode.request_of(request.name))
        return wire.GetRequestResponse(request=encode.whole_request(detail))

    async def ExplainRequest(
        self, request: wire.ExplainRequestRequest, _context: Context
    ) -> wire.ExplainRequestResponse:
        """See the proto."""
        detail = await self._requests.one(*decode.request_of(request.name))
        return wire.ExplainRequestResponse(request=encode.whole_request(detail), sentences=explain(detail))
