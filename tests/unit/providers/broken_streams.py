"""Streams of random answers, each with something wrong with it somewhere, from a seed."""

import json
import random
from collections.abc import Callable
from dataclasses import dataclass
from itertools import pairwise

PLACES = ("before the first token", "in the middle", "at the end")
ALPHABET = 'abc xyz,.\n"\\é日🌊\u2028\u0000'
MAX_EVENT = 10_000


@dataclass(frozen=True)
class Broken:
    """A stream in pieces. `text`: of the whole answer. `whole`: whether it is there to its end all the same."""

    seed: int
    fault: str
    place: str
    pieces: tuple[bytes, ...]
    text: str
    whole: bool


@dataclass(frozen=True)
class Writer:
    """How one vendor writes its events."""

    rng: random.Random
    end: bytes
    ascii_only: bool
    lines: bool
    comments: bool

    def event(self, data: bytes) -> bytes:
        lines = data.split(b"\n") if self.lines else [data]
        noise = b": keep-alive" + self.end if self.comments and self.rng.random() < 0.3 else b""
        return noise + b"".join(b"data: " + line + self.end for line in lines) + self.end

    def chunk(self, content: str | None = None, finish: str | None = None, **fields: object) -> bytes:
        delta = {} if content is None else {"content": content}
        said = {"choices": [{"index": 0, "delta": delta, "finish_reason": finish}], **fields}
        written = json.dumps(said, ensure_ascii=self.ascii_only, indent=1 if self.lines else None)
        return self.event(written.encode())


def _error(writer: Writer) -> bytes:
    if writer.rng.random() < 0.5:
        return writer.event(b'{"error":{"message":"it broke","type":"server_error"}}')
    return writer.event(b'{"object":"error","message":"it broke","code":500}')


INSERTED: dict[str, Callable[[Writer], bytes]] = {
    "malformed": lambda writer: writer.event(writer.rng.choice([b"{", b'{"choices":[{"delta":{"content":"a', b"null"])),
    "invalid UTF-8": lambda writer: writer.event(b'{"choices":[{"index":0,"delta":{"content":"\xc3\x28\xff"}}]}'),
    "invalid UTF-8 in a field that is not read": lambda writer: writer.event(b'{"choices":[],"x":"\xff"}'),
    "raw control character": lambda writer: writer.event(b'{"choices":[{"delta":{"content":"a\tb"}}]}'),
    "error event": _error,
    "[DONE] too early": lambda writer: writer.event(b"[DONE]"),
    "too large": lambda writer: writer.chunk("x" * MAX_EVENT),
    "HTML": lambda writer: writer.event(b"<html><body>502 Bad Gateway</body></html>"),
    "broken off": lambda writer: writer.chunk("", writer.rng.choice(["error", "abort", "network_error"])),
}
"""What is put into a stream and is the end of its answer, unless that has its finish reason."""

HARMLESS: dict[str, Callable[[Writer], bytes]] = {
    "nothing": lambda _: b"",
    "comments": lambda writer: b": x" + writer.end + b": data: {" + writer.end + writer.end,
    "blank event": lambda writer: b"data:" + writer.end + writer.end,
    "ping": lambda writer: writer.event(b'{"type":"ping"}'),
    "other fields": lambda writer: b"event: message" + writer.end + b"id: 7" + writer.end + b"retry: 5" + writer.end,
    "no choices": lambda writer: writer.event(b'{"choices":[],"prompt_filter_results":[]}'),
}
"""What is put into a stream and changes nothing."""

FAULTS = (*INSERTED, *HARMLESS, "cut", "no finish reason")


def broken(seed: int, place: str | None = None) -> Broken:
    """The stream of that seed; at `place`, if it is given."""
    rng = random.Random(seed)
    writer = Writer(
        rng,
        end=rng.choice([b"\n", b"\r\n", b"\r"]),
        ascii_only=rng.random() < 0.3,
        lines=rng.random() < 0.2,
        comments=rng.random() < 0.3,
    )
    place = place or rng.choice(PLACES)
    fault = rng.choice(FAULTS)
    texts = ["".join(rng.choices(ALPHABET, k=rng.randint(1, 6))) for _ in range(rng.randint(2, 6))]
    tokens = [writer.chunk(text) for text in texts]
    finish = writer.chunk("" if rng.random() < 0.5 else None, "stop" if fault != "no finish reason" else None)
    after = []
    if rng.random() < 0.5:
        after.append(writer.event(b'{"choices":[],"usage":{"prompt_tokens":1,"completion_tokens":2}}'))
    if rng.random() < 0.7:
        after.append(writer.event(b"[DONE]"))
    events = [writer.chunk("", role="assistant"), *tokens, finish, *after]
    first, last = 1, len(tokens) + 1
    at = {PLACES[0]: rng.randint(0, first), PLACES[1]: rng.randint(first + 1, last - 1), PLACES[2]: last}[place]
    whole = fault not in INSERTED and fault != "no finish reason"
    if fault in INSERTED or fault in HARMLESS:
        events.insert(at, (INSERTED | HARMLESS)[fault](writer))
    mark = b"\xef\xbb\xbf" if rng.random() < 0.2 else b""
    stream = mark + b"".join(events)
    if fault == "cut":
        begin = len(mark + b"".join(events[:at]))
        # Of the event with the finish reason everything is needed but its last line end's last byte.
        until = len(mark + b"".join(events[: at + 1])) - len(writer.end)
        stream, whole = stream[: rng.randrange(begin, until)], False
    return Broken(seed, fault, place, tuple(_split(stream, rng)), "".join(texts), whole)


def _split(stream: bytes, rng: random.Random) -> list[bytes]:
    match rng.randrange(3):
        case 0:
            return [bytes([byte]) for byte in stream]
        case 1:
            cuts = [rng.randrange(len(stream) + 1)]
        case _:
            cuts = sorted(rng.randrange(len(stream) + 1) for _ in range(rng.randint(2, 40)))
    return [piece for begin, end in pairwise([0, *cuts, len(stream)]) if (piece := stream[begin:end])]
