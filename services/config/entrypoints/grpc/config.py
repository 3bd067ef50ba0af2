"""ConfigService: decode, call, encode."""

import asyncio
from dataclasses import dataclass
from typing import Any

import grpc
from pydantic import BaseModel, Field

from chassis.grpc.principal import current_principal
from chassis.storage.paging import cursor_of, page_size, page_token
from events.config import Action
from resilience.clock import Clock
from seawall.config.v1 import config_pb2 as api
from seawall.config.v1.config_pb2_grpc import ConfigServiceServicer, add_ConfigServiceServicer_to_server
from services.config.application.apply_manifest import ApplyManifest
from services.config.application.change_configuration import Applied, ChangeConfiguration
from services.config.application.create_key import CreateKey
from services.config.application.ports import Store
from services.config.application.read_configuration import ReadConfiguration
from services.config.application.read_manifest import ReadManifest
from services.config.application.revoke_key import RevokeKey
from services.config.domain.faults import at, invalid
from services.config.domain.names import KEY, ORGANIZATION, PROJECT
from services.config.domain.organization import Organization
from services.config.entrypoints.grpc import codecs
from services.config.entrypoints.grpc.noun import MAX_PAGE_SIZE, Methods, actor, child_name, own
from services.config.entrypoints.grpc.nouns import KEYS, MODELS, PRICES, PROJECTS, PROVIDERS
from services.config.entrypoints.grpc.price_codecs import EncodedCatalogue, decode_price, encode_price
from services.config.entrypoints.grpc.times import moment

SERVICE = api.DESCRIPTOR.services_by_name["ConfigService"].full_name

Context = grpc.aio.ServicerContext[Any, Any]


class _Before(BaseModel):
    """A page of audit records begins after, in time before, the one of this number."""

    number: int = Field(ge=0, lt=2**63)


@dataclass(frozen=True)
class UseCases:
    """What the RPCs call."""

    store: Store
    read: ReadConfiguration
    change: ChangeConfiguration
    create_key: CreateKey
    revoke_key: RevokeKey
    read_manifest: ReadManifest
    apply_manifest: ApplyManifest
    clock: Clock


class ConfigServicer(ConfigServiceServicer):
    """See the proto file. Every method asks for a principal and answers about its organization only."""

    def __init__(self, use: UseCases, catalogue: EncodedCatalogue) -> None:
        self._use = use
        self._catalogue = catalogue
        self._methods = Methods(use.read, use.change)

    def register(self, server: grpc.aio.Server) -> None:
        """Serve this on `server`."""
        add_ConfigServiceServicer_to_server(self, server)

    async def GetOrganization(
        self, request: api.GetOrganizationRequest, _context: Context
    ) -> api.GetOrganizationResponse:
        """See the proto file."""
        own(ORGANIZATION, request.name)
        organization = await self._use.read.get(Organization, request.name)
        return api.GetOrganizationResponse(organization=codecs.encode_organization(organization))

    async def ListProjects(self, request: api.ListProjectsRequest, _context: Context) -> api.ListProjectsResponse:
        """See the proto file."""
        page, token = await self._methods.list(PROJECTS, request)
        return api.ListProjectsResponse(projects=page, next_page_token=token)

    async def GetProject(self, request: api.GetProjectRequest, _context: Context) -> api.GetProjectResponse:
        """See the proto file."""
        return api.GetProjectResponse(project=await self._methods.get(PROJECTS, request.name))

    async def CreateProject(self, request: api.CreateProjectRequest, _context: Context) -> api.CreateProjectResponse:
        """See the proto file."""
        project = await self._methods.create(PROJECTS, request.parent, request.project_id, request.project)
        return api.CreateProjectResponse(project=project)

    async def UpdateProject(self, request: api.UpdateProjectRequest, _context: Context) -> api.UpdateProjectResponse:
        """See the proto file."""
        project = await self._methods.update(PROJECTS, request.project.name, request.project)
        return api.UpdateProjectResponse(project=project)

    async def DeleteProject(self, request: api.DeleteProjectRequest, _context: Context) -> api.DeleteProjectResponse:
        """See the proto file."""
        await self._methods.delete(PROJECTS, request.name)
        return api.DeleteProjectResponse()

    async def ListKeys(self, request: api.ListKeysRequest, _context: Context) -> api.ListKeysResponse:
        """See the proto file."""
        page, token = await self._methods.list(KEYS, request)
        return api.ListKeysResponse(keys=page, next_page_token=token)

    async def CreateKey(self, request: api.CreateKeyRequest, _context: Context) -> api.CreateKeyResponse:
        """See the proto file."""
        name = child_name(PROJECT, KEY, request.parent, request.key_id, field="key_id")
        with at("key"):
            role = codecs.decode_role(request.key.role)
            expires = request.key.HasField("expire_time")
            expire_time = moment(request.key.expire_time, field="expire_time") if expires else None
            created = await self._use.create_key(name, role, expire_time, actor=actor())
        return api.CreateKeyResponse(key=codecs.encode_key(created.key), secret=created.secret)

    async def RevokeKey(self, request: api.RevokeKeyRequest, _context: Context) -> api.RevokeKeyResponse:
        """See the proto file."""
        own(KEY, request.name)
        key = await self._use.revoke_key(request.name, actor=actor())
        return api.RevokeKeyResponse(key=codecs.encode_key(key))

    async def ListProviders(self, request: api.ListProvidersRequest, _context: Context) -> api.ListProvidersResponse:
        """See the proto file."""
        page, token = await self._methods.list(PROVIDERS, request)
        return api.ListProvidersResponse(providers=page, next_page_token=token)

    async def GetProvider(self, request: api.GetProviderRequest, _context: Context) -> api.GetProviderResponse:
        """See the proto file."""
        return api.GetProviderResponse(provider=await self._methods.get(PROVIDERS, request.name))

    async def CreateProvider(self, request: api.CreateProviderRequest, _context: Context) -> api.CreateProviderResponse:
        """See the proto file."""
        provider = await self._methods.create(PROVIDERS, request.parent, request.provider_id, request.provider)
        return api.CreateProviderResponse(provider=provider)

    async def UpdateProvider(self, request: api.UpdateProviderRequest, _context: Context) -> api.UpdateProviderResponse:
        """See the proto file."""
        provider = await self._methods.update(PROVIDERS, request.provider.name, request.provider)
        return api.UpdateProviderResponse(provider=provider)

    async def DeleteProvider(self, request: api.DeleteProviderRequest, _context: Context) -> api.DeleteProviderResponse:
        """See the proto file."""
        await self._methods.delete(PROVIDERS, request.name)
        return api.DeleteProviderResponse()

    async def ListModels(self, request: api.ListModelsRequest, _context: Context) -> api.ListModelsResponse:
        """See the proto file."""
        page, token = await self._methods.list(MODELS, request)
        return api.ListModelsResponse(models=page, next_page_token=token)

    async def GetModel(self, request: api.GetModelRequest, _context: Context) -> api.GetModelResponse:
        """See the proto file."""
        return api.GetModelResponse(model=await self._methods.get(MODELS, request.name))

    async def CreateModel(self, request: api.CreateModelRequest, _context: Context) -> api.CreateModelResponse:
        """See the proto file."""
        model = await self._methods.create(MODELS, request.parent, request.model_id, request.model)
        return api.CreateModelResponse(model=model)

    async def UpdateModel(self, request: api.UpdateModelRequest, _context: Context) -> api.UpdateModelResponse:
        """See the proto file."""
        model = await self._methods.update(MODELS, request.model.name, request.model)
        return api.UpdateModelResponse(model=model)

    async def DeleteModel(self, request: api.DeleteModelRequest, _context: Context) -> api.DeleteModelResponse:
        """See the proto file."""
        await self._methods.delete(MODELS, request.name)
        return api.DeleteModelResponse()

    async def ListPrices(self, request: api.ListPricesRequest, _context: Context) -> api.ListPricesResponse:
        """See the proto file."""
        page, token = await self._methods.list(PRICES, request)
        return api.ListPricesResponse(prices=page, next_page_token=token)

    async def SetPrice(self, request: api.SetPriceRequest, _context: Context) -> api.SetPriceResponse:
        """See the proto file."""
        (organization,) = own(ORGANIZATION, request.parent, field="parent")
        with at("price"):
            price = decode_price(request.price, organization, self._use.clock.now())
            await self._use.change(organization, lambda current: current.having(price), actor=actor())
        return api.SetPriceResponse(price=encode_price(price))

    async def ListCataloguePrices(
        self, request: api.ListCataloguePricesRequest, _context: Context
    ) -> api.ListCataloguePricesResponse:
        """See the proto file."""
        current_principal()
        wanted = [price for price in self._catalogue.prices if request.vendor in {"", price.vendor}]
        return api.ListCataloguePricesResponse(prices=wanted)

    async def ApplyManifest(self, request: api.ApplyManifestRequest, _context: Context) -> api.ApplyManifestResponse:
        """See the proto file."""
        (organization,) = own(ORGANIZATION, request.parent, field="parent")
        declaration = await asyncio.to_thread(self._use.read_manifest, request.manifest)
        if declaration.organization != organization:
            raise invalid("organization", "is another one than the call's")
        applied = await self._use.apply_manifest(declaration, actor=actor(), dry_run=request.dry_run)
        return api.ApplyManifestResponse(
            created=_names(applied, Action.CREATE),
            updated=_names(applied, Action.UPDATE),
            deleted=_names(applied, Action.DELETE, Action.REVOKE),
            version=applied.version,
        )

    async def ListAuditRecords(
        self, request: api.ListAuditRecordsRequest, _context: Context
    ) -> api.ListAuditRecordsResponse:
        """See the proto file."""
        (organization,) = own(ORGANIZATION, request.parent, field="parent")
        size = page_size(request.page_size, most=MAX_PAGE_SIZE)
        cursor = cursor_of(request.page_token, _Before)
        before = cursor.number if cursor else None
        found = await self._use.store.audit(organization, before=before, limit=size + 1)
        token = page_token(_Before(number=found[size - 1].number)) if len(found) > size else ""
        records = [codecs.encode_audit_record(record) for record in found[:size]]
        return api.ListAuditRecordsResponse(records=records, next_page_token=token)


def _names(applied: Applied, *actions: Action) -> list[str]:
    return sorted(change.resource for change in applied.changes if change.action in actions)
