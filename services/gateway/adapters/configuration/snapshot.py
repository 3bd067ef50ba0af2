"""A snapshot's organizations, projects, keys and prices."""

from datetime import UTC, datetime
from decimal import Decimal

from google.protobuf.timestamp_pb2 import Timestamp

from chassis.principal import Principal, Role
from resilience.criticality import Criticality
from seawall.config.v1 import resources_pb2 as pb
from services.gateway.adapters.configuration.routes import RouteReader, usual_capabilities
from services.gateway.adapters.configuration.words import Words
from services.gateway.domain.configuration import Configuration, DatedPrice, Key, Organization, Project
from services.gateway.domain.route import Target
from services.gateway.domain.usage import Price

PICOS_A_TOKEN = 1_000_000
"""Picodollars per token for each dollar per million tokens."""

_CRITICALITY = {criticality.label: criticality for criticality in Criticality}


def read(snapshot: pb.Snapshot, words: Words) -> Configuration:
    """The snapshot as a Configuration."""
    return Configuration(
        version=snapshot.version,
        keys={
            record.digest: key
            for organization in snapshot.organizations
            for record in organization.keys
            if (key := _key(record.key, words)) is not None
        },
        organizations={
            _last(organization.organization.name): _organization(organization, words)
            for organization in snapshot.organizations
        },
    )


def _organization(snapshot: pb.OrganizationSnapshot, words: Words) -> Organization:
    prices: dict[str, list[DatedPrice]] = {}
    for price in snapshot.prices:
        name = Target(price.target.provider, price.target.model).name
        prices.setdefault(name, []).append(DatedPrice(_time(price.effective_time), _price(price)))
    vendors = {_last(provider.name): provider.vendor for provider in snapshot.providers}
    routes = RouteReader(vendors, words)
    return Organization(
        id=_last(snapshot.organization.name),
        projects={_last(project.name): _project(project, words) for project in snapshot.projects},
        providers={name: usual_capabilities(vendor) for name, vendor in vendors.items()},
        models={_last(model.name): routes.route(model.route) for model in snapshot.models},
        prices={
            name: tuple(sorted(dated, key=lambda one: one.effective_at, reverse=True)) for name, dated in prices.items()
        },
    )


def _project(project: pb.Project, words: Words) -> Project:
    criticality = words.meaning("criticality", project.criticality, _CRITICALITY.__getitem__)
    return Project(
        frozenset(project.models),
        project.limits.requests_per_minute,
        Criticality.DEFAULT if criticality is None else criticality,
        project.policy_overrides,
    )


def _key(key: pb.Key, words: Words) -> Key | None:
    """The key; None where this version does not know what its role may do."""
    role = words.meaning("role", int(key.role), Role)
    if role is None:
        return None
    _, organization, _, project, _, name = key.name.split("/")
    return Key(
        Principal(organization, project, name, role),
        expires_at=_time(key.expire_time) if key.HasField("expire_time") else None,
        revoked=key.HasField("revoke_time"),
    )


def _price(price: pb.Price) -> Price:
    return Price(
        input=_picos(price.input),
        output=_picos(price.output),
        cached_input=_picos(price.cached_input or price.input),
    )


def _picos(dollars_per_million: str) -> int:
    return int(Decimal(dollars_per_million) * PICOS_A_TOKEN)


def _time(stamp: Timestamp) -> datetime:
    return stamp.ToDatetime(tzinfo=UTC)


def _last(name: str) -> str:
    return name.rpartition("/")[2]
