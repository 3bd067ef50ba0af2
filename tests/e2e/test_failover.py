"""The first vendor goes down and comes back: callers do not notice, those who must act are told."""

import json
import time
from collections.abc import Sequence

from standardwebhooks.webhooks import Webhook

from tests.e2e.load import load
from tests.e2e.system import WEBHOOK_SECRET, running_system
from tests.stack.eventually import eventually
from tests.stack.webhook import Received, WebhookSink


def told(requests: Sequence[Received], kind: str) -> list[Received]:
    """What was told of this kind about a target that is down; degraded is another alert, which this one supersedes."""
    events = [(request, request.json()) for request in requests]
    return [request for request, event in events if event["type"] == kind and event["data"]["kind"] == "target_down"]


async def test_a_vendor_goes_down_and_comes_back(webhook_sink: WebhookSink) -> None:
    async with running_system(webhook=webhook_sink.url) as system, load(system, callers=4, pause=0.05) as seen:
        alpha = system.simulator.vendor("alpha")
        await eventually(lambda: seen.by.get("alpha/small", 0) > 40)

        await alpha.down()
        down_at = time.monotonic()
        await webhook_sink.wait_for(lambda requests: bool(told(requests, "seawall.alert.opened")))
        print(f"the webhook arrived {time.monotonic() - down_at:.1f} s after the vendor went down")
        opened = told(webhook_sink.requests, "seawall.alert.opened")[0]
        verified = Webhook(WEBHOOK_SECRET).verify(opened.body.decode(), dict(opened.headers))
        assert verified == json.loads(opened.body)
        assert verified["data"]["subject"] == "alpha/small"

        (health,) = [
            target
            for target in (await system.rpc("MonitorService/ListTargetHealth", parent="organizations/-"))["targets"]
            if target["target"] == "alpha/small"
        ]
        assert health["verdict"] == "VERDICT_DOWN"
        assert "breaker" in health["explanation"]

        async def demoted() -> bool:
            answer = await system.chat("planned")
            plan = (await system.request(answer.headers["x-seawall-request-id"]))["plan"]
            return plan[0]["target"] == "beta/small" and "breaker is open" in plan[1]["explanation"]

        await eventually(demoted)

        await alpha.up()
        up_at = time.monotonic()
        await webhook_sink.wait_for(lambda requests: bool(told(requests, "seawall.alert.resolved")))
        print(f"the alert resolved {time.monotonic() - up_at:.1f} s after the vendor came back")
        before = seen.by["alpha/small"]
        await eventually(lambda: seen.by["alpha/small"] > before + 40)

        assert seen.refused == [], "callers kept getting answers throughout"
        kinds = [
            request.json()["type"]
            for request in webhook_sink.requests
            if request.json()["data"]["kind"] == "target_down"
        ]
        assert kinds == ["seawall.alert.opened", "seawall.alert.resolved"]
