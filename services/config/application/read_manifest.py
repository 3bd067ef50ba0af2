"""What a seawall.yaml says of everything but receivers, which alerts reads."""

from collections.abc import Iterator

from pydantic import TypeAdapter

from chassis import keys, manifest
from chassis.secrets import Secrets
from resilience.errors import Failure
from services.config.domain.connection import Connection, Header
from services.config.domain.declaration import Declaration, Declared, DeclaredKey
from services.config.domain.faults import invalid
from services.config.domain.key import Secret
from services.config.domain.model import Model
from services.config.domain.names import KEY, MODEL, ORGANIZATION, PROJECT, PROVIDER
from services.config.domain.organization import Organization
from services.config.domain.price import ALWAYS, Price
from services.config.domain.project import Project
from services.config.domain.provider import Provider, WeightedKey
from services.config.domain.route import Route
from services.config.domain.target import Target
from services.config.domain.tariff import Rates, Tariff, Tier

_ROUTES = TypeAdapter(Route)
"""The manifest's sections of a route have the domain's names."""


class ReadManifest:
    """Reads manifests. The keys' values are fetched through `secrets`, and kept only as digests under `pepper`."""

    def __init__(self, secrets: Secrets, *, pepper: bytes) -> None:
        self._secrets = secrets
        self._pepper = pepper

    def __call__(self, text: str) -> Declaration:
        """What `text` declares. Raises Failure(INVALID_REQUEST), with the path of what is wrong.

        A large text takes seconds: on an event loop, read it in a thread.
        """
        content = manifest.parse(text)
        declaration = Declaration(content.organization, tuple(_resources(content)), tuple(self._keys(content)))
        declaration.check()
        return declaration

    def _keys(self, content: manifest.Manifest) -> Iterator[DeclaredKey]:
        for at_project, project in enumerate(content.projects):
            for at_key, key in enumerate(project.keys):
                path = f"projects[{at_project}].keys[{at_key}]"
                name = KEY.name(content.organization, project.name, key.name)
                yield DeclaredKey(path, name, key.role, self._secret(key.value, f"{path}.value"), key.expires)

    def _secret(self, reference: str, path: str) -> Secret:
        try:
            secret = self._secrets.resolve(reference)
        except Failure as failure:
            raise invalid(path, failure.message) from failure
        if not keys.is_wellformed(secret):
            raise invalid(path, f"what {reference} leads to is no key of Seawall's (sw_..., with its checksum)")
        return Secret(keys.prefix(secret), keys.digest(secret, self._pepper))


def _resources(content: manifest.Manifest) -> Iterator[Declared]:
    organization = content.organization
    yield Declared("organization", Organization(ORGANIZATION.name(organization)))
    for index, provider in enumerate(content.providers):
        yield Declared(f"providers[{index}]", _provider(provider, PROVIDER.name(organization, provider.name)))
    for index, model in enumerate(content.models):
        yield Declared(f"models[{index}]", Model(MODEL.name(organization, model.name), _route(model.route)))
    for index, project in enumerate(content.projects):
        yield Declared(
            f"projects[{index}]",
            Project(
                PROJECT.name(organization, project.name),
                project.models,
                project.limits.requests_per_minute,
                project.criticality,
                project.policy_overrides,
            ),
        )
    for index, price in enumerate(content.prices):
        yield Declared(
            f"prices[{index}]",
            Price(
                organization,
                Target(price.provider, price.model),
                _tariff(price),
                price.effective or ALWAYS,
                price.project or "",
            ),
        )


def _provider(said: manifest.Provider, name: str) -> Provider:
    return Provider(
        name,
        said.vendor,
        said.base_url or "",
        tuple(WeightedKey(key.key, key.weight) for key in said.keys),
        region=said.region or "",
        cloud_project=said.cloud_project or "",
        api_version=said.api_version or "",
        sdk_vendor=said.sdk_vendor or "",
        connection=Connection(said.proxy or "", said.ca or "", tuple(map(Header, said.headers, said.headers.values()))),
    )


def _route(route: manifest.Route) -> Route:
    return _ROUTES.validate_python(route.model_dump())


def _tariff(price: manifest.Price) -> Tariff:
    return Tariff(
        _rates(price),
        price.per_request,
        price.per_image,
        tuple(Tier(tier.above, _rates(tier)) for tier in price.tiers),
    )


def _rates(said: manifest.Rates) -> Rates:
    return Rates(said.input, said.output, said.cached_input, said.cache_write, said.cache_write_1h)
