"""How notifications are sent: again where they failed, and nobody in the way of another."""

import asyncio
from contextlib import AsyncExitStack
from datetime import timedelta

import pytest
from standardwebhooks import Webhook

from events.health import Verdict
from resilience.errors import Failure
from seawall.alerts.v1 import alerts_pb2 as pb
from tests.integration.alerts.running import OWN, SECRET, Alerts, running, verdict
from tests.stack.eventually import eventually
from tests.stack.webhook import Answer, WebhookSink


async def test_a_failed_delivery_is_sent_again_under_the_same_id(alerts: Alerts, webhook_sink: WebhookSink) -> None:
    webhook_sink.will_answer(500)
    await alerts.receiver("ops", webhook_sink.url)
    await alerts.see(verdict(Verdict.DOWN))
    (waiting,) = await eventually(lambda: _tried(alerts, 1))
    assert (waiting.state, waiting.last_status) == (pb.DELIVERY_STATE_WAITING, 500)
    assert len(webhook_sink.requests) == 1
    alerts.clock.ahead = timedelta(seconds=6)
    first, second = await webhook_sink.wait_for(lambda requests: len(requests) == 2)
    assert first.headers["webhook-id"] == second.headers["webhook-id"] == waiting.name.rpartition("/")[2]
    assert first.body == second.body
    for request in (first, second):
        Webhook(SECRET).verify(request.body, dict(request.headers))
    (delivered,) = await eventually(lambda: _tried(alerts, 2))
    assert delivered.state == pb.DELIVERY_STATE_DELIVERED


async def test_a_receiver_that_asks_for_patience_is_left_alone_for_as_long(
    alerts: Alerts, webhook_sink: WebhookSink
) -> None:
    webhook_sink.will_answer(Answer(429, headers={"retry-after": "3600"}))
    await alerts.receiver("ops", webhook_sink.url)
    await alerts.see(verdict(Verdict.DOWN))
    (waiting,) = await eventually(lambda: _tried(alerts, 1))
    patience = waiting.next_try_time.ToDatetime() - waiting.create_time.ToDatetime()
    assert timedelta(seconds=3600) <= patience < timedelta(seconds=3700)


async def test_a_redirect_is_not_followed(alerts: Alerts, webhook_sink: WebhookSink) -> None:
    webhook_sink.will_answer(Answer(302, headers={"location": f"{webhook_sink.url}/elsewhere"}))
    await alerts.receiver("ops", webhook_sink.url)
    await alerts.see(verdict(Verdict.DOWN))
    (waiting,) = await eventually(lambda: _tried(alerts, 1))
    assert (waiting.state, waiting.last_status) == (pb.DELIVERY_STATE_WAITING, 302)
    assert [request.path for request in webhook_sink.requests] == ["/"]


async def test_a_huge_answer_is_not_read_to_its_end(alerts: Alerts, webhook_sink: WebhookSink) -> None:
    webhook_sink.will_answer(Answer(200, body=b"x" * 50_000_000))
    await alerts.receiver("ops", webhook_sink.url)
    await alerts.see(verdict(Verdict.DOWN))
    (done,) = await eventually(lambda: _tried(alerts, 1))
    assert done.state == pb.DELIVERY_STATE_DELIVERED


async def test_a_dead_endpoint_and_a_missing_secret_are_tries_that_failed(
    alerts: Alerts, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    await alerts.receiver("dead", "http://127.0.0.1:1/T0KEN")
    await alerts.receiver("unset", "http://127.0.0.1:1/T0KEN")
    await alerts.see(verdict(Verdict.DOWN))
    dead = (await eventually(lambda: _tried(alerts, 1, "dead")))[0]
    assert (dead.last_status, dead.last_error) == (0, "No connection.")
    await eventually(lambda: _tried(alerts, 1, "unset"))
    monkeypatch.delenv("HOOK_SECRET")
    alerts.clock.ahead = timedelta(seconds=6)
    unset = (await eventually(lambda: _tried(alerts, 2, "unset")))[0]
    assert unset.last_error == "The secret env:HOOK_SECRET is not set in the environment."
    logged = capfd.readouterr()
    assert "T0KEN" not in logged.out + logged.err
    assert SECRET not in logged.out + logged.err


async def test_an_endpoint_that_hangs_delays_no_other(url: str) -> None:
    async with AsyncExitStack() as stack:
        alerts = await stack.enter_async_context(running(url, delivery_timeout=60.0, delivery_concurrency=8))
        hanging = await stack.enter_async_context(WebhookSink())
        ok = await stack.enter_async_context(WebhookSink())
        hanging.will_answer(*[Answer(delay=120.0)] * 100)
        await alerts.receiver("hangs", hanging.url)
        await alerts.receiver("ok", ok.url)
        for number in range(30):
            await alerts.see(verdict(Verdict.DOWN, target=f"p/m{number}"))
        await ok.wait_for(lambda requests: len(requests) == 30, within=30.0)
        assert 1 <= len(hanging.requests) <= 4
        await hanging.__aexit__(None, None, None)


async def test_an_endpoint_that_is_gone_is_disabled_and_the_others_are_told(
    alerts: Alerts, webhook_sink: WebhookSink
) -> None:
    async with WebhookSink() as gone:
        gone.will_answer(410)
        await alerts.receiver("gone", gone.url)
        await alerts.receiver("ops", webhook_sink.url)
        await alerts.see(verdict(Verdict.DOWN))
        await webhook_sink.wait_for(lambda requests: len(requests) == 2)
        told = [request.json()["data"] for request in webhook_sink.requests]
        (disabled,) = [data for data in told if data["kind"] == "receiver_disabled"]
        assert (disabled["subject"], disabled["severity"]) == ("gone", "warning")
        assert (await alerts.receivers())["gone"].disabled

        await alerts.see(verdict(Verdict.HEALTHY))
        await webhook_sink.wait_for(lambda requests: len(requests) == 3)
        assert len(gone.requests) == 1

        tested = await alerts.call("TestReceiver", pb.TestReceiverRequest(name=f"{OWN}/receivers/gone"))
        assert tested.delivery.state == pb.DELIVERY_STATE_DELIVERED
        assert not (await alerts.receivers())["gone"].disabled
        await webhook_sink.wait_for(lambda requests: len(requests) == 4)
        assert webhook_sink.requests[3].json()["type"] == "seawall.alert.resolved"


async def test_an_endpoint_that_failed_for_five_days_is_disabled(alerts: Alerts, webhook_sink: WebhookSink) -> None:
    webhook_sink.will_answer(*[500] * 100)
    await alerts.receiver("ops", webhook_sink.url)
    await alerts.see(verdict(Verdict.DOWN))
    await eventually(lambda: _tried(alerts, 1))
    await alerts.see(verdict(Verdict.HEALTHY))
    alerts.clock.ahead = timedelta(days=5, seconds=10)
    await eventually(lambda: _is_disabled(alerts, "ops"))
    states = {delivery.state for delivery in await alerts.deliveries("ops")}
    assert states == {pb.DELIVERY_STATE_FAILED}


async def test_what_waits_when_the_service_stops_goes_out_when_it_is_back(url: str, webhook_sink: WebhookSink) -> None:
    webhook_sink.will_answer(503)
    async with running(url) as alerts:
        await alerts.receiver("ops", webhook_sink.url)
        await alerts.see(verdict(Verdict.DOWN))
        await eventually(lambda: _tried(alerts, 1))
    async with running(url) as alerts:
        alerts.clock.ahead = timedelta(seconds=6)
        await webhook_sink.wait_for(lambda requests: len(requests) == 2)


async def test_two_replicas_send_nothing_twice(database: str, webhook_sink: WebhookSink) -> None:
    async with running(database) as one, running(database) as two:
        await one.receiver("ops", webhook_sink.url)
        await asyncio.gather(
            *(
                replica.see(*(verdict(Verdict.DOWN, target=f"{name}/m{number}") for number in range(40)))
                for name, replica in (("one", one), ("two", two))
            )
        )
        await webhook_sink.wait_for(lambda requests: len(requests) >= 80)
        await eventually(lambda: _none_waits(one))
        ids = [request.headers["webhook-id"] for request in webhook_sink.requests]
        assert len(ids) == len(set(ids)) == 80


async def test_a_delivery_of_the_log_is_sent_once_more_under_its_id(alerts: Alerts, webhook_sink: WebhookSink) -> None:
    await alerts.receiver("ops", webhook_sink.url)
    await alerts.see(verdict(Verdict.DOWN))
    (done,) = await eventually(lambda: _tried(alerts, 1))
    again = (await alerts.call("RetryDelivery", pb.RetryDeliveryRequest(name=done.name))).delivery
    assert (again.name, again.state) == (done.name, pb.DELIVERY_STATE_WAITING)
    first, second = await webhook_sink.wait_for(lambda requests: len(requests) == 2)
    assert first.headers["webhook-id"] == second.headers["webhook-id"]


async def test_what_waits_for_a_deleted_receiver_is_given_up(alerts: Alerts, webhook_sink: WebhookSink) -> None:
    webhook_sink.will_answer(500)
    await alerts.receiver("ops", webhook_sink.url)
    await alerts.see(verdict(Verdict.DOWN))
    await eventually(lambda: _tried(alerts, 1))
    await alerts.call("DeleteReceiver", pb.DeleteReceiverRequest(name=f"{OWN}/receivers/ops"))
    (given_up,) = await alerts.deliveries()
    assert (given_up.state, given_up.last_error) == (pb.DELIVERY_STATE_FAILED, "given up: the receiver was deleted")
    with pytest.raises(Failure):
        await alerts.call("RetryDelivery", pb.RetryDeliveryRequest(name=given_up.name))


async def test_slack_is_sent_blocks_without_a_signature(alerts: Alerts, webhook_sink: WebhookSink) -> None:
    await alerts.receiver("chat", f"{webhook_sink.url}/services/T/B/x", kind=pb.RECEIVER_FORMAT_SLACK)
    await alerts.see(verdict(Verdict.DOWN))
    (got,) = await webhook_sink.wait_for(lambda requests: len(requests) == 1)
    assert got.path == "/services/T/B/x"
    assert "webhook-signature" not in got.headers
    body = got.json()
    assert body["text"].startswith("🔴 Opened: target down")
    assert [block["type"] for block in body["blocks"]] == ["section", "section", "context"]


async def _tried(alerts: Alerts, tries: int, receiver: str = "") -> list[pb.Delivery]:
    """The deliveries, newest first, once one was tried that often."""
    found = list(await alerts.deliveries(receiver))
    return found if any(delivery.tries >= tries for delivery in found) else []


async def _is_disabled(alerts: Alerts, receiver: str) -> bool:
    return (await alerts.receivers())[receiver].disabled


async def _none_waits(alerts: Alerts) -> bool:
    return not await alerts.deliveries(state=pb.DELIVERY_STATE_WAITING)
