"""Configurations that keep every rule, and any two of which a change may lead between."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal

from hypothesis import strategies as st

from chassis.principal import Role
from services.config.domain.configuration import Configuration
from services.config.domain.connection import Connection, Header
from services.config.domain.key import Key, Origin, Secret
from services.config.domain.model import Model
from services.config.domain.names import KEY, MODEL, ORGANIZATION, PROJECT, PROVIDER
from services.config.domain.organization import Organization
from services.config.domain.policy import Policy
from services.config.domain.price import Price
from services.config.domain.project import Project
from services.config.domain.provider import Provider, WeightedKey
from services.config.domain.resource import Resource
from services.config.domain.route import Route
from services.config.domain.target import Target
from services.config.domain.tariff import Rates, Tariff

NOW = datetime(2026, 1, 1, tzinfo=UTC)
IDS = ["a", "b", "c"]

times = st.sampled_from([NOW, NOW + timedelta(hours=1), NOW + timedelta(days=1)])
secrets = st.binary(min_size=32, max_size=32).map(lambda digest: Secret("sw_abcde", digest))


@st.composite
def configurations(draw: st.DrawFn) -> Configuration:
    """An organization's configuration."""
    providers = draw(st.lists(st.sampled_from(IDS), unique=True, min_size=1))
    models = draw(st.lists(st.sampled_from(IDS), unique=True))
    projects = draw(st.lists(st.sampled_from(IDS), unique=True))
    found: list[Resource] = [Organization(ORGANIZATION.name("acme"))]
    for one in providers:
        url = draw(st.sampled_from(["", "http://one/v1"]))
        keys = draw(
            st.lists(st.builds(WeightedKey, st.sampled_from(["env:A", "env:B"]), st.integers(1, 1000)), max_size=1)
        )
        headers = draw(st.lists(st.builds(Header, st.just("x-team"), st.sampled_from(["a", "env:B"])), max_size=1))
        connection = Connection(draw(st.sampled_from(["", "env:PROXY"])), headers=tuple(headers))
        found.append(Provider(PROVIDER.name("acme", one), "openai", url, tuple(keys), connection=connection))
    for one in models:
        targets = draw(st.lists(st.sampled_from(providers), unique=True, min_size=1))
        policy = Policy(retries=draw(st.none() | st.integers(0, 10)))
        route = Route(tuple(Target(provider, "m") for provider in targets), policy=policy)
        found.append(Model(MODEL.name("acme", one), route))
    for one in projects:
        of = tuple(draw(st.lists(st.sampled_from(models), unique=True))) if models else ()
        found.append(Project(PROJECT.name("acme", one), of, draw(st.integers(0, 3))))
        found.extend(
            Key(
                KEY.name("acme", one, key),
                draw(st.sampled_from(Role)),
                draw(secrets),
                draw(st.sampled_from(Origin)),
                create_time=NOW,
                revoke_time=draw(st.none() | times),
            )
            for key in draw(st.lists(st.sampled_from(IDS), unique=True))
        )
    for provider in providers:
        for since in draw(st.lists(times, unique=True)):
            amount = Decimal(draw(st.integers(0, 10**9))).scaleb(-3)
            found.append(Price("acme", Target(provider, "m"), Tariff(Rates(amount, amount)), since))
    return Configuration.of(found)
