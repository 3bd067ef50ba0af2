"""Bad input of every kind, to one service: refused with the field that is wrong, and nothing is changed by any."""

from collections.abc import AsyncIterator

import pytest
from google.protobuf.duration_pb2 import Duration
from google.protobuf.timestamp_pb2 import Timestamp

from chassis import keys
from resilience.errors import Reason
from seawall.config.v1 import config_pb2 as api
from seawall.config.v1 import resources_pb2 as pb
from tests.integration.config.running import MANIFEST, OWN, SHOP, Config, running

NAN, INF = float("nan"), float("inf")
TARGETS = [pb.Target(provider="local", model="m"), pb.Target(provider="openai-main", model="gpt-5")]


def _with_headers(*names: str, value: str = "a") -> pb.Provider:
    return pb.Provider(vendor="openai", headers=[pb.Header(name=name, value=value) for name in names])


@pytest.fixture(name="acme", scope="module")
async def _acme(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Config]:
    file = tmp_path_factory.mktemp("config") / "config.db"
    with pytest.MonkeyPatch.context() as environment:
        environment.setenv("SHOP_KEY", keys.generate())
        async with running(f"sqlite+aiosqlite:///{file}") as config:
            await config.apply()
            version = await config.version()
            yield config
            assert await config.version() == version


@pytest.mark.parametrize(
    ("old", "new", "field"),
    [
        ("organization: acme", "organization: other", "organization"),
        ("organization: acme", "organisation: acme", "organization"),
        ("vendor: openai,", "vendor: nobody,", "providers[0].vendor"),
        ("http://gpu-1:8000/v1", "http://user:secret@gpu-1:8000/v1", "providers[1].base_url"),
        ("http://gpu-1:8000/v1", "http://gpu-1:8000/v1?key=1", "providers[1].base_url"),
        ("vendor: openai, keys: [env:OPENAI_API_KEY]", "vendor: azure, keys: [env:A]", "providers[0].base_url"),
        ("keys: [env:OPENAI_API_KEY]", "keys: [env:A, env:A]", "providers[0].keys[1]"),
        ("keys: [env:OPENAI_API_KEY]", "keys: [{key: env:A, weight: 0}]", "providers[0].keys[0].weight"),
        ("keys: [env:OPENAI_API_KEY]", "headers: {Host: b}", "providers[0].headers.Host"),
        ("model: gpt-5-mini}", "model: gpt 5}", "models[0].route.targets[0].model"),
        ("provider: local", "provider: gone", "models[0].route.targets[1].provider"),
        ("timeout: 60s", "breaker: {off: true, probes: 1}", "models[0].route.policy.breaker.off"),
        ("timeout: 60s", "cache: {stale: 1h}", "models[0].route.policy.cache.stale"),
        ("      policy:", "      balance: {cost: 0}\n      policy:", "models[0].route.balance"),
        ("models: [chat]", "models: [chat, gone]", "projects[0].models[1]"),
        ("models: [chat]", "models: [chat, chat]", "projects[0].models"),
        ("env:SHOP_KEY", "env:NOT_SET_ANYWHERE", "projects[0].keys[0].value"),
        ("env:SHOP_KEY", "env:HOME", "projects[0].keys[0].value"),
        ("env:SHOP_KEY", "env:SEAWALL_KEY_PEPPER", "projects[0].keys[0].value"),
        ("env:SHOP_KEY", "file:/etc/hostname", "projects[0].keys[0].value"),
        (
            "value: env:SHOP_KEY",
            "value: env:SHOP_KEY, expires: 2020-01-01T00:00:00Z",
            "projects[0].keys[0].expire_time",
        ),
        (
            "{name: ci, value: env:SHOP_KEY}",
            "{name: ci, value: env:SHOP_KEY}, {name: cd, value: env:SHOP_KEY}",
            "projects[0].keys[1].value",
        ),
    ],
)
async def test_a_wrong_manifest_is_refused_with_the_path(acme: Config, old: str, new: str, field: str) -> None:
    assert old in MANIFEST
    wrong = api.ApplyManifestRequest(parent=OWN, manifest=MANIFEST.replace(old, new, 1))
    failure = await acme.refused("ApplyManifest", wrong)
    assert (failure.reason, failure.detail.get("field")) == (Reason.INVALID_REQUEST, field)
    assert field in failure.message


@pytest.mark.parametrize("text", ["", "- a", "a: [", "organization: {}", "\x00", "x: &a [*a]"])
async def test_what_is_no_manifest_is_refused(acme: Config, text: str) -> None:
    assert await acme.reason("ApplyManifest", api.ApplyManifestRequest(parent=OWN, manifest=text)) is (
        Reason.INVALID_REQUEST
    )


@pytest.mark.parametrize(
    ("price", "field"),
    [
        (pb.Price(input="1", output="1"), "price.target.provider"),
        (pb.Price(target=pb.Target(provider="gone", model="m"), input="1", output="1"), "price.target.provider"),
        (pb.Price(target=pb.Target(provider="local"), input="1", output="1"), "price.target.model"),
        *(
            (pb.Price(target=pb.Target(provider="local", model="m"), input=amount, output="1"), "price.input")
            for amount in ("", "-1", "1e3", "NaN", "Infinity", "1,5", "0.1234567891", "1234567890", "٣", " 1", "\x00")
        ),
        (pb.Price(target=pb.Target(provider="local", model="m"), input="1"), "price.output"),
        (
            pb.Price(target=pb.Target(provider="local", model="m"), input="1", output="1", cached_input="x"),
            "price.cached_input",
        ),
        (
            pb.Price(
                target=pb.Target(provider="local", model="m"),
                input="1",
                output="1",
                effective_time=Timestamp(seconds=10**15),
            ),
            "price.effective_time",
        ),
    ],
)
async def test_a_wrong_price_is_refused(acme: Config, price: pb.Price, field: str) -> None:
    failure = await acme.refused("SetPrice", api.SetPriceRequest(parent=OWN, price=price))
    assert (failure.reason, failure.detail.get("field")) == (Reason.INVALID_REQUEST, field)


@pytest.mark.parametrize(
    ("provider", "field"),
    [
        (pb.Provider(), "provider.vendor"),
        (pb.Provider(vendor="openai-compatible"), "provider.base_url"),
        (pb.Provider(vendor="openai", base_url="ftp://x"), "provider.base_url"),
        (pb.Provider(vendor="openai", base_url="/v1"), "provider.base_url"),
        (pb.Provider(vendor="openai", base_url="http://[::1"), "provider.base_url"),
        (pb.Provider(vendor="openai", base_url="http://x:99999/"), "provider.base_url"),
        (pb.Provider(vendor="openai", base_url="http://x/\x00"), "provider.base_url"),
        (pb.Provider(vendor="openai", base_url="http://x/" + "a" * 3000), "provider.base_url"),
        (pb.Provider(vendor="openai", keys=["sk-secret"]), "provider.keys[0]"),
        (pb.Provider(vendor="openai", keys=["env:A", "env:A"]), "provider.keys[1]"),
        (pb.Provider(vendor="openai", keys=[f"env:A{n}" for n in range(101)]), "provider.keys"),
        (pb.Provider(vendor="openai", base_url="http://user:sk-secret@x"), "provider.base_url"),
        (pb.Provider(vendor="azure"), "provider.base_url"),
        (pb.Provider(vendor="openai", keys=["env:A", "env:B"], key_weights=[1]), "provider.key_weights"),
        (pb.Provider(vendor="openai", key_weights=[1]), "provider.key_weights"),
        (pb.Provider(vendor="openai", keys=["env:A", "env:B"], key_weights=[1, 0]), "provider.key_weights[1]"),
        (pb.Provider(vendor="openai", keys=["env:A"], key_weights=[1001]), "provider.key_weights[0]"),
        (pb.Provider(vendor="bedrock"), "provider.region"),
        (pb.Provider(vendor="bedrock", region="us-east-1.evil.example/"), "provider.region"),
        (pb.Provider(vendor="bedrock", region="us-east-1\n"), "provider.region"),
        (pb.Provider(vendor="openai", region="us-east-1"), "provider.region"),
        (pb.Provider(vendor="litellm", sdk_vendor="groq", proxy="http://proxy:3128"), "provider.proxy"),
        (pb.Provider(vendor="litellm", sdk_vendor="groq", ca="env:CA"), "provider.ca"),
        (
            pb.Provider(vendor="litellm", sdk_vendor="groq", headers=[pb.Header(name="x-team", value="ml")]),
            "provider.headers",
        ),
        (pb.Provider(vendor="litellm"), "provider.sdk_vendor"),
        (pb.Provider(vendor="litellm", sdk_vendor="openai/groq"), "provider.sdk_vendor"),
        (pb.Provider(vendor="litellm", sdk_vendor="bedrock"), "provider.sdk_vendor"),
        (pb.Provider(vendor="openai", sdk_vendor="openai"), "provider.sdk_vendor"),
        (pb.Provider(vendor="vertex", region="us-east5"), "provider.cloud_project"),
        (pb.Provider(vendor="vertex", region="us-east5", cloud_project="../x"), "provider.cloud_project"),
        (pb.Provider(vendor="bedrock", region="us-east-1", cloud_project="acme-ai"), "provider.cloud_project"),
        (pb.Provider(vendor="azure", base_url="https://x", api_version="v1&x=2"), "provider.api_version"),
        (pb.Provider(vendor="openai", api_version="2024-10-21"), "provider.api_version"),
        (pb.Provider(vendor="openai", proxy="http://user:sk-secret@proxy"), "provider.proxy"),
        (pb.Provider(vendor="openai", proxy="socks5://proxy"), "provider.proxy"),
        (pb.Provider(vendor="openai", ca="-----BEGIN CERTIFICATE-----"), "provider.ca"),
        (_with_headers("Authorization"), "provider.headers[0].name"),
        (_with_headers("x-team", "content-length"), "provider.headers[1].name"),
        (_with_headers("x team"), "provider.headers[0].name"),
        (_with_headers("x-team", "X-TEAM"), "provider.headers"),
        (_with_headers(*(f"x-{n}" for n in range(33))), "provider.headers"),
        (_with_headers("x-team", value="sk-secret\r\nhost: x"), "provider.headers[0].value"),
        (_with_headers("x-team", value=""), "provider.headers[0].value"),
        (_with_headers("x-team", value="s" * 4097), "provider.headers[0].value"),
        (_with_headers("x-team", value="env:sk-secret"), "provider.headers[0].value"),
    ],
)
async def test_a_wrong_provider_is_refused(acme: Config, provider: pb.Provider, field: str) -> None:
    request = api.CreateProviderRequest(parent=OWN, provider_id="x", provider=provider)
    failure = await acme.refused("CreateProvider", request)
    assert (failure.reason, failure.detail.get("field")) == (Reason.INVALID_REQUEST, field)
    assert "sk-secret" not in failure.message


def _target(**fields: object) -> pb.Target:
    return pb.Target(provider="local", model="m", **fields)  # type: ignore[arg-type]


def _route(**policy: object) -> pb.Route:
    return pb.Route(targets=[pb.Target(provider="local", model="m")], policy=pb.Policy(**policy))  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("route", "field"),
    [
        (pb.Route(), "model.route.targets"),
        (pb.Route(strategy="random", targets=TARGETS), "model.route.strategy"),
        (pb.Route(targets=[pb.Target(provider="gone", model="m")]), "model.route.targets[0].provider"),
        (pb.Route(targets=[pb.Target(provider="../x", model="m")]), "model.route.targets[0].provider"),
        (pb.Route(targets=[pb.Target(provider="local", model="a\nb")]), "model.route.targets[0].model"),
        (pb.Route(targets=[pb.Target(provider="local", model="m" * 257)]), "model.route.targets[0].model"),
        (pb.Route(targets=[*TARGETS, *TARGETS]), "model.route.targets[2]"),
        (_route(timeout=Duration()), "model.route.policy.timeout"),
        (_route(timeout=Duration(seconds=-1)), "model.route.policy.timeout"),
        (_route(timeout=Duration(seconds=3601)), "model.route.policy.timeout"),
        (_route(timeout=Duration(seconds=10**14)), "model.route.policy.timeout"),
        (_route(timeout=Duration(seconds=1, nanos=-1)), "model.route.policy.timeout"),
        (_route(first_token_timeout=Duration(nanos=-1)), "model.route.policy.first_token_timeout"),
        (_route(retries=-1), "model.route.policy.retries"),
        (_route(retries=11), "model.route.policy.retries"),
        (_route(idle_timeout=Duration()), "model.route.policy.idle_timeout"),
        (_route(max_attempts=0), "model.route.policy.max_attempts"),
        (_route(max_attempts=21), "model.route.policy.max_attempts"),
        (_route(hedge="on"), "model.route.policy.hedge"),
        (_route(continuation="restart"), "model.route.policy.continuation"),
        (_route(unsupported="keep"), "model.route.policy.unsupported"),
        (_route(breaker=pb.BreakerPolicy(failure_rate=0)), "model.route.policy.breaker.failure_rate"),
        (_route(breaker=pb.BreakerPolicy(failure_rate=NAN)), "model.route.policy.breaker.failure_rate"),
        (_route(breaker=pb.BreakerPolicy(minimum_calls=0)), "model.route.policy.breaker.minimum_calls"),
        (_route(breaker=pb.BreakerPolicy(window=Duration())), "model.route.policy.breaker.window"),
        (_route(breaker=pb.BreakerPolicy(window=Duration(nanos=-1))), "model.route.policy.breaker.window"),
        (_route(breaker=pb.BreakerPolicy(window_calls=-1)), "model.route.policy.breaker.window_calls"),
        (_route(breaker=pb.BreakerPolicy(consecutive_failures=0)), "model.route.policy.breaker.consecutive_failures"),
        (_route(breaker=pb.BreakerPolicy(open=Duration(seconds=3601))), "model.route.policy.breaker.open"),
        (_route(breaker=pb.BreakerPolicy(probes=0)), "model.route.policy.breaker.probes"),
        (_route(breaker=pb.BreakerPolicy(slow_call=Duration(seconds=10**14))), "model.route.policy.breaker.slow_call"),
        (_route(breaker=pb.BreakerPolicy(slow_rate=1.5)), "model.route.policy.breaker.slow_rate"),
        (_route(breaker=pb.BreakerPolicy(off=True, probes=1)), "model.route.policy.breaker.off"),
        (_route(fallbacks=[pb.Fallback(targets=TARGETS)]), "model.route.policy.fallbacks[0].reason"),
        (_route(fallbacks=[pb.Fallback(reason="rate_limited")]), "model.route.policy.fallbacks[0].reason"),
        (_route(fallbacks=[pb.Fallback(reason="vendor_error")]), "model.route.policy.fallbacks[0].targets"),
        (
            _route(fallbacks=[pb.Fallback(reason="vendor_error", targets=[pb.Target(provider="gone", model="m")])]),
            "model.route.policy.fallbacks[0].targets[0].provider",
        ),
        (
            _route(fallbacks=[pb.Fallback(reason="vendor_error", targets=[_target(weight=1)])]),
            "model.route.policy.fallbacks[0].targets[0].weight",
        ),
        (_route(cache=pb.CachePolicy(ttl=Duration())), "model.route.policy.cache.ttl"),
        (_route(cache=pb.CachePolicy(stale=Duration(seconds=1))), "model.route.policy.cache.stale"),
        (_route(cache=pb.CachePolicy(ttl=Duration(seconds=168 * 3600 + 1))), "model.route.policy.cache.ttl"),
        (
            _route(degradation=pb.Degradation(targets=[pb.Target(provider="gone", model="m")])),
            "model.route.policy.degradation.targets[0].provider",
        ),
        (_route(degradation=pb.Degradation(answer="a" * 10_001)), "model.route.policy.degradation.answer"),
        (_route(degradation=pb.Degradation(answer="\0")), "model.route.policy.degradation.answer"),
        (pb.Route(targets=[_target(weight=-1)]), "model.route.targets[0].weight"),
        (pb.Route(targets=[_target(weight=INF)]), "model.route.targets[0].weight"),
        (pb.Route(targets=[_target(weight=0)]), "model.route.targets"),
        (pb.Route(targets=[_target(quality=1.01)]), "model.route.targets[0].quality"),
        (pb.Route(targets=[_target(canary=-0.01)]), "model.route.targets[0].canary"),
        (pb.Route(targets=[_target(shadow=NAN)]), "model.route.targets[0].shadow"),
        (
            pb.Route(targets=[_target(capabilities=pb.Capabilities(context_window=-1))]),
            "model.route.targets[0].capabilities.context_window",
        ),
        (pb.Route(targets=TARGETS, balance=pb.Balance()), "model.route.balance"),
        (pb.Route(targets=TARGETS, balance=pb.Balance(latency=-1)), "model.route.balance.latency"),
        (pb.Route(targets=TARGETS, balance=pb.Balance(cost=NAN)), "model.route.balance.cost"),
        (pb.Route(targets=TARGETS, balance=pb.Balance(quality=1e7)), "model.route.balance.quality"),
    ],
)
async def test_a_wrong_model_is_refused(acme: Config, route: pb.Route, field: str) -> None:
    request = api.CreateModelRequest(parent=OWN, model_id="x", model=pb.Model(route=route))
    failure = await acme.refused("CreateModel", request)
    assert (failure.reason, failure.detail.get("field")) == (Reason.INVALID_REQUEST, field)


@pytest.mark.parametrize(
    ("project", "field"),
    [
        (pb.Project(models=["gone"]), "project.models[0]"),
        (pb.Project(models=["a/b"]), "project.models[0]"),
        (pb.Project(models=["chat", "chat"]), "project.models"),
        (pb.Project(limits=pb.Limits(requests_per_minute=-1)), "project.limits.requests_per_minute"),
        (pb.Project(criticality="vital"), "project.criticality"),
    ],
)
async def test_a_wrong_project_is_refused(acme: Config, project: pb.Project, field: str) -> None:
    request = api.CreateProjectRequest(parent=OWN, project_id="x", project=project)
    failure = await acme.refused("CreateProject", request)
    assert (failure.reason, failure.detail.get("field")) == (Reason.INVALID_REQUEST, field)


@pytest.mark.parametrize("wrong", ["", "-", "-a", "a-", "A", "a" * 64, "a/b", "ä", "a b", "a\n", "a\x00", "a.b"])
async def test_a_wrong_id_is_refused(acme: Config, wrong: str) -> None:
    request = api.CreateProjectRequest(parent=OWN, project_id=wrong)
    failure = await acme.refused("CreateProject", request)
    assert (failure.reason, failure.detail.get("field")) == (Reason.INVALID_REQUEST, "project_id")
    name = api.GetProjectRequest(name=f"{OWN}/projects/{wrong}")
    assert await acme.reason("GetProject", name) is Reason.INVALID_REQUEST


@pytest.mark.parametrize(
    "wrong", ["", "organizations", "organizations/", "organizations/acme/", "projects/shop", "x" * 9999]
)
async def test_a_wrong_parent_is_refused(acme: Config, wrong: str) -> None:
    if wrong.startswith("organizations/acme"):
        listed = api.ListProjectsRequest(parent=wrong)
        assert await acme.reason("ListProjects", listed) is Reason.INVALID_REQUEST
        return
    for method, request in (
        ("ListProjects", api.ListProjectsRequest(parent=wrong)),
        ("CreateProject", api.CreateProjectRequest(parent=wrong, project_id="x")),
        ("SetPrice", api.SetPriceRequest(parent=wrong)),
        ("ApplyManifest", api.ApplyManifestRequest(parent=wrong, manifest=MANIFEST)),
        ("ListAuditRecords", api.ListAuditRecordsRequest(parent=wrong)),
    ):
        wanted = {Reason.INVALID_REQUEST} if not wrong else {Reason.INVALID_REQUEST, Reason.NOT_FOUND}
        assert await acme.reason(method, request) in wanted


async def test_a_missing_resource_is_refused(acme: Config) -> None:
    for method, request in (
        ("UpdateProject", api.UpdateProjectRequest()),
        ("UpdateModel", api.UpdateModelRequest()),
        ("UpdateProvider", api.UpdateProviderRequest()),
    ):
        failure = await acme.refused(method, request)
        assert (failure.reason, failure.detail["field"]) == (
            Reason.INVALID_REQUEST,
            f"{method.removeprefix('Update').lower()}.name",
        )


@pytest.mark.parametrize(
    ("key", "field"),
    [
        (pb.Key(), "key.role"),
        (pb.Key(role=9), "key.role"),  # type: ignore[arg-type]  # no role has this number
        (pb.Key(role=pb.ROLE_VIEWER, expire_time=Timestamp(seconds=1)), "key.expire_time"),
        (pb.Key(role=pb.ROLE_VIEWER, expire_time=Timestamp(seconds=10**15)), "key.expire_time"),
    ],
)
async def test_a_wrong_key_is_refused(acme: Config, key: pb.Key, field: str) -> None:
    failure = await acme.refused("CreateKey", api.CreateKeyRequest(parent=SHOP, key_id="x", key=key))
    assert (failure.reason, failure.detail.get("field")) == (Reason.INVALID_REQUEST, field)


@pytest.mark.parametrize(
    "page",
    [{"page_size": -1}, {"page_token": "x"}, {"page_token": "e30"}, {"page_token": "a" * 9999}, {"page_token": "ä"}],
)
async def test_a_wrong_page_is_refused(acme: Config, page: dict[str, str | int]) -> None:
    for method, request in (
        ("ListProjects", api.ListProjectsRequest(parent=OWN, **page)),  # type: ignore[arg-type]
        ("ListKeys", api.ListKeysRequest(parent=SHOP, **page)),  # type: ignore[arg-type]
        ("ListPrices", api.ListPricesRequest(parent=OWN, **page)),  # type: ignore[arg-type]
        ("ListAuditRecords", api.ListAuditRecordsRequest(parent=OWN, **page)),  # type: ignore[arg-type]
    ):
        assert await acme.reason(method, request) is Reason.INVALID_REQUEST
