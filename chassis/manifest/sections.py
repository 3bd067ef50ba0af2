"""The sections of `seawall.yaml`: what each field may hold."""

from typing import Annotated

from pydantic import AfterValidator, Field

from chassis.manifest import bounds
from chassis.manifest.fields import (
    Dollars,
    Flag,
    KeyRole,
    Moment,
    Name,
    Reference,
    Section,
    Text,
    Url,
    UrlOrReference,
)
from chassis.manifest.routes import Route
from chassis.principal import Role
from resilience.criticality import Criticality


class Provider(Section):
    """An account or endpoint at a vendor."""

    name: Name
    vendor: Annotated[str, AfterValidator(bounds.VENDORS.check)]
    base_url: Url | None = None
    keys: tuple[Reference, ...] = ()


class Model(Section):
    """A name that callers ask for."""

    name: Name
    route: Route


class Rates(Section):
    """What tokens cost, per million."""

    input: Dollars
    output: Dollars
    cached_input: Dollars | None = None
    """As `input` where absent."""
    cache_write: Dollars | None = None
    """As `input` where absent."""
    cache_write_1h: Dollars | None = None
    """As `cache_write` where absent."""


class PriceTier(Rates):
    """What all tokens of a request cost whose input is longer than `above` tokens."""

    above: Annotated[int, Field(strict=True, ge=1, le=10**9)]


class Price(Rates):
    """What a target costs, from `effective` on."""

    provider: Name
    model: Text
    per_request: Dollars | None = None
    """Dollars for each request; nothing where absent."""
    per_image: Dollars | None = None
    """Dollars for each image of the input, beside its tokens; nothing where absent."""
    tiers: Annotated[tuple[PriceTier, ...], Field(max_length=8)] = ()
    project: Name | None = None
    """That pays this, instead of what all others pay."""
    effective: Moment | None = None


class Limits(Section):
    """What a project may use."""

    requests_per_minute: Annotated[int, Field(strict=True, ge=0, le=2**31 - 1)] = 0
    """No limit where 0."""


class Key(Section):
    """What a caller authenticates with."""

    name: Name
    value: Reference
    role: KeyRole = Role.DEVELOPER
    expires: Moment | None = None


class Project(Section):
    """A group of keys with the same models and limits."""

    name: Name
    models: tuple[Name, ...] = ()
    """Every model where empty."""
    limits: Limits = Limits()
    criticality: Annotated[str, AfterValidator(bounds.CRITICALITIES.check)] = Criticality.DEFAULT.label
    """Of requests that say nothing."""
    policy_overrides: Flag = False
    """Whether requests may set parts of the route's policy for themselves."""
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
