"""What the HTTP server takes for a request, on real sockets."""

import asyncio
import json
from collections.abc import AsyncIterator

import pytest

from chassis.http import HttpServer, Limits, Receive, Scope, Send
from chassis.pages import respond
from tests.integration.chassis.wire import Waiting, body_of, connect, echo, say, serve

POST = b"POST /a HTTP/1.1\r\nhost: x\r\n"
CHUNKED = POST + b"transfer-encoding: chunked\r\n\r\n3\r\nabc\r\n2;why=so\r\nde\r\n0\r\nx-after: z\r\n\r\n"
FIXED = POST + b"X-Name: Value\r\ncontent-length: 5\r\n\r\nabcde"
GET = b"GET /b HTTP/1.1\r\nhost: x\r\n\r\n"


@pytest.fixture(scope="module")
async def server() -> AsyncIterator[HttpServer]:
    async with serve(echo) as server:
        yield server


@pytest.mark.parametrize("request_bytes", [FIXED, CHUNKED], ids=["fixed", "chunked"])
async def test_a_request_may_arrive_in_any_two_parts(server: HttpServer, request_bytes: bytes) -> None:
    async with connect(server) as wire:
        for at in range(1, len(request_bytes)):
            await wire.send(request_bytes[:at])
            await asyncio.sleep(0)  # the socket sends at once; this lets the server read between the parts
            await wire.send(request_bytes[at:])
            answer = await wire.answer()
            assert (answer.status, answer.json["body"], answer.json["path"]) == (200, "abcde", "/a")


@pytest.mark.parametrize("request_bytes", [FIXED, CHUNKED], ids=["fixed", "chunked"])
async def test_a_request_may_arrive_byte_by_byte(server: HttpServer, request_bytes: bytes) -> None:
    async with connect(server) as wire:
        for at in range(len(request_bytes)):
            await wire.send(request_bytes[at : at + 1])
            await asyncio.sleep(0)
        assert (await wire.answer()).json["body"] == "abcde"


async def test_names_of_headers_are_lower_case_and_values_as_sent(server: HttpServer) -> None:
    async with connect(server) as wire:
        await wire.send(FIXED)
        told = (await wire.answer()).json["headers"]
    assert told == [["host", "x"], ["x-name", "Value"], ["content-length", "5"]]


async def test_what_follows_a_chunked_body_is_no_header(server: HttpServer) -> None:
    async with connect(server) as wire:
        await wire.send(CHUNKED)
        assert [name for name, _ in (await wire.answer()).json["headers"]] == ["host", "transfer-encoding"]


async def test_pipelined_requests_are_answered_in_their_order(server: HttpServer) -> None:
    async with connect(server) as wire:
        await wire.send((FIXED + GET + CHUNKED) * 20)
        answers = [await wire.answer() for _ in range(60)]
    assert [answer.json["body"] for answer in answers] == ["abcde", "", "abcde"] * 20


async def test_pipelined_requests_have_their_turns_one_by_one() -> None:
    running, most = 0, 0

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        nonlocal running, most
        running += 1
        most = max(most, running)
        await asyncio.sleep(0)
        await respond(send, 200, "text/plain", scope["path"].encode())
        running -= 1

    async with serve(app) as server, connect(server) as wire:
        await wire.send(GET * 20)
        assert [(await wire.answer()).body for _ in range(20)] == [b"/b"] * 20
    assert most == 1


@pytest.mark.parametrize(
    ("sent", "path", "raw_path", "query"),
    [
        (b"/a/b?c=d&e=%20", "/a/b", "/a/b", "c=d&e=%20"),
        (b"/a%20b/%C3%A9?", "/a b/é", "/a%20b/%C3%A9", ""),
        (b"http://other:1/a%2Fb?c", "/a/b", "/a%2Fb", "c"),
        (b"http://other", "/", "/", ""),
        (b"//a//b", "//a//b", "//a//b", ""),
        (b"/a#b", "/a", "/a", ""),
        (b"*", "*", "*", ""),
    ],
)
async def test_a_target_is_told_decoded_and_as_sent(
    server: HttpServer, sent: bytes, path: str, raw_path: str, query: str
) -> None:
    async with connect(server) as wire:
        await wire.send(b"OPTIONS " + sent + b" HTTP/1.1\r\nhost: x\r\n\r\n")
        told = (await wire.answer()).json
    assert (told["path"], told["raw_path"], told["query_string"]) == (path, raw_path, query)


@pytest.mark.parametrize(
    "wrong",
    [
        b"\x16\x03\x01 hello\r\n\r\n",
        b"GET /a HTTP/1.1\nhost: x\n\n",
        b"GET /a HTTP/1.1\r\nhost: x\nb: c\r\n\r\n",
        b"GET /a HTTP/1.1\r\nhost : x\r\n\r\n",
        b"GET /a HTTP/1.1\r\nhost: x\r\n folded\r\n\r\n",
        b"GET /a HTTP/1.1\r\nhost: x\x00\r\n\r\n",
        b"GET /a b HTTP/1.1\r\nhost: x\r\n\r\n",
        b"GET /\xff HTTP/1.1\r\nhost: x\r\n\r\n",
        b"GET /a HTTP/1.2\r\nhost: x\r\n\r\n",
        b"GET /a HTTP/2.0\r\nhost: x\r\n\r\n",
        b"GET /a\r\n\r\n",
        b"CONNECT a:1 HTTP/1.1\r\nhost: x\r\n\r\n",
        POST + b"content-length: 1\r\ncontent-length: 1\r\n\r\na",
        POST + b"content-length: 1\r\ncontent-length: 2\r\n\r\naa",
        POST + b"content-length: 1\r\ntransfer-encoding: chunked\r\n\r\n0\r\n\r\n",
        POST + b"transfer-encoding: chunked\r\ncontent-length: 1\r\n\r\n0\r\n\r\n",
        POST + b"transfer-encoding: chunked, identity\r\n\r\n0\r\n\r\n",
        POST + b"transfer-encoding: xchunked\r\n\r\n0\r\n\r\n",
        POST + b"content-length: +1\r\n\r\na",
        POST + b"content-length: 1, 1\r\n\r\na",
        POST + b"content-length: -1\r\n\r\na",
        POST + b"transfer-encoding: chunked\r\n\r\n1\r\nab\r\n0\r\n\r\n",
        POST + b"transfer-encoding: chunked\r\n\r\n1\na\n0\n\n",
        POST + b"transfer-encoding: chunked\r\n\r\nz\r\n",
        POST + b"transfer-encoding: chunked\r\n\r\n-1\r\na\r\n0\r\n\r\n",
    ],
)
async def test_what_could_be_read_in_two_ways_or_none_is_refused(server: HttpServer, wrong: bytes) -> None:
    answer = await say(server, wrong + GET)
    assert answer.startswith(b"HTTP/1.1 400 Bad Request\r\n")
    assert answer.count(b"HTTP/1.1") == 1, "what came after it is not read"
    assert (await say(server, GET + wrong)).count(b"HTTP/1.1 200") == 1, "what came before it is answered"


async def test_a_body_that_turns_out_wrong_is_a_disconnect_for_who_reads_it() -> None:
    waiting = Waiting()
    seen: list[bytes] = []

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        waiting.begun.set()
        while (message := await receive())["type"] != "http.disconnect":
            seen.append(message["body"])
        waiting.ended.set()

    async with serve(app, limits=Limits(read_ahead=2)) as server, connect(server) as wire:
        await wire.send(POST + b"transfer-encoding: chunked\r\n\r\n3\r\nabc\r\n")
        await waiting.begun.wait()
        await wire.send(b"nonsense\r\n")
        assert (await wire.rest()).startswith(b"HTTP/1.1 400")
        await waiting.ended.wait()
    assert seen == [b"abc"]


async def test_after_a_request_that_was_the_last_nothing_is_read(server: HttpServer) -> None:
    last = GET.replace(b"\r\n\r\n", b"\r\nconnection: close\r\n\r\n")
    for rest in (GET, b"nonsense\r\n\r\n"):
        answer = await say(server, last + rest)
        assert (answer.count(b"HTTP/1.1"), b"connection: close" in answer) == (1, True)


async def test_http_1_0_is_answered_and_hung_up_on(server: HttpServer) -> None:
    answer = await say(server, b"GET /b HTTP/1.0\r\nconnection: keep-alive\r\n\r\n" + GET)
    assert answer.startswith(b"HTTP/1.1 200")
    assert answer.count(b"HTTP/1.1") == 1


@pytest.mark.parametrize(
    "body", [b"content-length: 5\r\n\r\nabcde", b"transfer-encoding: chunked\r\n\r\n5\r\nabcde\r\n0\r\n\r\n", b"\r\n"]
)
async def test_a_wish_for_another_protocol_is_not_heard(server: HttpServer, body: bytes) -> None:
    upgrading = POST + b"connection: Upgrade, HTTP2-Settings\r\nupgrade: h2c\r\nhttp2-settings: AA\r\n" + body
    async with connect(server) as wire:
        for at in (len(upgrading), len(upgrading) - 3, 40):
            await wire.send(upgrading[:at])
            await asyncio.sleep(0)
            await wire.send(upgrading[at:] + GET)
            assert (await wire.answer()).json["body"] == ("abcde" if b"abcde" in body else "")
            assert (await wire.answer()).json["path"] == "/b"


async def test_who_waits_to_be_asked_for_the_body_is_asked(server: HttpServer) -> None:
    async with connect(server) as wire:
        await wire.send(POST + b"content-length: 5\r\nExpect: 100-Continue\r\n\r\n")
        assert await wire.reader.readuntil(b"\r\n\r\n") == b"HTTP/1.1 100 Continue\r\n\r\n"
        await wire.send(b"abcde")
        assert (await wire.answer()).json["body"] == "abcde"
        await wire.send(POST + b"content-length: 5\r\nexpect: 100-continue\r\n\r\nabcde")
        assert (await wire.answer()).json["body"] == "abcde"


async def test_who_waits_to_be_asked_and_is_not_cannot_go_on() -> None:
    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        await respond(send, 401, "text/plain", b"no")

    async with serve(app) as server:
        answer = await say(server, POST + b"content-length: 5\r\nexpect: 100-continue\r\n\r\n")
    assert answer.startswith(b"HTTP/1.1 401")
    assert b"connection: close" in answer


async def test_a_body_that_nobody_reads_is_read_over() -> None:
    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        await respond(send, 200, "text/plain", scope["path"].encode())

    async with serve(app, limits=Limits(read_ahead=1000)) as server, connect(server) as wire:
        await wire.send(POST + b"content-length: 300000\r\n\r\n" + b"x" * 2000)
        assert (await wire.answer()).body == b"/a"
        await wire.send(b"x" * 298_000 + GET)
        assert (await wire.answer()).body == b"/b"


async def test_a_large_body_is_read_no_faster_than_it_is_taken() -> None:
    sizes: list[int] = []

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        more = True
        while more:
            for _ in range(100):
                await asyncio.sleep(0)  # the server could read on meanwhile
            message = await receive()
            sizes.append(len(message["body"]))
            more = message["more_body"]
        await respond(send, 200, "text/plain", b"read")

    body = b"x" * 20_000_000
    async with serve(app, limits=Limits(read_ahead=1000)) as server, connect(server) as wire:
        sending = asyncio.create_task(wire.send(POST + b"content-length: %d\r\n\r\n" % len(body), body))
        assert (await wire.answer()).body == b"read"
        await sending
    assert sum(sizes) == len(body)
    assert max(sizes) < len(body) / 10


async def test_one_of_many_callers_at_once_gets_what_it_asked(server: HttpServer) -> None:
    async def ask(number: int) -> None:
        body = json.dumps({"number": number}).encode() * 50
        async with connect(server) as wire:
            for _ in range(20):
                await wire.send(POST + b"content-length: %d\r\n\r\n" % len(body), body)
                assert (await wire.answer()).json["body"].encode() == body

    await asyncio.gather(*(ask(number) for number in range(50)))


async def test_the_application_is_told_that_the_body_is_late() -> None:
    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        with pytest.raises(TimeoutError):
            await body_of(receive)
        await respond(send, 408, "text/plain", b"too slow", ((b"connection", b"close"),))

    async with serve(app, limits=Limits(body_timeout=0.2, step=0.02)) as server:
        assert (await say(server, POST + b"content-length: 5\r\n\r\nabc")).startswith(b"HTTP/1.1 408")
