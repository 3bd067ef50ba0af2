"""Projects, providers, models and prices: made, read, changed, removed, and refused where they are wrong."""

from datetime import UTC, datetime, timedelta

from google.protobuf.duration_pb2 import Duration

from resilience.errors import Reason
from seawall.config.v1 import config_pb2 as api
from seawall.config.v1 import resources_pb2 as pb
from tests.integration.config.running import OWN, SHOP, Config

PROVIDER = pb.Provider(vendor="openai-compatible", base_url="https://gpu-2/v1", keys=["env:A", "env:B"])
ROUTE = pb.Route(
    strategy="ordered",
    targets=[pb.Target(provider="local", model="m"), pb.Target(provider="openai-main", model="gpt-5")],
    policy=pb.Policy(
        timeout=Duration(seconds=30),
        first_token_timeout=Duration(nanos=1_500_000),
        retries=0,
        hedge="auto",
        continuation="auto",
        unsupported="auto",
    ),
)


async def test_a_provider_is_made_read_changed_and_removed(acme: Config) -> None:
    name = f"{OWN}/providers/gpu-2"
    request = api.CreateProviderRequest(parent=OWN, provider_id="gpu-2", provider=PROVIDER)
    made = (await acme.call("CreateProvider", request)).provider
    assert made == pb.Provider(name=name, vendor=PROVIDER.vendor, base_url=PROVIDER.base_url, keys=PROVIDER.keys)
    assert (await acme.call("GetProvider", api.GetProviderRequest(name=name))).provider == made
    assert await acme.reason("CreateProvider", request) is Reason.ALREADY_EXISTS

    changed = pb.Provider(name=name, vendor="openai", keys=["file:/secrets/a"])
    assert (await acme.call("UpdateProvider", api.UpdateProviderRequest(provider=changed))).provider == changed
    assert (await acme.call("GetProvider", api.GetProviderRequest(name=name))).provider == changed

    await acme.call("DeleteProvider", api.DeleteProviderRequest(name=name))
    assert await acme.reason("GetProvider", api.GetProviderRequest(name=name)) is Reason.NOT_FOUND
    assert await acme.reason("DeleteProvider", api.DeleteProviderRequest(name=name)) is Reason.NOT_FOUND
    assert await acme.reason("UpdateProvider", api.UpdateProviderRequest(provider=changed)) is Reason.NOT_FOUND


async def test_a_model_is_made_read_changed_and_removed(acme: Config) -> None:
    name = f"{OWN}/models/big"
    request = api.CreateModelRequest(parent=OWN, model_id="big", model=pb.Model(route=ROUTE))
    made = (await acme.call("CreateModel", request)).model
    assert made == pb.Model(name=name, route=ROUTE)
    assert (await acme.call("GetModel", api.GetModelRequest(name=name))).model == made

    bare = pb.Model(name=name, route=pb.Route(targets=ROUTE.targets[:1]))
    changed = (await acme.call("UpdateModel", api.UpdateModelRequest(model=bare))).model
    assert (changed.route.strategy, changed.route.policy.HasField("retries")) == ("ordered", False)
    assert not changed.route.policy.HasField("timeout")

    await acme.call("DeleteModel", api.DeleteModelRequest(name=name))
    assert await acme.reason("GetModel", api.GetModelRequest(name=name)) is Reason.NOT_FOUND


async def test_a_project_is_made_read_changed_and_removed(acme: Config) -> None:
    name = f"{OWN}/projects/web"
    limits = pb.Limits(requests_per_minute=10)
    message = pb.Project(models=["chat"], limits=limits, criticality="batch", policy_overrides=True)
    request = api.CreateProjectRequest(parent="organizations/-", project_id="web", project=message)
    made = (await acme.call("CreateProject", request)).project
    message.name = name
    assert made == message

    everything = pb.Project(name="organizations/-/projects/web")
    changed = (await acme.call("UpdateProject", api.UpdateProjectRequest(project=everything))).project
    assert (changed.name, list(changed.models), changed.limits.requests_per_minute) == (name, [], 0)
    assert (changed.criticality, changed.policy_overrides) == ("default", False)

    await acme.call("DeleteProject", api.DeleteProjectRequest(name=name))
    assert await acme.reason("GetProject", api.GetProjectRequest(name=name)) is Reason.NOT_FOUND


async def test_a_project_takes_its_keys_along(acme: Config) -> None:
    await acme.create_key("one")
    before = await acme.version()
    await acme.call("DeleteProject", api.DeleteProjectRequest(name=SHOP))
    changes = [(one.action, one.resource) for one in await acme.audit() if one.version == before + 1]
    assert sorted(changes) == [("delete", SHOP), ("delete", f"{SHOP}/keys/ci"), ("delete", f"{SHOP}/keys/one")]
    assert await acme.reason("ListKeys", api.ListKeysRequest(parent=SHOP)) is Reason.NOT_FOUND


async def test_what_is_in_use_is_not_removed(acme: Config) -> None:
    provider = await acme.refused("DeleteProvider", api.DeleteProviderRequest(name=f"{OWN}/providers/local"))
    assert (provider.reason, provider.detail["used_by"]) == (Reason.IN_USE, f"{OWN}/models/chat")
    model = await acme.refused("DeleteModel", api.DeleteModelRequest(name=f"{OWN}/models/chat"))
    assert (model.reason, model.detail["used_by"]) == (Reason.IN_USE, SHOP)


async def test_an_update_that_changes_nothing_leaves_no_trace(acme: Config) -> None:
    version = await acme.version()
    project = (await acme.call("GetProject", api.GetProjectRequest(name=SHOP))).project
    await acme.call("UpdateProject", api.UpdateProjectRequest(project=project))
    assert await acme.version() == version


async def test_the_price_in_force_and_those_to_come_are_listed(acme: Config) -> None:
    now = datetime.now(UTC)
    target = pb.Target(provider="openai-main", model="gpt-5-mini")

    async def set_price(amount: str, since: datetime | None) -> pb.Price:
        price = pb.Price(target=target, input=amount, output="1", cached_input="0.000000001")
        if since is not None:
            price.effective_time.FromDatetime(since)
        answer = await acme.call("SetPrice", api.SetPriceRequest(parent=OWN, price=price))
        return answer.price  # type: ignore[no-any-return]

    async def listed() -> list[str]:
        answer = await acme.call("ListPrices", api.ListPricesRequest(parent=OWN))
        return [price.input for price in answer.prices]

    assert await listed() == ["0.25"]
    in_force = await set_price("0.5", None)
    assert abs(in_force.effective_time.ToDatetime(UTC) - now) < timedelta(minutes=1)
    assert in_force.cached_input == "0.000000001"
    await set_price("0.75", now + timedelta(hours=1))
    assert await listed() == ["0.5", "0.75"]
    await set_price("0.8", now + timedelta(hours=1))
    assert await listed() == ["0.5", "0.8"]

    acme.clock.ahead = timedelta(hours=2)
    assert await listed() == ["0.8"]

    await acme.call(
        "UpdateModel",
        api.UpdateModelRequest(model=pb.Model(name=f"{OWN}/models/chat", route=pb.Route(targets=ROUTE.targets[:1]))),
    )
    await acme.call("DeleteProvider", api.DeleteProviderRequest(name=f"{OWN}/providers/openai-main"))
    assert await listed() == []


async def test_a_price_with_every_part_comes_back_as_it_was_set(acme: Config) -> None:
    price = pb.Price(
        target=pb.Target(provider="local", model="m"),
        input="3",
        output="15",
        cached_input="0.3",
        cache_write="3.75",
        cache_write_1h="6",
        per_request="0.005",
        per_image="0.0001",
        tiers=[
            pb.PriceTier(above=200_000, input="6", output="22.5"),
            pb.PriceTier(above=400_000, input="9", output="0"),
        ],
        project="shop",
    )
    price.effective_time.FromSeconds(1_700_000_000)
    assert (await acme.call("SetPrice", api.SetPriceRequest(parent=OWN, price=price))).price == price
    of_all = pb.Price(target=price.target, input="1", output="1", effective_time=price.effective_time)
    await acme.call("SetPrice", api.SetPriceRequest(parent=OWN, price=of_all))

    async def listed() -> list[pb.Price]:
        found = (await acme.call("ListPrices", api.ListPricesRequest(parent=OWN, page_size=100))).prices
        return [one for one in found if one.target.model == "m"]

    assert await listed() == [of_all, price], "of whom each pays one, none supersedes the other"
    price.input = "4"
    price.effective_time.FromSeconds(1_700_000_001)
    await acme.call("SetPrice", api.SetPriceRequest(parent=OWN, price=price))
    assert await listed() == [of_all, price]
    await acme.call("DeleteProject", api.DeleteProjectRequest(name=SHOP))
    assert await listed() == [of_all]


async def test_the_catalogue_is_read_by_vendor(acme: Config) -> None:
    everything = (await acme.call("ListCataloguePrices", api.ListCataloguePricesRequest())).prices
    anthropic = (await acme.call("ListCataloguePrices", api.ListCataloguePricesRequest(vendor="anthropic"))).prices
    assert [price for price in everything if price.vendor == "anthropic"] == list(anthropic)
    assert all(price.source and price.read_date and not price.price.HasField("target") for price in everything)
    assert not (await acme.call("ListCataloguePrices", api.ListCataloguePricesRequest(vendor="nobody"))).prices
    assert await acme.reason("ListCataloguePrices", api.ListCataloguePricesRequest(), key=None) is (
        Reason.UNAUTHENTICATED
    )
