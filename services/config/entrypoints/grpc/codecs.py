"""Resources between protobuf and the domain: one pair of functions a noun."""

from collections.abc import Mapping

from chassis.manifest.vendors import at_home
from chassis.principal import Role
from seawall.config.v1 import config_pb2 as api
from seawall.config.v1 import resources_pb2 as pb
from services.config.application.ports import AuditRecord
from services.config.domain.configuration import Configuration
from services.config.domain.faults import at, invalid
from services.config.domain.key import Key
from services.config.domain.model import Model
from services.config.domain.organization import Organization
from services.config.domain.price import Price
from services.config.domain.project import DEFAULT_CRITICALITY, Project
from services.config.domain.provider import Provider
from services.config.entrypoints.grpc.price_codecs import encode_price
from services.config.entrypoints.grpc.provider_codecs import encode_provider
from services.config.entrypoints.grpc.route_codecs import decode_route, encode_route
from services.config.entrypoints.grpc.times import timestamp
from services.config.entrypoints.grpc.unversioned import Unversioned


def encode_organization(organization: Organization) -> pb.Organization:
    """As the API shows it."""
    return pb.Organization(name=organization.name)


def decode_project(message: pb.Project, name: str) -> Project:
    """The project called `name` that `message` describes."""
    return Project(
        name,
        tuple(message.models),
        message.limits.requests_per_minute,
        message.criticality or DEFAULT_CRITICALITY,
        message.policy_overrides,
    )


def encode_project(project: Project) -> pb.Project:
    """As the API shows it."""
    return pb.Project(
        name=project.name,
        models=project.models,
        limits=pb.Limits(requests_per_minute=project.requests_per_minute),
        criticality=project.criticality,
        policy_overrides=project.policy_overrides,
    )


def decode_model(message: pb.Model, name: str) -> Model:
    """The model called `name` that `message` describes. Raises Failure(INVALID_REQUEST)."""
    with at("route"):
        return Model(name, decode_route(message.route))


def encode_model(model: Model) -> pb.Model:
    """As the API shows it."""
    return pb.Model(name=model.name, route=encode_route(model.route))


def decode_role(role: pb.Role.ValueType) -> Role:
    """The role that a new key is to have. Raises Failure(INVALID_REQUEST)."""
    try:
        return Role(role)
    except ValueError as error:
        raise invalid("role", "must be viewer, developer, manager, admin or owner") from error


def encode_key(key: Key) -> pb.Key:
    """As the API shows it."""
    return pb.Key(
        name=key.name,
        role=pb.Role.ValueType(key.role),
        prefix=key.secret.prefix,
        create_time=timestamp(key.create_time),
        expire_time=timestamp(key.expire_time),
        revoke_time=timestamp(key.revoke_time),
    )


def encode_audit_record(record: AuditRecord) -> api.AuditRecord:
    """As the API shows it."""
    return api.AuditRecord(
        time=timestamp(record.time),
        actor=record.actor,
        action=record.action.value,
        resource=record.resource,
        version=record.version,
    )


def encode_snapshot(version: int, configurations: Mapping[str, Configuration], unversioned: Unversioned) -> pb.Snapshot:
    """Everything that is set, by organization id, and what is the same for all of them."""
    return pb.Snapshot(
        version=version,
        organizations=[_encode_share(configurations[organization]) for organization in sorted(configurations)],
        catalogue=unversioned.catalogue.prices,
        catalogue_digest=unversioned.digest,
        providers_addresses=unversioned.providers_addresses,
    )


def _encode_share(configuration: Configuration) -> pb.OrganizationSnapshot:
    (organization,) = configuration.each(Organization)
    return pb.OrganizationSnapshot(
        organization=encode_organization(organization),
        projects=[encode_project(project) for project in configuration.each(Project)],
        keys=[pb.KeyRecord(key=encode_key(key), digest=key.secret.digest) for key in configuration.each(Key)],
        providers=[encode_provider(provider) for provider in configuration.each(Provider)],
        models=[encode_model(model) for model in configuration.each(Model)],
        prices=[encode_price(price) for price in configuration.each(Price)],
        list_priced_providers=[
            provider.name for provider in configuration.each(Provider) if at_home(provider.vendor, provider.base_url)
        ],
    )
