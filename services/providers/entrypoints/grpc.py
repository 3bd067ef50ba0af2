"""ProviderService over gRPC: decode, call, encode."""

from collections.abc import AsyncIterator
from contextlib import aclosing
from typing import Any

import grpc

from resilience.clock import Clock
from seawall.providers.v1 import provider_pb2 as pb
from seawall.providers.v1.provider_pb2_grpc import ProviderServiceServicer, add_ProviderServiceServicer_to_server
from services.providers.application.call_vendor import CallVendor
from services.providers.application.stream_vendor import StreamVendor
from services.providers.domain.failure import VendorFailure
from services.providers.entrypoints.carry import Carried
from services.providers.entrypoints.wire import read_envelope, write_answer, write_failure, write_frames

Context = grpc.aio.ServicerContext[Any, Any]

SERVICE = pb.DESCRIPTOR.services_by_name["ProviderService"].full_name


class ProviderServicer(ProviderServiceServicer):
    """A vendor's failure is an answer; what else fails is left to the edge.

    Streams that carry calls are asked to end after `max_age` seconds: their callers come over a new connection before
    the server closes the old one on them.
    """

    def __init__(self, call_vendor: CallVendor, stream_vendor: StreamVendor, *, clock: Clock, max_age: float) -> None:
        self._call_vendor = call_vendor
        self._stream_vendor = stream_vendor
        self._clock = clock
        self._max_age = max_age
        self._carried: set[Carried] = set()

    def register(self, server: grpc.aio.Server) -> None:
        """Have `server` answer for SERVICE."""
        add_ProviderServiceServicer_to_server(self, server)

    async def drain(self) -> None:
        """Ask every stream that carries calls to end."""
        for carried in self._carried:
            carried.drain()

    async def Call(self, request: pb.CallRequest, context: Context) -> pb.CallResponse:
        """See ProviderService."""
        response = pb.CallResponse()
        try:
            answer = await self._call_vendor(read_envelope(request.envelope, context.time_remaining()))
        except VendorFailure as failure:
            write_failure(failure, response.failure)
        else:
            write_answer(answer, response.answer)
        return response

    async def StreamCall(self, request: pb.StreamCallRequest, context: Context) -> AsyncIterator[pb.StreamCallResponse]:
        """See ProviderService."""
        stream = self._stream_vendor(read_envelope(request.envelope, context.time_remaining()))
        # While a frame is being written this generator is not running, so it would not see the caller leave.
        context.add_done_callback(stream.cancel)  # type: ignore[arg-type]  # the stubs want a class of their own
        try:
            async with aclosing(stream.batches()) as batches:
                async for frames in batches:
                    response = pb.StreamCallResponse()
                    write_frames(frames, response)
                    yield response
        except VendorFailure as failure:
            response = pb.StreamCallResponse()
            write_failure(failure, response.frames.add().failure)
            yield response

    async def Carry(  # type: ignore[override]  # the stubs do not know handlers that write by their context
        self,
        request_iterator: AsyncIterator[pb.CarryRequest],  # noqa: ARG002 - as above
        context: Context,
    ) -> None:
        """See ProviderService."""
        carried = Carried(self._call_vendor, self._stream_vendor)
        self._carried.add(carried)
        retiring = self._clock.call_later(self._max_age, carried.drain)
        try:
            await carried.serve(context)
        finally:
            retiring.cancel()
            self._carried.discard(carried)
