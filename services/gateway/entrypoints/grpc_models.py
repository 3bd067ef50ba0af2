"""ModelService: decode, call, encode."""

import grpc

from resilience.errors import Failure, Reason
from seawall.gateway.v1 import model_pb2 as pb
from seawall.gateway.v1 import model_pb2_grpc
from services.gateway.application.list_models import ListModels
from services.gateway.domain.model_pages import page_of
from services.gateway.entrypoints.rpc import Context, secret_of

SERVICE = pb.DESCRIPTOR.services_by_name["ModelService"].full_name


class ModelServicer(model_pb2_grpc.ModelServiceServicer):
    """See model.proto."""

    def __init__(self, models: ListModels) -> None:
        self._models = models

    def register(self, server: grpc.aio.Server) -> None:
        """Serve on `server`."""
        model_pb2_grpc.add_ModelServiceServicer_to_server(self, server)

    async def ListModels(self, request: pb.ListModelsRequest, context: Context) -> pb.ListModelsResponse:
        """A page of models; a page's token is the last name on the one before. Raises Failure."""
        if request.page_size < 0:
            raise Failure(Reason.INVALID_REQUEST, "page_size is negative.", detail={"param": "page_size"})
        names = self._models(secret_of(context))
        page = page_of(names, request.page_size or max(len(names), 1), after=request.page_token)
        return pb.ListModelsResponse(
            models=[pb.Model(id=name) for name in page.models],
            next_page_token=page.models[-1] if page.more else "",
        )

    async def GetModel(self, request: pb.GetModelRequest, context: Context) -> pb.GetModelResponse:
        """One model. Raises Failure."""
        return pb.GetModelResponse(model=pb.Model(id=self._models.one(secret_of(context), request.id)))
