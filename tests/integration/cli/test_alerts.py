"""A vendor goes down and comes back, as its operator sees it at the terminal."""

from pathlib import Path
from typing import Any

import pyqwest

from tests.integration.cli.seawall import Up, up
from tests.stack.eventually import eventually


async def _open_alerts(running: Up, client: pyqwest.Client) -> Any:
    """The alerts, after a few chats: asked at once, since a machine that is busy starts few commands a minute."""
    headers = {"authorization": f"Bearer {running.told['key']}"}
    chat = b'{"model":"chat","messages":[{"role":"user","content":"hello"}]}'
    for _ in range(10):
        await client.post(f"{running.told['url']}/v1/chat/completions", headers, chat)
    return (await running.run("alerts", "list", "--json")).json()["alerts"]


async def test_alert_of_a_vendor_that_is_down_is_listed_acknowledged_and_resolved(tmp_path: Path) -> None:
    async with up(tmp_path / "data") as running:
        control = pyqwest.Client()
        down = await control.post(f"{running.told['simulator']}/vendors/alpha/down")
        assert down.status == 200

        answer = await running.run("chat", "hello", "--no-stream")
        assert answer.out.startswith("beta/beta-large")
        alert = (await eventually(lambda: _open_alerts(running, control)))[0]
        assert (alert["subject"], alert["state"]) == ("alpha/alpha-large", "ALERT_STATE_OPEN")

        alert_id = alert["name"].rpartition("/")[2]
        acknowledged = (await running.run("alerts", "ack", alert_id, "--json")).json()
        assert acknowledged["state"] == "ALERT_STATE_ACKNOWLEDGED"
        assert acknowledged["actor"].endswith("/keys/up")
        status = (await running.run("status", "--json")).json()
        assert [each["name"] for each in status["alerts"]] == [alert["name"]]
        assert "alpha/alpha-large" in (await running.run("status")).out

        assert (await running.run("alerts", "resolve", alert_id)).exit_code == 0
        resolved = (await running.run("alerts", "list", "--state", "resolved", "--json")).json()["alerts"]
        assert alert["name"] in [each["name"] for each in resolved]
