"""The gateway as the CLI sees it: Connect's JSON calls and plain HTTP, with errors that say what to do."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, TypeVar

from google.protobuf import json_format
from google.protobuf.message import Message
from pyqwest import (
    FullResponse,
    Headers,
    ReadError,
    RemoteProtocolError,
    SyncClient,
    SyncHTTPTransport,
    SyncResponse,
    WriteError,
)

from cli.connection import Connection
from cli.problem import Problem

A = TypeVar("A", bound=Message)

CONNECT_TIMEOUT = 5.0
RPC_TIMEOUT = 30.0
PROBE_TIMEOUT = 5.0
"""Seconds."""
OWN = "organizations/-"
"""The organization of the key that calls."""

_OK = 200
_TRANSPORT_ERRORS = (OSError, ReadError, WriteError, RemoteProtocolError)  # OSError: refused, and TimeoutError


class Door:
    """Calls one gateway; every failure is a Problem."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self._client = SyncClient(
            SyncHTTPTransport(connect_timeout=CONNECT_TIMEOUT, tls_include_system_certs=True, enable_otel=False)
        )

    def call(self, rpc: str, request: Message, answer: type[A], *, timeout: float = RPC_TIMEOUT) -> A:
        """Call `rpc`, such as `seawall.config.v1.ConfigService/ListKeys`, and read its answer."""
        response = self.post(f"/{rpc}", json.loads(json_format.MessageToJson(request)), timeout=timeout)
        try:
            return json_format.Parse(response.content, answer(), ignore_unknown_fields=True)
        except json_format.ParseError as error:
            raise self._not_seawall(response.status) from error

    def unmet(self) -> dict[str, str]:
        """What the gateway waits for before it can serve, and why; empty when it is ready. Needs no key."""
        with self._reaching():
            response = self._client.get(f"{self._connection.url}/health/ready", timeout=PROBE_TIMEOUT)
        try:
            unmet = json.loads(response.content)["unmet"]
        except (ValueError, KeyError, TypeError) as error:
            raise self._not_seawall(response.status) from error
        return dict(unmet)

    def get(self, path: str) -> FullResponse:
        """GET a path; answers of 200 only."""
        with self._reaching():
            response = self._client.get(self._connection.url + path, self._headers(), timeout=RPC_TIMEOUT)
        return self._checked(response)

    def post(self, path: str, body: dict[str, Any], *, timeout: float) -> FullResponse:
        """POST JSON; answers of 200 only."""
        with self._reaching():
            response = self._client.post(
                self._connection.url + path, self._headers(), json.dumps(body).encode(), timeout=timeout
            )
        return self._checked(response)

    @contextmanager
    def stream(self, path: str, body: dict[str, Any], *, timeout: float) -> Iterator[SyncResponse]:
        """POST JSON and read the answer as it comes; answers of 200 only."""
        with (
            self._reaching(),
            self._client.stream(
                "POST", self._connection.url + path, self._headers(), json.dumps(body).encode(), timeout=timeout
            ) as response,
        ):
            if response.status != _OK:
                content = b"".join(bytes(part) for part in response.content)
                raise self.problem_of(response.status, content, response.headers)
            yield response

    def problem_of(self, status: int, content: bytes, headers: Headers) -> Problem:
        """What an error says, in OpenAI's shape or in Connect's."""
        try:
            body = json.loads(content)
        except ValueError:
            return self._not_seawall(status)
        if not isinstance(body, dict):
            return self._not_seawall(status)
        error = body.get("error", body)
        if not isinstance(error, dict) or not error.get("code"):
            return self._not_seawall(status)
        code = headers.get("x-seawall-reason") or str(error["code"])
        return Problem(
            code,
            str(error.get("message") or "The gateway gave no message."),
            request_id=str(error.get("request_id") or headers.get("x-seawall-request-id", "")),
            documentation=f"{self._connection.url}/docs/errors#{code}",
        )

    def _headers(self) -> dict[str, str]:
        return {
            "authorization": f"Bearer {self._connection.require_key()}",
            "content-type": "application/json",
            "connect-protocol-version": "1",
        }

    def _checked(self, response: FullResponse) -> FullResponse:
        if response.status != _OK:
            raise self.problem_of(response.status, response.content, response.headers)
        return response

    def _not_seawall(self, status: int) -> Problem:
        return Problem(
            "not_seawall",
            f"What answers at {self._connection.url} (status {status}) does not speak as a Seawall gateway does.",
            hint="Check --url or SEAWALL_URL.",
        )

    @contextmanager
    def _reaching(self) -> Iterator[None]:
        try:
            yield
        except TimeoutError as error:
            raise Problem(
                "timeout",
                f"{self._connection.url} did not answer in time.",
                hint="`seawall status` shows how the targets are; give --timeout for more time where there is one.",
            ) from error
        except _TRANSPORT_ERRORS as error:
            raise Problem(
                "gateway_unreachable",
                f"{self._connection.url} cannot be reached: {error}",
                hint="Start one with `seawall up`, or say where it is with --url or SEAWALL_URL.",
            ) from error
