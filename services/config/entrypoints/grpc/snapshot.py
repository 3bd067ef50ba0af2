"""SnapshotService: what the other services run on."""

import asyncio
from collections.abc import Callable
from typing import Any

import grpc

from resilience.errors import Failure, Reason
from seawall.config.v1 import config_pb2 as api
from seawall.config.v1.config_pb2_grpc import SnapshotServiceServicer, add_SnapshotServiceServicer_to_server
from services.config.application.ports import Store
from services.config.entrypoints.grpc.codecs import encode_snapshot
from services.config.entrypoints.grpc.unversioned import Unversioned

SERVICE = api.DESCRIPTOR.services_by_name["SnapshotService"].full_name

Context = grpc.aio.ServicerContext[Any, Any]


class SnapshotServicer(SnapshotServiceServicer):
    """Builds the snapshot of a version once, however many gateways ask for it, from when `started` says so."""

    def __init__(self, store: Store, unversioned: Unversioned, *, started: Callable[[], bool]) -> None:
        self._store = store
        self._unversioned = unversioned
        self._started = started
        self._newest = api.GetSnapshotResponse()
        self._building = asyncio.Lock()

    def register(self, server: grpc.aio.Server) -> None:
        """Serve this on `server`."""
        add_SnapshotServiceServicer_to_server(self, server)

    async def GetSnapshot(self, request: api.GetSnapshotRequest, _context: Context) -> api.GetSnapshotResponse:
        """See the proto file."""
        if not self._started():
            # The tables are there before what is declared is in them: gateways would refuse every key, and keep that.
            raise Failure(Reason.UNAVAILABLE, "What is declared is not applied yet.", retryable=True)
        version = await self._store.version()
        known = request.known_catalogue if request.HasField("known_catalogue") else self._unversioned.digest
        if (version, self._unversioned.digest) == (request.known_version, known):
            return api.GetSnapshotResponse()
        async with self._building:
            if self._newest.snapshot.version != version:
                everything = await self._store.everything()
                self._newest = api.GetSnapshotResponse(snapshot=encode_snapshot(*everything, self._unversioned))
            return self._newest
