"""The snapshot that config sends, as the gateway's own values."""

from datetime import UTC, datetime
from decimal import Decimal

from google.protobuf.timestamp_pb2 import Timestamp

from chassis.principal import Principal, Role
from seawall.config.v1 import resources_pb2 as pb
from services.gateway.domain.configuration import Configuration, DatedPrice, Key, Organization, Project
from services.gateway.domain.route import DEFAULT_RETRIES, DEFAULT_TIMEOUT, Policy, Route, Target
from services.gateway.domain.usage import Price

PICOS_A_TOKEN = 1_000_000
"""Picodollars per token for each dollar per million tokens."""


class CurrentConfiguration:
    """Holds the configuration in force; called, it gives it."""

    def __init__(self) -> None:
        self._current = Configuration()

    def __call__(self) -> Configuration:
        """What a request that begins now runs on, to its end."""
        return self._current

    def apply(self, snapshot: pb.Snapshot) -> None:
        """Replace it."""
        self._current = read(snapshot)


def read(snapshot: pb.Snapshot) -> Configuration:
    """The snapshot as a Configuration."""
    return Configuration(
        version=snapshot.version,
        keys={
            record.digest: _key(record.key) for organization in snapshot.organizations for record in organization.keys
        },
        organizations={
            _last(organization.organization.name): _organization(organization)
            for organization in snapshot.organizations
        },
    )


def _organization(snapshot: pb.OrganizationSnapshot) -> Organization:
    prices: dict[str, list[DatedPrice]] = {}
    for price in snapshot.prices:
        name = Target(price.target.provider, price.target.model).name
        prices.setdefault(name, []).append(DatedPrice(_time(price.effective_time), _price(price)))
    return Organization(
        id=_last(snapshot.organization.name),
        projects={
            _last(project.name): Project(frozenset(project.models), project.limits.requests_per_minute)
            for project in snapshot.projects
        },
        providers=frozenset(_last(provider.name) for provider in snapshot.providers),
        models={_last(model.name): _route(model.route) for model in snapshot.models},
        prices={
            name: tuple(sorted(dated, key=lambda one: one.effective_at, reverse=True)) for name, dated in prices.items()
        },
    )


def _route(route: pb.Route) -> Route:
    policy = route.policy
    return Route(
        tuple(Target(target.provider, target.model) for target in route.targets),
        Policy(
            timeout=policy.timeout.ToTimedelta().total_seconds() if policy.HasField("timeout") else DEFAULT_TIMEOUT,
            first_token_timeout=(
                policy.first_token_timeout.ToTimedelta().total_seconds()
                if policy.HasField("first_token_timeout")
                else None
            ),
            retries=policy.retries if policy.HasField("retries") else DEFAULT_RETRIES,
        ),
    )


def _key(key: pb.Key) -> Key:
    _, organization, _, project, _, name = key.name.split("/")
    return Key(
        Principal(organization, project, name, Role(key.role)),
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
