"""The control API, over HTTP, next to the vendors it changes."""

import pytest

from simulator import Behaviour, ErrorStatus, Simulator, Uniform, Vendor
from tests.integration.simulator.clients import Control, Wire, chat, message
from tests.stack.eventually import eventually


@pytest.fixture
def control(sim: Simulator) -> Control:
    return Control(sim.control_url)


async def test_the_vendors_are_listed_with_their_state(control: Control, alpha: Vendor) -> None:
    status, listed = await control("GET", "/vendors")
    assert (status, [vendor["name"] for vendor in listed["vendors"]]) == (200, ["alpha", "beta"])
    assert await control("GET", "/vendors/alpha") == (200, listed["vendors"][0])
    assert (listed["vendors"][0]["base_url"], listed["vendors"][0]["up"]) == (alpha.base_url, True)


async def test_a_behaviour_put_by_http_is_the_one_in_force(control: Control, alpha: Vendor) -> None:
    wanted = {
        "first_byte": {"kind": "uniform", "low": 0.1, "high": 0.2},
        "answer_tokens": 3,
        "faults": [{"kind": "error", "status": 429, "retry_after": 2, "share": 0.5}],
    }
    status, vendor = await control("PUT", "/vendors/alpha/behaviour", wanted)
    expected = Behaviour(
        first_byte=Uniform(low=0.1, high=0.2),
        answer_tokens=3,
        faults=(ErrorStatus(status=429, retry_after=2, share=0.5),),
    )
    assert status == 200
    assert alpha.behaviours() == (expected, {})
    assert Behaviour.model_validate(vendor["behaviour"]) == expected
    assert (await control("DELETE", "/vendors/alpha/behaviour"))[0] == 200
    assert alpha.behaviours() == (Behaviour(), {})


async def test_a_shown_behaviour_can_be_put_back(control: Control, alpha: Vendor) -> None:
    wanted = {"faults": [{"kind": "reset", "next_calls": 3}, {"kind": "hang", "share": 0.1}]}
    _, vendor = await control("PUT", "/vendors/alpha/behaviour", wanted)
    assert (await control("PUT", "/vendors/beta/behaviour", vendor["behaviour"]))[0] == 200


async def test_a_model_whose_name_has_a_slash_has_a_behaviour_of_its_own(control: Control, alpha: Vendor) -> None:
    path = "/vendors/alpha/models/provider%2Fbig/model/behaviour"
    assert (await control("PUT", path, {"answer_tokens": 2}))[0] == 200
    assert alpha.behaviours()[1] == {"provider/big/model": Behaviour(answer_tokens=2)}
    assert (await control("DELETE", path))[1]["models"] == {}


@pytest.mark.parametrize(
    ("body", "field"),
    [
        (b"{", "body"),
        (b"", "body"),
        (b"\xff", "body"),
        (b"[" * 100_000, "body"),
        ([], "body"),
        ({"answer_tokens": 0}, "answer_tokens"),
        ({"answer_tokens": "many"}, "answer_tokens"),
        ({"speed": 1}, "speed"),
        ({"first_byte": {"kind": "weibull"}}, "first_byte"),
        ({"first_byte": {"kind": "constant", "seconds": -1}}, "first_byte.constant.seconds"),
        ({"first_byte": {"kind": "uniform", "low": 2, "high": 1}}, "first_byte.uniform"),
        ({"faults": [{"kind": "gremlin"}]}, "faults.0"),
        ({"faults": [{"kind": "error"}]}, "faults.0.error.status"),
        ({"faults": [{"kind": "error", "status": 200}]}, "faults.0.error.status"),
        ({"faults": [{"kind": "hang", "share": 2}]}, "faults.0.hang.share"),
        ({"faults": [{"kind": "hang", "share": 0.5, "next_calls": 1}]}, "faults.0.hang"),
        ({"faults": [{"kind": "hang", "share": 0.6}, {"kind": "reset", "share": 0.6}]}, "body"),
    ],
)
async def test_a_wrong_behaviour_is_a_400_that_names_the_field_and_changes_nothing(
    control: Control, alpha: Vendor, body: object, field: str
) -> None:
    before = alpha.behaviours()
    status, answer = await control("PUT", "/vendors/alpha/behaviour", body)
    assert (status, answer["error"]["field"]) == (400, field)
    assert answer["error"]["message"].startswith(f"{field}: ")
    assert alpha.behaviours() == before


async def test_a_body_that_is_too_large_is_refused(control: Control) -> None:
    status, answer = await control("PUT", "/vendors/alpha/behaviour", b" " * (1024 * 1024 + 1))
    assert (status, answer["error"]["field"]) == (413, "body")


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("GET", "/", 404),
        ("GET", "/vendors/", 404),
        ("GET", "/vendors/gamma", 404),
        ("PUT", "/vendors/gamma/behaviour", 404),
        ("PUT", "/vendors/alpha/models//behaviour", 404),
        ("GET", "/vendors/alpha/down", 405),
        ("DELETE", "/vendors", 405),
        ("GET", "/vendors/alpha/behaviour", 405),
    ],
)
async def test_what_is_not_there_says_so(control: Control, method: str, path: str, status: int) -> None:
    answered, answer = await control(method, path)
    assert answered == status
    assert answer["error"]["message"]


async def test_keys_and_models_are_changed_by_http_and_keys_are_not_shown(control: Control, alpha: Vendor) -> None:
    access = {"keys": ["sk-hidden"], "models": ["only"]}
    status, vendor = await control("PUT", "/vendors/alpha/access", access)
    assert (status, vendor["access"]) == (200, {"keys": 1, "models": ["only"]})
    assert alpha.access.keys == frozenset({"sk-hidden"})
    status, answer = await control("PUT", "/vendors/alpha/access", {"keys": [""]})
    assert (status, answer["error"]["field"]) == (400, "keys.0")


async def test_down_and_up_by_http(control: Control, alpha: Vendor) -> None:
    status, vendor = await control("POST", "/vendors/alpha/down")
    assert (status, vendor["up"]) == (200, False)
    with pytest.raises(ConnectionRefusedError):
        await Wire.open(alpha.base_url)
    status, vendor = await control("POST", "/vendors/alpha/up")
    assert (status, vendor["up"]) == (200, True)
    (await Wire.open(alpha.base_url)).close()


async def test_a_vendor_may_learn_another_dialect_while_it_runs(control: Control, alpha: Vendor) -> None:
    before = alpha.base_url
    assert (await control("GET", "/vendors/alpha"))[1]["dialect"] == "openai"
    status, vendor = await control("PUT", "/vendors/alpha/dialect", {"dialect": "anthropic"})
    assert (status, vendor["dialect"], vendor["base_url"]) == (200, "anthropic", before.removesuffix("/v1"))
    wire = await Wire.open(alpha.base_url)
    wire.post_message(message())
    assert b'"type":"message"' in (await wire.response())[1]
    status, answer = await control("PUT", "/vendors/alpha/dialect", {"dialect": "klingon"})
    assert (status, answer["error"]["field"], alpha.dialect) == (400, "dialect", "anthropic")
    assert (await control("PUT", "/vendors/alpha/dialect", {"dialect": "openai"}))[1]["base_url"] == before
    wire.post(chat())
    assert b'"object":"chat.completion"' in (await wire.response())[1]
    wire.close()


async def test_calls_are_listed_with_their_bodies_and_forgotten(control: Control, alpha: Vendor, wire: Wire) -> None:
    for body in (chat(number=1), chat(number=2), b"not json"):
        wire.post(body)
        await wire.until(b"\r\n\r\n{")
        await wire.until(b"}")
    await eventually(lambda: alpha.counters()["calls"] == 3 and alpha.counters()["in_flight"] == 0)
    calls = (await control("GET", "/vendors/alpha/calls?limit=2"))[1]["calls"]
    assert [call["outcome"] for call in calls] == ["completed", "rejected"]
    assert (calls[0]["body"]["number"], calls[1]["body"]) == (2, "not json")
    status, vendor = await control("DELETE", "/vendors/alpha/calls")
    assert (status, vendor["counters"]["calls"], alpha.calls) == (200, 0, ())


@pytest.mark.parametrize("limit", ["0", "-1", "x", "", "99999", "1.5", "%C2%B2", "9" * 5000])
async def test_a_wrong_limit_is_a_400(control: Control, limit: str) -> None:
    status, answer = await control("GET", f"/vendors/alpha/calls?limit={limit}")
    assert (status, answer["error"]["field"]) == (400, "limit")
