"""A snapshot's organizations, projects and keys."""

from datetime import UTC, datetime

from google.protobuf.timestamp_pb2 import Timestamp

from chassis.principal import Principal, Role
from resilience.criticality import Criticality
from seawall.config.v1 import resources_pb2 as pb
from services.gateway.adapters.configuration.prices import ListPrices, read_catalogue, read_prices
from services.gateway.adapters.configuration.routes import RouteReader, usual_capabilities
from services.gateway.adapters.configuration.words import Words
from services.gateway.domain.configuration import Configuration, Key, Organization, Prices, Project

_CRITICALITY = {criticality.label: criticality for criticality in Criticality}


def read(snapshot: pb.Snapshot, words: Words) -> Configuration:
    """The snapshot as a Configuration."""
    catalogue = read_catalogue(snapshot.catalogue)
    return Configuration(
        version=snapshot.version,
        keys={
            record.digest: key
            for organization in snapshot.organizations
            for record in organization.keys
            if (key := _key(record.key, words)) is not None
        },
        organizations={
            _last(organization.organization.name): _organization(organization, words, catalogue)
            for organization in snapshot.organizations
        },
        served_at={
            (_last(organization.organization.name), _last(provider.name)): address
            for organization in snapshot.organizations
            for provider in organization.providers
            if (address := snapshot.providers_addresses.get(provider.vendor))
        },
    )


def _organization(snapshot: pb.OrganizationSnapshot, words: Words, catalogue: ListPrices) -> Organization:
    prices = read_prices(snapshot.prices)
    vendors = {_last(provider.name): provider.vendor for provider in snapshot.providers}
    routes = RouteReader(vendors, words)
    return Organization(
        id=_last(snapshot.organization.name),
        projects={
            (name := _last(project.name)): _project(project, words, prices.get(name, {}))
            for project in snapshot.projects
        },
        providers={name: usual_capabilities(vendor) for name, vendor in vendors.items()},
        models={_last(model.name): routes.route(model.route) for model in snapshot.models},
        prices=prices.get("", {}),
        list_prices={
            name: catalogue[vendors[name]]
            for name in map(_last, snapshot.list_priced_providers)
            if vendors[name] in catalogue
        },
    )


def _project(project: pb.Project, words: Words, prices: Prices) -> Project:
    criticality = words.meaning("criticality", project.criticality, _CRITICALITY.__getitem__)
    return Project(
        frozenset(project.models),
        project.limits.requests_per_minute,
        Criticality.DEFAULT if criticality is None else criticality,
        project.policy_overrides,
        prices,
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


def _time(stamp: Timestamp) -> datetime:
    return stamp.ToDatetime(tzinfo=UTC)


def _last(name: str) -> str:
    return name.rpartition("/")[2]
