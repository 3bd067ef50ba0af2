"""A request explained at the terminal, by what `seawall explain` printed."""

import json
import re
from pathlib import Path

import pyqwest

from tests.integration.cli.seawall import Up, up


async def test_an_answered_request_is_explained_in_numbered_sentences(running: Up) -> None:
    request_id = (await running.run("chat", "--json", "x")).json()["request_id"]

    said = await running.run("explain", request_id)
    told = (await running.run("explain", request_id, "--json")).json()

    assert told["request"]["name"].endswith(f"/requests/{request_id}")
    lines = said.out.splitlines()
    assert lines == [f"{number}. {sentence}" for number, sentence in enumerate(told["sentences"], start=1)]
    assert "alpha/alpha-large was to be asked first: " in said.out
    assert re.search(r"Attempt 1 asked alpha/alpha-large; it answered in [\d.]+ m?s, using \d+ tokens in", said.out)
    assert f"it cost ${told['request']['cost_usd']}." in lines[-1]


async def test_a_rescued_request_is_explained_with_what_failed_and_what_was_decided(tmp_path: Path) -> None:
    async with up(tmp_path / "data") as running:
        down = await pyqwest.Client().post(f"{running.told['simulator']}/vendors/alpha/down")
        assert down.status == 200
        request_id = (await running.run("chat", "--json", "x")).json()["request_id"]

        said = await running.run("explain", request_id)

    assert said.exit_code == 0, said
    assert re.search(r"Attempt 1 asked alpha/alpha-large; it failed after .*: the vendor .* \(vendor_\w+", said.out)
    assert re.search(r"went on to the next target, beta/beta-large; it answered in", said.out)
    assert re.search(r"The request was answered by beta/beta-large in", said.out)


async def test_an_unknown_request_is_not_found(running: Up) -> None:
    said = await running.run("explain", "req_none", "--wait", "0", "--json")

    assert (said.exit_code, said.out) == (1, "")
    assert json.loads(said.err)["error"]["code"] == "not_found"
