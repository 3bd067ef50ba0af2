"""ProviderService over gRPC: decode, call, encode."""

from collections.abc import AsyncIterator
from contextlib import aclosing
from typing import Any

import grpc

from seawall.providers.v1 import provider_pb2 as pb
from seawall.providers.v1.provider_pb2_grpc import ProviderServiceServicer, add_ProviderServiceServicer_to_server
from services.providers.application.call_vendor import CallVendor
from services.providers.application.stream_vendor import StreamVendor
from services.providers.domain.failure import VendorFailure
from services.providers.entrypoints.wire import read_envelope, write_answer, write_failure, write_frames

Context = grpc.aio.ServicerContext[Any, Any]

SERVICE = pb.DESCRIPTOR.services_by_name["ProviderService"].full_name


class ProviderServicer(ProviderServiceServicer):
    """A vendor's failure is an answer; what else fails is left to the edge."""

    def __init__(self, call_vendor: CallVendor, stream_vendor: StreamVendor, *, hop_port: int) -> None:
        self._call_vendor = call_vendor
        self._stream_vendor = stream_vendor
        self._hop_port = hop_port

    def register(self, server: grpc.aio.Server) -> None:
        """Have `server` answer for SERVICE."""
        add_ProviderServiceServicer_to_server(self, server)

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

    async def GetHop(self, request: pb.GetHopRequest, context: Context) -> pb.GetHopResponse:  # noqa: ARG002 - gRPC's form
        """See ProviderService."""
        return pb.GetHopResponse(port=self._hop_port)
