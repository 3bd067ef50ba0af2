"""EmbeddingService: decode, call, encode."""

from contextlib import aclosing

import grpc

from seawall.gateway.v1 import embedding_pb2 as pb
from seawall.gateway.v1 import embedding_pb2_grpc
from services.gateway.application.answer_once import AnswerOnce
from services.gateway.domain.dialects.openai_embeddings import OPENAI_EMBEDDINGS
from services.gateway.entrypoints.exchange import Exchanges
from services.gateway.entrypoints.rpc import Caller, Context, Made, Once, caller_of
from services.gateway.entrypoints.typed_embeddings import to_body, to_response

SERVICE = pb.DESCRIPTOR.services_by_name["EmbeddingService"].full_name


class EmbeddingServicer(embedding_pb2_grpc.EmbeddingServiceServicer):
    """See embedding.proto."""

    def __init__(self, exchanges: Exchanges, once: AnswerOnce) -> None:
        self._exchanges = exchanges
        self._once = Once(once)

    def register(self, server: grpc.aio.Server) -> None:
        """Serve on `server`."""
        embedding_pb2_grpc.add_EmbeddingServiceServicer_to_server(self, server)

    async def Embed(self, request: pb.EmbedRequest, context: Context) -> pb.EmbedResponse:
        """Give the vectors. Raises Failure."""
        caller = caller_of(request.options, context)
        asked = pb.EmbedRequest()
        asked.CopyFrom(request)
        asked.ClearField("options")
        answer = self._once(
            caller,
            context,
            lambda: self._embed(asked, caller),
            path=f"/{SERVICE}/Embed",
            asked=asked,
            kind=pb.EmbedResponse,
        )
        async with aclosing(answer) as messages:
            return await anext(messages)

    async def _embed(self, asked: pb.EmbedRequest, caller: Caller) -> Made[pb.EmbedResponse]:
        async with self._exchanges.open(
            secret=caller.secret,
            body=to_body(asked),
            stream=False,
            options=caller.options,
            traceparent=caller.traceparent,
            dialect=OPENAI_EMBEDDINGS,
        ) as opened:
            answer = (await opened.answer()).first
            yield to_response(answer.data, answer.usage, opened.exchange), True
