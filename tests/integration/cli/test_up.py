"""The life of `seawall up`: ready, refused, broken, stopped; never a process left."""

import os
import signal
import socket
from pathlib import Path

import pytest

from tests.integration.cli.seawall import STOPPED_WITHIN, Up, processes_of, seawall, up
from tests.stack.eventually import eventually

MODULES = {
    *("cli.dev_broker", "simulator"),
    *(f"services.{name}" for name in ("config", "providers", "monitor", "alerts", "gateway")),
}


def _modules(running: Up) -> set[str]:
    return {words[words.index("-m") + 1] for line in running.children().values() if "-m" in (words := line.split())}


def _pid(running: Up, module: str) -> int | None:
    return next((pid for pid, line in running.children().items() if f"-m {module} " in f"{line} "), None)


async def test_ctrl_c_stops_everything_and_the_next_up_has_the_same_key(tmp_path: Path) -> None:
    async with up(tmp_path / "data") as first:
        assert _modules(first) == MODULES
        assert await first.stop(signal.SIGINT) == 0
    assert not (tmp_path / "data" / "up.json").exists()

    async with up(tmp_path / "data") as second:
        assert second.told["key"] == first.told["key"]
        assert (await second.run("chat", "hello")).exit_code == 0
        listed = (await second.run("requests", "list", "--json")).json()
        assert listed.keys() == {"requests"}
        assert await second.stop(signal.SIGTERM) == 0


async def test_nothing_outlives_an_up_that_is_killed(tmp_path: Path) -> None:
    async with up(tmp_path / "data") as running:
        running.process.kill()
        await running.process.wait()
        await eventually(lambda: not running.children(), STOPPED_WITHIN)


async def test_service_that_dies_is_started_again(tmp_path: Path) -> None:
    async with up(tmp_path / "data") as running:
        before = _pid(running, "services.providers")
        assert before is not None
        os.kill(before, signal.SIGKILL)

        await eventually(lambda: _pid(running, "services.providers") not in {None, before})

        async def answered() -> bool:
            return (await running.run("chat", "hello")).exit_code == 0

        await eventually(answered)
        assert "providers ended with status -9; restart 1 of 3" in (tmp_path / "data.stderr").read_text()


async def test_up_ends_with_its_broker(tmp_path: Path) -> None:
    async with up(tmp_path / "data") as running:
        broker = _pid(running, "cli.dev_broker")
        assert broker is not None
        os.kill(broker, signal.SIGKILL)

        code = await running.process.wait()

        assert code == 1
        assert "broker ended with status -9" in (tmp_path / "data.stderr").read_text()
        assert not running.children()


async def test_second_up_on_the_same_directory_is_refused(running: Up) -> None:
    said = await seawall("up", "--data-dir", str(running.directory), "--http-port", "0", "--grpc-port", "0")

    assert (said.exit_code, said.out) == (1, "")
    assert "data_dir_in_use" in said.err
    assert (await running.run("chat", "hello")).exit_code == 0


async def test_two_ups_run_beside_each_other(running: Up, tmp_path: Path) -> None:
    async with up(tmp_path / "data") as other:
        assert other.told["url"] != running.told["url"]
        assert (await other.run("chat", "hello")).exit_code == 0
        assert (await running.run("chat", "hello")).exit_code == 0


async def test_taken_port_is_refused_before_anything_starts(tmp_path: Path) -> None:
    with socket.socket() as somebody:
        somebody.bind(("127.0.0.1", 0))
        somebody.listen()
        port = str(somebody.getsockname()[1])

        said = await seawall("up", "--data-dir", str(tmp_path / "data"), "--http-port", port, "--grpc-port", "0")

    assert said.exit_code == 1
    assert "port_taken" in said.err
    assert not processes_of(tmp_path / "data")


async def test_service_that_cannot_start_is_named_with_its_last_words(tmp_path: Path) -> None:
    said = await seawall(
        *("up", "--data-dir", str(tmp_path / "data"), "--http-port", "0", "--grpc-port", "0"),
        SEAWALL_LOG_LEVEL="loud",
    )

    assert said.exit_code == 1
    assert "process_failed" in said.err
    assert "SEAWALL_LOG_LEVEL" in said.err
    assert not processes_of(tmp_path / "data")


@pytest.mark.parametrize("text", ["organization: [", "organization: acme\nmodel: []\n"])
async def test_wrong_manifest_is_refused_before_anything_starts(tmp_path: Path, text: str) -> None:
    manifest = tmp_path / "seawall.yaml"
    manifest.write_text(text)

    said = await seawall("up", "--data-dir", str(tmp_path / "data"), "--manifest", str(manifest))

    assert said.exit_code == 1
    assert "invalid_request" in said.err
    assert not (tmp_path / "data" / "logs" / "broker.log").exists()
