"""The tables: one for each kind of resource, one for the audit trail, and one row for the version.

A resource's row is made `of` the resource and gives it back; the rest of this package treats all kinds alike.
"""

from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any, Protocol, Self

import sqlalchemy as sa
from sqlalchemy.orm import registry
from sqlmodel import Field, SQLModel

from chassis.principal import Role
from chassis.storage.columns import BIG_ID, UtcDateTime
from services.config.adapters.sql.routes import rest_of, with_rest
from services.config.adapters.sql.tariffs import rest_of_tariff, tariff_with_rest
from services.config.domain.connection import Connection, Header
from services.config.domain.key import Key, Origin, Secret
from services.config.domain.model import Model
from services.config.domain.names import organization_of
from services.config.domain.organization import Organization
from services.config.domain.policy import Policy
from services.config.domain.price import Price
from services.config.domain.project import Project
from services.config.domain.provider import Provider, WeightedKey
from services.config.domain.resource import Resource
from services.config.domain.route import Route
from services.config.domain.target import Target
from services.config.domain.tariff import Rates, Tariff, write_amount

NAME = sa.String().with_variant(sa.String(collation="C"), "postgresql")
"""Names sort by their bytes, as SQLite and the page tokens have it, whatever the database's language."""


class Base(SQLModel, registry=registry()):
    """Tables of this service only; the other services' are no business of its metadata."""


class ResourceRow(Protocol):
    """A row of a kind of resource."""

    name: str
    organization: str

    @classmethod
    def of(cls, resource: Any) -> Self:
        """The row of a resource of its kind."""
        ...

    def resource(self) -> Resource:
        """The resource that the row was made of."""
        ...


class _Named(Base):
    name: str = Field(primary_key=True, sa_type=NAME)
    organization: str = Field(index=True)

    @staticmethod
    def names(resource: Resource) -> dict[str, str]:
        """What every row begins with; `owner` where its kind has one."""
        names = {"name": resource.name, "organization": organization_of(resource.name)}
        return names if resource.owner is None else names | {"owner": resource.owner}


def _owner(table: str) -> Any:
    """The column that names the owner, a row of `table`. Checked at the transaction's end, whatever its order."""
    return Field(
        sa_column=sa.Column(
            NAME,
            sa.ForeignKey(f"{table}.name", deferrable=True, initially="DEFERRED"),
            nullable=False,
            index=True,
        )
    )


def _later_text() -> Any:
    """A text that an early version did not have.

    The database, too, has its default: during an upgrade a replica without the column may still enter rows.
    """
    return Field(default="", sa_column_kwargs={"server_default": ""})


class OrganizationRow(_Named, table=True):
    """See Organization."""

    __tablename__ = "organizations"

    @classmethod
    def of(cls, resource: Organization) -> Self:
        """See ResourceRow."""
        return cls(**cls.names(resource))

    def resource(self) -> Organization:
        """See ResourceRow."""
        return Organization(self.name)


class ProviderRow(_Named, table=True):
    """See Provider. `key_weights` are as many as `keys`, or None where all weigh 1; `headers` are names and values."""

    __tablename__ = "providers"

    owner: str = _owner("organizations")
    vendor: str
    base_url: str
    keys: list[str] = Field(sa_type=sa.JSON)
    key_weights: list[int] | None = Field(sa_type=sa.JSON)
    region: str = _later_text()
    cloud_project: str = _later_text()
    api_version: str = _later_text()
    sdk_vendor: str = _later_text()
    proxy: str = _later_text()
    ca: str = _later_text()
    headers: list[list[str]] | None = Field(sa_type=sa.JSON)

    @classmethod
    def of(cls, resource: Provider) -> Self:
        """See ResourceRow."""
        connection = resource.connection
        return cls(
            **cls.names(resource),
            vendor=resource.vendor,
            base_url=resource.base_url,
            keys=[key.reference for key in resource.keys],
            key_weights=list(resource.key_weights) or None,
            region=resource.region,
            cloud_project=resource.cloud_project,
            api_version=resource.api_version,
            sdk_vendor=resource.sdk_vendor,
            proxy=connection.proxy,
            ca=connection.ca,
            headers=[[header.name, header.value] for header in connection.headers] or None,
        )

    def resource(self) -> Provider:
        """See ResourceRow."""
        weights = self.key_weights or [1] * len(self.keys)
        headers = tuple(Header(name, value) for name, value in self.headers or ())
        return Provider(
            self.name,
            self.vendor,
            self.base_url,
            tuple(map(WeightedKey, self.keys, weights)),
            region=self.region,
            cloud_project=self.cloud_project,
            api_version=self.api_version,
            sdk_vendor=self.sdk_vendor,
            connection=Connection(self.proxy, self.ca, headers),
        )


class ModelRow(_Named, table=True):
    """See Model. `targets` are pairs of provider id and upstream model; the `rest` is what has no column of its own."""

    __tablename__ = "models"

    owner: str = _owner("organizations")
    strategy: str
    targets: list[list[str]] = Field(sa_type=sa.JSON)
    timeout: timedelta | None
    first_token_timeout: timedelta | None
    retries: int | None
    rest: dict[str, Any] | None = Field(sa_type=sa.JSON)

    @classmethod
    def of(cls, resource: Model) -> Self:
        """See ResourceRow."""
        route = resource.route
        return cls(
            **cls.names(resource),
            strategy=route.strategy,
            targets=[[target.provider, target.model] for target in route.targets],
            timeout=route.policy.timeout,
            first_token_timeout=route.policy.first_token_timeout,
            retries=route.policy.retries,
            rest=rest_of(route),
        )

    def resource(self) -> Model:
        """See ResourceRow."""
        targets = tuple(Target(provider, model) for provider, model in self.targets)
        policy = Policy(self.timeout, self.first_token_timeout, retries=self.retries)
        return Model(self.name, with_rest(Route(targets, self.strategy, policy), self.rest))


class ProjectRow(_Named, table=True):
    """See Project."""

    __tablename__ = "projects"

    owner: str = _owner("organizations")
    models: list[str] = Field(sa_type=sa.JSON)
    requests_per_minute: int
    criticality: str
    policy_overrides: bool

    @classmethod
    def of(cls, resource: Project) -> Self:
        """See ResourceRow."""
        return cls(
            **cls.names(resource),
            models=list(resource.models),
            requests_per_minute=resource.requests_per_minute,
            criticality=resource.criticality,
            policy_overrides=resource.policy_overrides,
        )

    def resource(self) -> Project:
        """See ResourceRow."""
        return Project(self.name, tuple(self.models), self.requests_per_minute, self.criticality, self.policy_overrides)


class KeyRow(_Named, table=True):
    """See Key. `digest` is unique over all organizations: gateways find the key by it."""

    __tablename__ = "keys"

    owner: str = _owner("projects")
    role: int
    prefix: str
    digest: bytes = Field(unique=True)
    origin: str
    create_time: datetime = Field(sa_type=UtcDateTime)
    expire_time: datetime | None = Field(sa_type=UtcDateTime)
    revoke_time: datetime | None = Field(sa_type=UtcDateTime)

    @classmethod
    def of(cls, resource: Key) -> Self:
        """See ResourceRow."""
        return cls(
            **cls.names(resource),
            role=int(resource.role),
            prefix=resource.secret.prefix,
            digest=resource.secret.digest,
            origin=resource.origin.value,
            create_time=resource.create_time,
            expire_time=resource.expire_time,
            revoke_time=resource.revoke_time,
        )

    def resource(self) -> Key:
        """See ResourceRow."""
        return Key(
            self.name,
            Role(self.role),
            Secret(self.prefix, self.digest),
            Origin(self.origin),
            self.create_time,
            self.expire_time,
            self.revoke_time,
        )


class PriceRow(_Named, table=True):
    """See Price. Amounts are text, so that they stay exact; `model` is the upstream one.

    The `rest` is what of the tariff has no column of its own.
    """

    __tablename__ = "prices"

    owner: str = _owner("providers")
    project: str = _later_text()
    model: str
    input: str
    output: str
    cached_input: str | None
    effective_time: datetime = Field(sa_type=UtcDateTime)
    rest: dict[str, Any] | None = Field(sa_type=sa.JSON)

    @classmethod
    def of(cls, resource: Price) -> Self:
        """See ResourceRow."""
        rates = resource.tariff.rates
        return cls(
            **cls.names(resource),
            project=resource.project,
            model=resource.target.model,
            input=write_amount(rates.input),
            output=write_amount(rates.output),
            cached_input=None if rates.cached_input is None else write_amount(rates.cached_input),
            effective_time=resource.effective_time,
            rest=rest_of_tariff(resource.tariff),
        )

    def resource(self) -> Price:
        """See ResourceRow."""
        cached_input = None if self.cached_input is None else Decimal(self.cached_input)
        rates = Rates(Decimal(self.input), Decimal(self.output), cached_input)
        return Price(
            self.organization,
            Target(self.owner.rpartition("/")[2], self.model),
            tariff_with_rest(Tariff(rates), self.rest),
            self.effective_time,
            self.project,
        )


ROWS: dict[type[Resource], type[ResourceRow]] = {
    Organization: OrganizationRow,
    Provider: ProviderRow,
    Model: ModelRow,
    Project: ProjectRow,
    Key: KeyRow,
    Price: PriceRow,
}
"""The table of each kind."""


class AuditRow(Base, table=True):
    """See AuditRecord."""

    __tablename__ = "audit"

    number: int | None = Field(default=None, primary_key=True, sa_type=BIG_ID)
    organization: str = Field(index=True)
    time: datetime = Field(sa_type=UtcDateTime)
    actor: str
    action: str
    resource: str
    version: int = Field(sa_type=sa.BigInteger)


class StateRow(Base, table=True):
    """The one row that says which version is in force; whoever changes anything holds its lock."""

    __tablename__ = "state"

    id: int = Field(primary_key=True)
    version: int = Field(sa_type=sa.BigInteger)


TABLES = (OrganizationRow, ProviderRow, ModelRow, ProjectRow, KeyRow, PriceRow, AuditRow, StateRow)
"""All of them, without the chassis' outbox."""
