"""The sections of `seawall.yaml`: what each field may hold."""

from collections.abc import Mapping
from typing import Annotated

from pydantic import AfterValidator, BeforeValidator, Field

from chassis.manifest import bounds
from chassis.manifest.fields import (
    BareText,
    Count,
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
    reference,
)
from chassis.manifest.routes import Route
from chassis.manifest.travel import check_header_name, check_header_names, check_header_value, check_proxy
from chassis.principal import Role
from resilience.criticality import Criticality


def _weighted(value: object) -> object:
    # Checked here, so that the path is that of the text.
    return {"key": reference(value)} if isinstance(value, str) else value


def _headers(headers: Mapping[str, str]) -> Mapping[str, str]:
    check_header_names(headers)
    return headers


class ProviderKey(Section):
    """A vendor's key, and how many calls it gets relative to the provider's others."""

    key: Reference
    weight: Annotated[Count, AfterValidator(bounds.KEY_WEIGHT.check)] = 1


HeaderName = Annotated[str, AfterValidator(check_header_name)]
HeaderValue = Annotated[str, AfterValidator(check_header_value)]


class Provider(Section):
    """An account or endpoint at a vendor, and how calls travel there."""

    name: Name
    vendor: Annotated[str, AfterValidator(bounds.VENDORS.check)]
    base_url: Url | None = None
    region: Annotated[str, AfterValidator(bounds.REGION.check)] | None = None
    cloud_project: Annotated[BareText, AfterValidator(bounds.CLOUD_PROJECT.check)] | None = None
    api_version: Annotated[BareText, AfterValidator(bounds.API_VERSION.check)] | None = None
    sdk_vendor: Annotated[str, AfterValidator(bounds.SDK_VENDOR.check)] | None = None
    keys: tuple[Annotated[ProviderKey, BeforeValidator(_weighted)], ...] = ()
    proxy: Annotated[str, AfterValidator(check_proxy)] | None = None
    """A URL, or a reference to one that holds credentials."""
    ca: Reference | None = None
    """Leads to the PEM of authorities that are trusted beside the system's."""
    headers: Annotated[Mapping[HeaderName, HeaderValue], AfterValidator(_headers)] = Field(default_factory=dict)
    """Sent with every call; each value as it is, or a reference to it."""


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
