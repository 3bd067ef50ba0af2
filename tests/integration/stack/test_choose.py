"""A dependency that cannot be had is a skip with its reason, and a failure where it is demanded."""

import asyncio
import signal
import sys
from pathlib import Path

import pytest

from tests.stack.choose import Source, given_address, source_of
from tests.stack.eventually import PATIENCE, eventually
from tests.stack.process import OwnedProcess


@pytest.fixture(autouse=True)
def bare_machine(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    for name in ("CI", "SEAWALL_TEST_REQUIRE", "SEAWALL_TEST_KAFKA"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setattr("tests.stack.choose._docker_answers", lambda: False)


def test_what_is_there_runs_natively() -> None:
    assert source_of("kafka", {"java": True, "jars": True}) is Source.NATIVE


def test_what_cannot_be_had_is_a_skip_that_names_what_lacks() -> None:
    with pytest.raises(pytest.skip.Exception, match="lacks jars"):
        source_of("kafka", {"java": True, "jars": False})


@pytest.mark.parametrize(("name", "value"), [("CI", "true"), ("SEAWALL_TEST_REQUIRE", "redis kafka")])
def test_what_is_demanded_and_cannot_be_had_is_a_failure(
    monkeypatch: pytest.MonkeyPatch, name: str, value: str
) -> None:
    monkeypatch.setenv(name, value)
    with pytest.raises(pytest.fail.Exception, match="lacks java"):
        source_of("kafka", {"java": False})


def test_an_empty_address_is_no_address(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SEAWALL_TEST_KAFKA", "")
    assert given_address("kafka") is None
    monkeypatch.setenv("SEAWALL_TEST_KAFKA", "kafka:9092")
    assert given_address("kafka") == "kafka:9092"


async def test_a_process_that_ignores_its_stop_is_killed_and_reported_with_its_last_words(tmp_path: Path) -> None:
    deaf = (
        "import signal, time; signal.signal(signal.SIGTERM, signal.SIG_IGN); print('deaf', flush=True); time.sleep(60)"
    )
    process = OwnedProcess("Deaf", [sys.executable, "-c", deaf], tmp_path / "log")
    await process.start()
    await eventually(lambda: "deaf" in process.last_words())
    with pytest.raises(RuntimeError, match=r"(?s)did not end within 0\.2 s of SIGTERM.*deaf"):
        await process.stop(within=0.2)
    assert not process.running


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux ends a child with its parent")
async def test_a_process_ends_with_the_test_run_that_is_killed(tmp_path: Path) -> None:
    run = (
        "import asyncio, sys, time; from pathlib import Path; from tests.stack.process import OwnedProcess\n"
        "child = OwnedProcess('Child', ['sleep', '60'], Path(sys.argv[1]))\n"
        "asyncio.run(child.start()); print(child.pid, flush=True); time.sleep(60)\n"
    )
    parent = await asyncio.create_subprocess_exec(
        sys.executable, "-c", run, str(tmp_path / "log"), stdout=asyncio.subprocess.PIPE, cwd=Path(__file__).parents[3]
    )
    assert parent.stdout is not None
    child = int(await asyncio.wait_for(parent.stdout.readline(), PATIENCE))
    # Until setpriv has become the command, it has not asked for the signal yet.
    await eventually(lambda: Path(f"/proc/{child}/cmdline").read_bytes().startswith(b"sleep\0"))
    parent.send_signal(signal.SIGKILL)
    await parent.wait()
    await eventually(
        lambda: not Path(f"/proc/{child}").exists() or "\nState:\tZ" in Path(f"/proc/{child}/status").read_text()
    )
