"""The examples do what they say, as somebody runs them who knows a URL and a key."""

import asyncio
import os
import re
import shutil
import sys
import uuid
from datetime import UTC, datetime
from pathlib import Path

import pyqwest
import pytest
from standardwebhooks import Webhook

from tests.e2e.system import WEBHOOK_SECRET, System
from tests.stack.choose import tool
from tests.stack.eventually import PATIENCE, eventually
from tests.stack.ports import free_port
from tests.stack.process import OwnedProcess

ROOT = Path(__file__).parents[2]
EXAMPLES = ROOT / "examples"
ANSWER = "alpha/small heard: Hello there"


def environment(system: System) -> dict[str, str]:
    return {
        **os.environ,
        "SEAWALL_URL": system.http(),
        "SEAWALL_GRPC": system.grpc(),
        "SEAWALL_KAFKA_BOOTSTRAP": system.stores.kafka.bootstrap,
        "SEAWALL_KEY": system.key,
    }


async def run(system: System, *command: str, within: float = PATIENCE) -> str:
    """What the command wrote; it must succeed, in so many seconds."""
    process = await asyncio.create_subprocess_exec(
        *command, env=environment(system), stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE
    )
    try:
        async with asyncio.timeout(within):
            said, complained = await process.communicate()
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()
    assert process.returncode == 0, complained.decode()
    return said.decode()


async def python(system: System, name: str, *arguments: str) -> str:
    return await run(system, sys.executable, str(EXAMPLES / "python" / name), *arguments)


async def curl(system: System, name: str) -> str:
    tool("curl")
    return await run(system, str(EXAMPLES / "curl" / name))


def snippet(system: System, which: str) -> str:
    """The Python of the README that imports `which`, with this system's addresses and key."""
    blocks: list[str] = re.findall(r"^```python\n(.*?)^```", (ROOT / "README.md").read_text(), re.MULTILINE | re.DOTALL)
    (block,) = [block for block in blocks if f"import {which}" in block]
    return (
        block.replace("http://127.0.0.1:8080", system.http())
        .replace("127.0.0.1:50051", system.grpc())
        .replace("127.0.0.1:9092", system.stores.kafka.bootstrap)
        .replace("sw_...", system.key)
    )


async def test_the_readmes_openai_lines_get_an_answer(system: System) -> None:
    lines = snippet(system, "OpenAI") + "print(answer.choices[0].message.content)\n"
    assert "alpha/small heard: Hello" in await run(system, sys.executable, "-c", lines)


async def test_the_readmes_grpc_lines_print_answer_and_cost(system: System) -> None:
    assert "alpha/small heard: Hello" in await run(system, sys.executable, "-c", snippet(system, "grpc"))


async def test_the_readmes_consumer_sees_a_request(system: System, tmp_path: Path) -> None:
    (tmp_path / "readme.py").write_text(snippet(system, "FastStream"))
    log = tmp_path / "log"
    consumer = OwnedProcess(
        "the README's consumer",
        [sys.executable, "-m", "faststream", "run", "--app-dir", str(tmp_path), "readme:app"],
        log,
        environment=environment(system),
    )
    answer = await system.chat("for the README")
    await consumer.start()
    try:
        await eventually(lambda: f"{answer.headers['x-seawall-request-id']} alpha/small 0." in log.read_text())
    finally:
        await consumer.discard()


@pytest.mark.parametrize("name", ["openai_chat.py", "openai_stream.py", "grpc_chat.py", "reflection.py"])
async def test_a_python_example_prints_the_answer(system: System, name: str) -> None:
    assert ANSWER in await python(system, name)


async def test_the_grpc_example_prints_both_answers_and_what_it_cost(system: System) -> None:
    lines = (await python(system, "grpc_chat.py")).splitlines()
    assert lines[0] == lines[2]
    assert lines[1].startswith("req_")
    assert " alpha/small, 0.0" in lines[1]


async def test_the_kafka_example_sees_finished_requests(system: System) -> None:
    answer = await system.chat("for the consumer")
    await system.request(answer.headers["x-seawall-request-id"])
    request_id, project, model, outcome, cost = (await python(system, "kafka_requests.py", "1")).split()
    assert request_id.startswith("req_")
    assert (project, outcome) == ("shop", "succeeded")
    assert model
    assert cost


async def test_the_usage_example_shows_each_model(system: System) -> None:
    answer = await system.chat("for the sums")
    await system.request(answer.headers["x-seawall-request-id"])
    assert any(line.startswith("chat ") for line in (await python(system, "usage.py")).splitlines())


async def test_the_curl_examples_answer(system: System) -> None:
    whole = await curl(system, "chat.sh")
    assert "x-seawall-request-id: req_" in whole
    assert ANSWER in whole
    streamed = await curl(system, "stream.sh")
    assert streamed.endswith("data: [DONE]\n\n")

    async def known() -> bool:
        return '"alpha/small"' in await curl(system, "target-health.sh")

    await eventually(known, every=0.5)


async def test_the_grpcurl_example_answers(system: System) -> None:
    if shutil.which("grpcurl") is None:
        pytest.skip(
            "grpcurl is not on this machine; examples/python/reflection.py makes the same call and is always run"
        )
    assert ANSWER in await run(system, str(EXAMPLES / "grpcurl" / "chat.sh"))


async def test_the_webhook_example_believes_right_signatures_only(tmp_path: Path) -> None:
    port, log, event_id = free_port(), tmp_path / "log", f"msg_{uuid.uuid4().hex}"
    receiver = OwnedProcess(
        "webhook example",
        [sys.executable, str(EXAMPLES / "python" / "webhook_receiver.py")],
        log,
        environment={**os.environ, "PORT": str(port), "WEBHOOK_SECRET": WEBHOOK_SECRET},
    )
    body = '{"type": "seawall.alert.opened", "data": {"summary": "alpha/small is down"}}'
    now = datetime.now(UTC)
    headers = {
        "webhook-id": event_id,
        "webhook-timestamp": str(int(now.timestamp())),
        "webhook-signature": Webhook(WEBHOOK_SECRET).sign(event_id, now, body),
    }
    client = pyqwest.Client(pyqwest.HTTPTransport(timeout=5.0))

    async def post(text: str) -> int:
        return (await client.post(f"http://127.0.0.1:{port}/", headers, text.encode())).status

    await receiver.start()
    try:
        assert await eventually(lambda: post(body)) == 204
        assert await post(body.replace("down", "fine")) == 401
        assert f"{event_id} seawall.alert.opened alpha/small is down" in log.read_text()
        assert "fine" not in log.read_text()
    finally:
        await receiver.discard()
