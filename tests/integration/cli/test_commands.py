"""Every command, beside a running `seawall up`."""

import asyncio
import json
import re
import secrets
from pathlib import Path

import pyqwest
import pytest
from openai import AsyncOpenAI

from chassis import keys
from tests.integration.cli.seawall import Said, Up, seawall
from tests.stack.eventually import PATIENCE, eventually


async def test_chat_prints_the_answer_alone_on_stdout_and_what_it_took_on_stderr(running: Up) -> None:
    said = await running.run("chat", "hello", "there", "--no-stream")

    assert said.exit_code == 0
    assert said.out.startswith("alpha/alpha-large heard: hello there")
    assert re.search(r"req_\w+ · alpha/alpha-large · \d+ \+ 16 tokens · \$0\.0000\d+ · \d+ ms", said.err)


async def test_streamed_chat_gives_the_same_answer_with_its_cost(running: Up) -> None:
    whole = await running.run("chat", "same words", "--no-stream")
    streamed = await running.run("chat", "same words", "--stream")

    assert streamed.out == whole.out
    assert re.search(r"tokens · \$0\.0000\d+ ·", streamed.err)


async def test_chat_reads_stdin_and_tells_json(running: Up) -> None:
    told = (await running.run("chat", "--json", stdin="from a pipe\n")).json()

    assert told["text"].startswith("alpha/alpha-large heard: from a pipe")
    assert set(told) == {
        *("text", "finish_reason", "request_id", "target"),
        *("input_tokens", "output_tokens", "cost_usd", "milliseconds"),
    }


async def test_request_shows_targets_with_reasons_attempts_and_cost(running: Up) -> None:
    request_id = (await running.run("chat", "--json", "x")).json()["request_id"]

    shown = (await running.run("requests", "show", request_id, "--json")).json()
    panel = await running.run("requests", "show", request_id)
    listed = (await running.run("requests", "list", "--json", "--limit", "1000")).json()

    assert [(step["target"], step["position"]) for step in shown["plan"]] == [
        ("alpha/alpha-large", 1),
        ("beta/beta-large", 2),
    ]
    assert all(step["explanation"] for step in shown["plan"])
    assert shown["attempts"][0]["usage"]["output_tokens"] == 16
    for part in (request_id, shown["cost_usd"], shown["plan"][0]["explanation"]):
        assert part in panel.out
    assert f"organizations/local/requests/{request_id}" in [request["name"] for request in listed["requests"]]


async def test_request_shows_the_callers_trace_also_where_nothing_of_it_is_recorded(running: Up) -> None:
    trace_id = secrets.token_hex(16)
    async with AsyncOpenAI(base_url=f"{running.told['url']}/v1", api_key=running.told["key"]) as client:
        answer = await client.chat.completions.with_raw_response.create(
            model=running.told["model"],
            messages=[{"role": "user", "content": "x"}],
            extra_headers={"traceparent": f"00-{trace_id}-{secrets.token_hex(8)}-00"},
        )
    request_id = answer.headers["x-request-id"]

    shown = (await running.run("requests", "show", request_id, "--json")).json()
    panel = await running.run("requests", "show", request_id)

    assert shown["trace_id"] == trace_id
    assert trace_id in panel.out


async def test_unknown_request_is_not_found(running: Up) -> None:
    said = await running.run("requests", "show", "req_none", "--wait", "0")

    assert (said.exit_code, said.out) == (1, "")
    assert "not_found" in said.err


async def test_status_and_targets_tell_the_target_that_answered(running: Up) -> None:
    await running.run("chat", "x")

    async def seen() -> bool:
        targets = (await running.run("targets", "--json")).json()["targets"]
        return "alpha/alpha-large" in [target["target"] for target in targets]

    await eventually(seen)
    status = (await running.run("status", "--json")).json()
    assert status["ready"] is True
    assert status["alerts"] == []
    assert "alpha/alpha-large" in (await running.run("status")).out


async def test_apply_changes_what_differs_and_nothing_on_a_dry_run(running: Up, tmp_path: Path) -> None:
    manifest = (running.directory / "seawall.yaml").read_text()
    changed = tmp_path / "seawall.yaml"
    changed.write_text(manifest.replace("projects:", "projects:\n  - name: second"))

    dry = (await running.run("apply", "-f", str(changed), "--dry-run", "--json")).json()
    wet = (await running.run("apply", "-f", str(changed), "--json")).json()
    again = (await running.run("apply", "-f", str(changed), "--json")).json()
    back = (await running.run("apply", "-f", "-", "--json", stdin=manifest)).json()

    created = ["organizations/local/projects/second"]
    assert (dry["created"], dry["dry_run"]) == (created, True)
    assert (wet["created"], wet["dry_run"]) == (created, False)
    assert (again["created"], again["updated"], again["deleted"]) == ([], [], [])
    assert back["deleted"] == created


async def test_wrong_manifest_is_told_with_its_path(running: Up) -> None:
    said = await running.run("apply", "-f", "-", "--json", stdin="organization: local\nmodel: []\n")

    assert said.exit_code == 1
    error = json.loads(said.err)["error"]
    assert error["code"] == "invalid_request"
    assert "model" in error["message"]


async def test_created_key_asks_until_it_is_revoked(running: Up) -> None:
    made = (await running.run("keys", "create", "ci", "--expires", "30d", "--json")).json()
    secret = made["secret"]
    assert keys.is_wellformed(secret)
    assert made["key"]["role"] == "ROLE_DEVELOPER"

    async def ask() -> Said:
        return await running.run("chat", "x", "--key", secret, "--json")

    async def works() -> bool:
        return (await ask()).exit_code == 0

    await eventually(works)
    listed = (await running.run("keys", "list", "--json")).json()["keys"]
    assert {key["name"].rpartition("/")[2] for key in listed} >= {"up", "ci"}
    assert secret not in json.dumps(listed)

    assert (await running.run("keys", "revoke", "ci")).exit_code == 0

    async def refused() -> bool:
        return (await ask()).exit_code == 4

    await eventually(refused)


async def test_key_of_a_lower_role_is_told_what_it_may_not_do(running: Up) -> None:
    secret = (await running.run("keys", "create", "viewer", "--role", "viewer", "--json")).json()["secret"]

    async def refused() -> bool:
        said = await running.run("keys", "create", "other", "--key", secret, "--json")
        return said.exit_code == 1 and json.loads(said.err)["error"]["code"] == "permission_denied"

    await eventually(refused)


async def test_wrong_key_exits_with_4_and_a_documentation_link_that_opens(running: Up) -> None:
    said = await running.run("chat", "x", "--key", keys.generate(), "--json")

    assert (said.exit_code, said.out) == (4, "")
    error = json.loads(said.err)["error"]
    assert error["code"] == "unauthenticated"
    assert error["hint"]
    assert error["request_id"].startswith("req_")
    page = await pyqwest.Client().get(error["documentation"].partition("#")[0])
    assert page.status == 200
    assert b'id="unauthenticated"' in page.content


async def test_unknown_model_is_told(running: Up) -> None:
    said = await running.run("chat", "x", "--model", "nothing")

    assert said.exit_code == 1
    assert "model_not_found" in said.err


async def test_events_tail_prints_cloud_events_from_the_start_and_as_they_happen(running: Up) -> None:
    first = (await running.run("chat", "x", "--json")).json()["request_id"]

    async def told() -> bool:
        tail = await running.run("events", "tail", "--topic", "config", "--from-start", "--limit", "1")
        return bool(json.loads(tail.out)["type"] == "seawall.config.changed")

    await eventually(told)

    async def asked_while_listening() -> str:
        listening = asyncio.create_task(running.run("events", "tail", "--topic", "requests", "--limit", "1"))
        while not listening.done():
            await running.run("chat", "x", "--no-stream")
        return (await listening).out

    event = json.loads(await asyncio.wait_for(asked_while_listening(), PATIENCE))
    assert event["type"] == "seawall.request.finished"
    assert event["data"]["request_id"].startswith("req_")
    assert event["data"]["request_id"] != first


async def test_doctor_finds_nothing_wrong(running: Up) -> None:
    told = (await running.run("doctor", "--json")).json()

    assert told["ok"] is True
    assert [check["name"] for check in told["checks"]] == [
        *("python", "gateway", "key", "gateway gRPC", "kafka", "config", "monitor", "alerts")
    ]


async def test_doctor_names_the_broken_part_and_the_fix(running: Up) -> None:
    said = await running.run("doctor", "--json", "--bootstrap", "127.0.0.1:1")

    assert said.exit_code == 1
    broken = [check for check in json.loads(said.out)["checks"] if not check["ok"]]
    assert [check["name"] for check in broken] == ["kafka"]
    assert "--bootstrap" in broken[0]["fix"]


async def test_acknowledging_an_unknown_alert_is_not_found(running: Up) -> None:
    said = await running.run("alerts", "ack", "none", "--json")

    assert said.exit_code == 1
    assert json.loads(said.err)["error"]["code"] in {"not_found", "invalid_request"}
    assert (await running.run("alerts", "list", "--json")).json() == {"alerts": []}


async def test_official_sdk_works_with_the_printed_url_and_key(running: Up) -> None:
    async with AsyncOpenAI(base_url=f"{running.told['url']}/v1", api_key=running.told["key"]) as client:
        answer = await client.chat.completions.create(
            model=running.told["model"], messages=[{"role": "user", "content": "Hello"}]
        )

    assert answer.choices[0].message.content


async def test_without_anything_running_the_error_says_how_to_start(tmp_path: Path) -> None:
    said = await seawall("status", "--url", "http://127.0.0.1:1", "--key", "sw_x", cwd=tmp_path)

    assert (said.exit_code, said.out) == (1, "")
    assert "gateway_unreachable" in said.err
    assert "seawall up" in said.err


async def test_without_a_key_the_exit_code_is_4(tmp_path: Path) -> None:
    assert (await seawall("chat", "x", cwd=tmp_path)).exit_code == 4


@pytest.mark.parametrize(
    "arguments", [["keys", "create"], ["chat", "--model"], ["nothing"], ["keys", "create", "x", "--expires", "soon"]]
)
async def test_wrong_use_exits_with_2(arguments: list[str], tmp_path: Path) -> None:
    assert (await seawall(*arguments, cwd=tmp_path)).exit_code == 2


async def test_what_is_not_seawall_is_called_so(tmp_path: Path, running: Up) -> None:
    said = await seawall("targets", "--url", running.told["simulator"], "--key", "sw_x", cwd=tmp_path)

    assert said.exit_code == 1
    assert "not_seawall" in said.err
