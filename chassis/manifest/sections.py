"""The sections of `seawall.yaml`: what each field may hold."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Annotated, Literal
from urllib.parse import urlsplit

from pydantic import AfterValidator, AwareDatetime, BaseModel, BeforeValidator, ConfigDict, Field

from chassis.durations import duration
from chassis.principal import Role
from chassis.secrets import is_reference

OPENAI_COMPATIBLE = "openai-compatible"
_ROLES = {role.name.lower(): role for role in Role}


def _reference(text: str) -> str:
    if not is_reference(text):
        raise ValueError("is not a reference such as env:NAME; a secret itself is not accepted here")
    return text


def _url(text: str) -> str:
    parts = urlsplit(text)
    if parts.scheme not in {"http", "https"} or not parts.hostname:
        raise ValueError("is not an http or https URL")
    return text


def _url_or_reference(text: str) -> str:
    return text if is_reference(text) else _url(text)


def _role(value: object) -> object:
    if isinstance(value, Role):
        return value
    if not isinstance(value, str) or value not in _ROLES:
        raise ValueError(f"is not a role: {', '.join(_ROLES)}")
    return _ROLES[value]


def _some_time(value: timedelta) -> timedelta:
    if not timedelta() < value <= timedelta(hours=1):
        raise ValueError("is not more than 0s and at most 1h")
    return value


def _utc(value: datetime) -> datetime:
    try:
        return value.astimezone(UTC)
    except OverflowError:
        raise ValueError("is too far away") from None


Name = Annotated[str, Field(pattern=r"^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$")]
"""Lower-case letters, digits and hyphens, at most 63."""
Text = Annotated[str, Field(min_length=1, max_length=256)]
Reference = Annotated[str, AfterValidator(_reference)]
"""Where a secret is, such as `env:NAME`; never the secret."""
Url = Annotated[str, Field(max_length=2048), AfterValidator(_url)]
UrlOrReference = Annotated[str, Field(max_length=2048), AfterValidator(_url_or_reference)]
Duration = Annotated[timedelta, BeforeValidator(duration), AfterValidator(_some_time)]
Moment = Annotated[AwareDatetime, AfterValidator(_utc)]
"""In UTC."""
Dollars = Annotated[Decimal, Field(ge=0, max_digits=18, decimal_places=9, allow_inf_nan=False)]
"""US dollars per million tokens."""


class Section(BaseModel):
    """A part of the manifest. What it does not know it refuses: a misspelt field must not go unnoticed."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class Provider(Section):
    """An account or endpoint at a vendor."""

    name: Name
    vendor: Literal["openai", "openai-compatible"]
    base_url: Url | None = None
    keys: tuple[Reference, ...] = ()


class Target(Section):
    """A provider and one of its models."""

    provider: Name
    model: Text


class Policy(Section):
    """How hard a route tries; the route's defaults where absent."""

    timeout: Duration | None = None
    first_token_timeout: Duration | None = None
    retries: Annotated[int, Field(strict=True, ge=0, le=10)] | None = None


class Route(Section):
    """Where a model's requests go."""

    strategy: Literal["ordered"] = "ordered"
    targets: Annotated[tuple[Target, ...], Field(min_length=1)]
    policy: Policy = Policy()


class Model(Section):
    """A name that callers ask for."""

    name: Name
    route: Route


class Price(Section):
    """What a target's tokens cost, from `effective` on."""

    provider: Name
    model: Text
    input: Dollars
    output: Dollars
    cached_input: Dollars | None = None
    """As `input` where absent."""
    effective: Moment | None = None


class Limits(Section):
    """What a project may use."""

    requests_per_minute: Annotated[int, Field(strict=True, ge=0, le=2**31 - 1)] = 0
    """No limit where 0."""


class Key(Section):
    """What a caller authenticates with."""

    name: Name
    value: Reference
    role: Annotated[Role, BeforeValidator(_role)] = Role.DEVELOPER
    expires: Moment | None = None


class Project(Section):
    """A group of keys with the same models and limits."""

    name: Name
    models: tuple[Name, ...] = ()
    """Every model where empty."""
    limits: Limits = Limits()
    keys: tuple[Key, ...] = ()


class Webhook(Section):
    """A program that is told, in the form of Standard Webhooks."""

    url: UrlOrReference
    secret: Reference


class Slack(Section):
    """A Slack channel that is told; whoever knows the URL can write there."""

    url: UrlOrReference


class Receiver(Section):
    """Who is told of alerts: one of `webhook` and `slack`."""

    name: Name
    webhook: Webhook | None = None
    slack: Slack | None = None


class Manifest(Section):
    """All that an organization has set."""

    organization: Name
    providers: tuple[Provider, ...] = ()
    models: tuple[Model, ...] = ()
    prices: tuple[Price, ...] = ()
    projects: tuple[Project, ...] = ()
    receivers: tuple[Receiver, ...] = ()
