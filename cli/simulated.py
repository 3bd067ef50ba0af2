"""The control of the simulated vendors as the CLI sees it: JSON over HTTP, with errors that say what to do."""

import json
from pathlib import Path
from typing import Any
from urllib.parse import quote

from pyqwest import ReadError, RemoteProtocolError, SyncClient, SyncHTTPTransport, WriteError

from cli.connection import running_up
from cli.problem import Problem

TIMEOUT = 10.0
"""Seconds."""
_OK = 200
_HINT = "Start one with `seawall up` without vendor keys, or say where its control is with --control."


class Control:
    """Speaks to one simulator; every failure is a Problem."""

    def __init__(self, given: str | None, data_dir: Path) -> None:
        url = given or running_up(data_dir).get("simulator") or ""
        if not url:
            raise Problem(
                "no_simulator", "There are no simulated vendors here: chaos is never done to real ones.", hint=_HINT
            )
        if not url.startswith(("http://", "https://")):
            raise Problem(
                "bad_url", f"{url!r} is not an http:// or https:// URL.", hint="Write it as http://host:port."
            )
        self.url = url.rstrip("/")
        self._client = SyncClient(SyncHTTPTransport(connect_timeout=TIMEOUT, enable_otel=False))

    def vendors(self) -> list[dict[str, Any]]:
        """All vendors, as the simulator describes them."""
        vendors: list[dict[str, Any]] = self.call("GET", "/vendors")["vendors"]
        return vendors

    def vendor(self, name: str) -> dict[str, Any]:
        """One vendor. Raises Problem where there is none of that name."""
        return self.call("GET", path_of(name))

    def call(self, method: str, path: str, body: object = None) -> dict[str, Any]:
        """Ask, and return the answer."""
        content = b"" if body is None else json.dumps(body).encode()
        try:
            response = self._client.execute(method, self.url + path, None, content, timeout=TIMEOUT)
        except (OSError, ReadError, WriteError, RemoteProtocolError) as error:  # OSError: refused, and TimeoutError
            raise Problem("simulator_unreachable", f"{self.url} cannot be reached: {error}", hint=_HINT) from error
        answer = self._read(response.content)
        if response.status != _OK:
            raise Problem("refused", str(answer["error"]["message"]), hint="`seawall chaos list` shows what there is.")
        return answer

    def _read(self, content: bytes) -> dict[str, Any]:
        """An answer of a simulator: an object, with an error of a message and a field if it has an error."""
        try:
            answer = json.loads(content)
            if isinstance(answer, dict) and ("error" not in answer or {"message", "field"} <= answer["error"].keys()):
                return answer
        except (ValueError, AttributeError):
            pass
        raise Problem("not_simulator", f"What answers at {self.url} is no simulator's control.", hint=_HINT)


def path_of(vendor: str, model: str = "") -> str:
    """The path of a vendor, or of one of its models."""
    return f"/vendors/{quote(vendor, safe='')}" + (f"/models/{quote(model, safe='')}" if model else "")
