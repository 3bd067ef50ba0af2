"""Every fault, as it leaves a vendor of each dialect that has OpenAI's framing."""

import asyncio
import json
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass
from typing import Any, get_args

import pytest

from simulator import (
    ContentFilter,
    ContextLength,
    Cut,
    ErrorBody,
    ErrorEvent,
    ErrorStatus,
    Fault,
    Filtered,
    GarbageEvent,
    Hang,
    HugeBody,
    InvalidUtf8,
    Malformed,
    NoDone,
    NoFinish,
    RefusesPrefill,
    Reset,
    Simulator,
    SlowFirstToken,
    Stall,
    Vendor,
    VendorSpec,
)
from simulator.vendor import DialectName
from tests.integration.simulator.clients import MESSAGES, Wire, content_length, failing
from tests.stack.eventually import PATIENCE

SILENCE = 0.2


@dataclass(frozen=True)
class Spoken:
    """An endpoint, and how what it says is read: `text` of an event or a body, `finish` the reason in it, if any."""

    dialect: DialectName
    path: str
    asked: dict[str, Any]
    begun: dict[str, Any]
    text: Callable[[dict[str, Any]], str]
    finish: Callable[[dict[str, Any]], str | None]


def chat_text(said: dict[str, Any]) -> str:
    choice = (said.get("choices") or [{}])[0]
    return (choice.get("delta") or choice.get("message") or {}).get("content") or ""


def chat_finish(said: dict[str, Any]) -> str | None:
    reason: str | None = (said.get("choices") or [{}])[0].get("finish_reason")
    return reason


def response_text(said: dict[str, Any]) -> str:
    if said.get("type") == "response.output_text.delta":
        return str(said["delta"])
    return "".join(part["text"] for item in said.get("output") or [] for part in item["content"])


def response_finish(said: dict[str, Any]) -> str | None:
    whole = said.get("response", said)
    if whole.get("status") == "incomplete":
        return str(whole["incomplete_details"]["reason"])
    return "stop" if whole.get("status") == "completed" and whole.get("usage") else None


CHAT: dict[str, Any] = {"model": "m", "messages": MESSAGES}
PREFIX = {"role": "assistant", "content": "x/m heard: one"}
DEPLOYED = "/openai/deployments/m/chat/completions?api-version=2024-10-21"
SPOKEN = {
    "mistral": Spoken(
        "mistral",
        "/v1/chat/completions",
        CHAT,
        {"messages": [*MESSAGES, {**PREFIX, "prefix": True}]},
        chat_text,
        chat_finish,
    ),
    "azure": Spoken("azure", DEPLOYED, CHAT, {"messages": [*MESSAGES, PREFIX]}, chat_text, chat_finish),
    "responses": Spoken(
        "openai",
        "/v1/responses",
        {"model": "m", "input": MESSAGES},
        {"input": [*MESSAGES, PREFIX]},
        response_text,
        response_finish,
    ),
}
WORDS = "x/m heard: one two"
BEHAVIOUR: dict[str, Any] = {"answer_tokens": 4}


@dataclass(frozen=True)
class Seen:
    """What came: `how` says whether it ended, was cut, fell silent, or was reset."""

    head: bytes
    body: bytes
    how: str

    @property
    def status(self) -> int:
        return int(self.head.split()[1]) if self.head else 0

    def said(self) -> list[dict[str, Any]]:
        """The events, or the body, that are JSON objects."""
        lines = self.body.split(b"\n") if b"text/event-stream" in self.head else [self.body]
        read = (_read(line.removeprefix(b"data: ")) for line in lines)
        return [said for said in read if isinstance(said, dict)]


def _read(line: bytes) -> object:
    try:
        return json.loads(line.decode(errors="replace"))
    except json.JSONDecodeError:
        return None


@pytest.fixture(name="spoken", params=SPOKEN)
def _spoken(request: pytest.FixtureRequest) -> Spoken:
    return SPOKEN[request.param]


@pytest.fixture(name="vendor")
async def _vendor(spoken: Spoken) -> AsyncIterator[Vendor]:
    async with Simulator([VendorSpec(name="x", dialect=spoken.dialect)], seed=1) as running:
        yield running.vendor("x")


async def ask(vendor: Vendor, spoken: Spoken, *, stream: bool, begun: bool = False) -> Seen:
    """Ask once, and read as much as comes."""
    wire = await Wire.open(vendor.url)
    body = json.dumps({**spoken.asked, **(spoken.begun if begun else {}), "stream": stream}).encode()
    head = f"POST {spoken.path} HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer k\r\nConnection: close\r\n"
    wire.writer.write(f"{head}Content-Length: {len(body)}\r\n\r\n".encode() + body)
    came = b""
    try:
        while more := await asyncio.wait_for(wire.reader.read(1 << 16), PATIENCE if not came else SILENCE):
            came += more
    except TimeoutError:
        return _seen(came, "silent")
    except ConnectionResetError:
        return _seen(came, "reset")
    finally:
        wire.close()
    return _seen(came, "ended")


def _seen(came: bytes, how: str) -> Seen:
    head, _, body = came.partition(b"\r\n\r\n")
    if b"content-length" in head:
        whole = len(body) == content_length(head + b"\r\n")
    else:
        body, whole = _unchunked(body)
    return Seen(head, body, how if whole or how != "ended" else "cut")


def _unchunked(body: bytes) -> tuple[bytes, bool]:
    """The body without HTTP's chunks, and whether the last of them is there."""
    parts = bytearray()
    while body:
        size, _, rest = body.partition(b"\r\n")
        if int(size, 16) == 0:
            return bytes(parts), True
        parts += rest[: int(size, 16)]
        body = rest[int(size, 16) + 2 :]
    return bytes(parts), False


def whole(spoken: Spoken, seen: Seen, text: str = WORDS, finish: str | None = "stop") -> None:
    said = seen.said()
    assert (seen.status, seen.how) == (200, "ended")
    deltas = said[:-1] if len(said) > 1 else said
    assert "".join(map(spoken.text, deltas)) == text
    assert [reason for reason in map(spoken.finish, said) if reason] == ([finish] if finish else [])


@pytest.mark.parametrize("stream", [False, True], ids=["plain", "stream"])
class TestBoth:
    async def test_an_error_comes_instead(self, vendor: Vendor, spoken: Spoken, stream: bool) -> None:
        for fault, status in (
            (ErrorStatus(status=503), 503),
            (ErrorStatus(status=401), 401),
            (ErrorStatus(status=429, retry_after=2), 429),
            (ContextLength(), 400),
            (ContentFilter(), 400),
            (ErrorBody(), 200),
        ):
            vendor.set(None, failing(fault))
            seen = await ask(vendor, spoken, stream=stream)
            (said,) = seen.said()
            assert (seen.status, seen.how) == (status, "ended")
            assert "error" in said or said.get("object") == "error" or said == {"detail": "Unauthorized"}
            assert (b"retry-after: 2" in seen.head) == (status == 429)

    async def test_an_answer_that_is_begun_may_be_refused(self, vendor: Vendor, spoken: Spoken, stream: bool) -> None:
        vendor.set(None, failing(RefusesPrefill(), **BEHAVIOUR))
        assert (await ask(vendor, spoken, stream=stream, begun=True)).status == 400
        whole(spoken, await ask(vendor, spoken, stream=stream))

    async def test_nothing_may_come(self, vendor: Vendor, spoken: Spoken, stream: bool) -> None:
        vendor.set(None, failing(Reset()))
        seen = await ask(vendor, spoken, stream=stream)
        assert (seen.how, seen.head) == ("reset", b"")

    async def test_a_slow_answer_is_whole(self, vendor: Vendor, spoken: Spoken, stream: bool) -> None:
        vendor.set(None, failing(SlowFirstToken.model_validate({"delay": 0.05}), **BEHAVIOUR))
        whole(spoken, await ask(vendor, spoken, stream=stream))

    async def test_an_answer_is_cut(self, vendor: Vendor, spoken: Spoken, stream: bool) -> None:
        vendor.set(None, failing(Cut(after_chunks=2), **BEHAVIOUR))
        assert (await ask(vendor, spoken, stream=stream)).how == "cut"
        vendor.set(None, failing(Cut(after_chunks=2, how="ended"), **BEHAVIOUR))
        seen = await ask(vendor, spoken, stream=stream)
        assert seen.how == "ended"
        assert not any(map(spoken.finish, seen.said()))

    async def test_an_answer_falls_silent(self, vendor: Vendor, spoken: Spoken, stream: bool) -> None:
        vendor.set(None, failing(Stall(after_chunks=2), **BEHAVIOUR))
        seen = await ask(vendor, spoken, stream=stream)
        assert (seen.status, seen.how) == (200, "silent")
        assert not any(map(spoken.finish, seen.said()))

    async def test_an_answer_has_an_event_or_a_body_that_is_no_json(
        self, vendor: Vendor, spoken: Spoken, stream: bool
    ) -> None:
        vendor.set(None, failing(Malformed(), **BEHAVIOUR))
        seen = await ask(vendor, spoken, stream=stream)
        if stream:
            whole(spoken, seen)
            lines = [line for line in seen.body.split(b"\n") if line.startswith(b"data: {")]
            assert len(lines) == len(seen.said()) + 1
        else:
            assert seen.said() == []

    async def test_an_answer_has_types_that_are_wrong(self, vendor: Vendor, spoken: Spoken, stream: bool) -> None:
        vendor.set(None, failing(GarbageEvent(what="types"), **BEHAVIOUR))
        seen = await ask(vendor, spoken, stream=stream)
        assert seen.how == "ended"
        assert any(isinstance(said.get("usage"), list) or said.get("response") == "none" for said in seen.said())

    async def test_a_text_is_no_utf8_or_huge(self, vendor: Vendor, spoken: Spoken, stream: bool) -> None:
        for fault, mark in ((InvalidUtf8(), b"\xff"), (HugeBody(bytes=50_000), b"x" * 50_000)):
            vendor.set(None, failing(fault, **BEHAVIOUR))
            seen = await ask(vendor, spoken, stream=stream)
            assert (seen.how, mark in seen.body) == ("ended", True)
            texts = "".join(map(spoken.text, seen.said()[: -1 if stream else None]))
            assert texts.replace("x" * 50_000, "").replace("\ufffd\ufffd(\ufffd", "") == WORDS
            assert texts != WORDS

    async def test_a_web_page_comes_instead(self, vendor: Vendor, spoken: Spoken, stream: bool) -> None:
        vendor.set(None, failing(GarbageEvent(what="html")))
        seen = await ask(vendor, spoken, stream=stream)
        assert (seen.status, b"text/html" in seen.head) == (200, True)

    async def test_what_says_nothing_changes_nothing(self, vendor: Vendor, spoken: Spoken, stream: bool) -> None:
        vendor.set(None, failing(GarbageEvent(what="comments", comments=20), **BEHAVIOUR))
        whole(spoken, await ask(vendor, spoken, stream=stream))

    async def test_a_policy_ends_an_answer(self, vendor: Vendor, spoken: Spoken, stream: bool) -> None:
        vendor.set(None, failing(Filtered(after_chunks=2), **BEHAVIOUR))
        reason = "error" if spoken.dialect == "mistral" else "content_filter"
        whole(spoken, await ask(vendor, spoken, stream=stream), "x/m heard:", reason)


async def test_nothing_ever_comes(vendor: Vendor, spoken: Spoken) -> None:
    vendor.set(None, failing(Hang()))
    wire = await Wire.open(vendor.url)
    wire.post(json.dumps(spoken.asked).encode(), spoken.path)
    assert await wire.is_silent()
    wire.close()


async def test_a_stream_ends_with_an_error(vendor: Vendor, spoken: Spoken) -> None:
    vendor.set(None, failing(ErrorEvent(after_chunks=2), **BEHAVIOUR))
    seen = await ask(vendor, spoken, stream=True)
    said = seen.said()
    assert seen.how == "ended"
    assert "".join(map(spoken.text, said)) == "x/m heard:"
    last = said[-1]
    assert "error" in last or last.get("object") == "error" or last["response"]["error"]["code"] == "server_error"
    assert not any(map(spoken.finish, said))


async def test_a_stream_may_lack_its_end_mark_or_its_finish(vendor: Vendor, spoken: Spoken) -> None:
    vendor.set(None, failing(NoDone(), **BEHAVIOUR))
    seen = await ask(vendor, spoken, stream=True)
    assert (seen.how, b"[DONE]" in seen.body) == ("silent", False)
    assert list(filter(None, map(spoken.finish, seen.said()))) == ["stop"]
    vendor.set(None, failing(NoFinish(), **BEHAVIOUR))
    seen = await ask(vendor, spoken, stream=True)
    assert seen.how == "ended"
    assert "".join(map(spoken.text, seen.said())) == WORDS
    assert not any(map(spoken.finish, seen.said()))


def test_no_fault_is_forgotten() -> None:
    performed = {
        ErrorStatus, ErrorBody, ContextLength, ContentFilter, RefusesPrefill, Reset, Hang, SlowFirstToken, Malformed,
        InvalidUtf8, HugeBody, GarbageEvent, Filtered, Cut, Stall, ErrorEvent, NoDone, NoFinish,
    }  # fmt: skip
    assert performed == set(get_args(get_args(Fault)[0]))
