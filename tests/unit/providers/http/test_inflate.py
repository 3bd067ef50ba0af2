"""Compressed bodies, a piece at a time."""

import gzip
import zlib

import pytest

from services.providers.adapters.http.inflate import STEP, Inflate

TEXT = b'{"text": "' + bytes(range(32, 127)) * 50 + b'"}'
SENT = {
    "gzip": gzip.compress(TEXT),
    "GZIP": gzip.compress(TEXT[:100]) + gzip.compress(TEXT[100:]),
    "x-gzip": gzip.compress(TEXT),
    "deflate": zlib.compress(TEXT),
}


def read(encoding: str, pieces: list[bytes]) -> bytes:
    inflate, out = Inflate(encoding), b""
    for piece in pieces:
        inflate.feed(piece)
        while taken := inflate.take():
            out += taken
    inflate.end()
    return out


@pytest.mark.parametrize("encoding", SENT)
@pytest.mark.parametrize("step", [1, 7, 10_000])
def test_a_body_is_read_however_it_is_split(encoding: str, step: int) -> None:
    sent = SENT[encoding]
    assert read(encoding, [sent[at : at + step] for at in range(0, len(sent), step)]) == TEXT


@pytest.mark.parametrize("encoding", SENT)
def test_a_body_that_is_cut_off_is_none(encoding: str) -> None:
    cut = SENT["gzip"] if encoding == "GZIP" else SENT[encoding]
    for end in range(1, len(cut)):
        with pytest.raises(ValueError, match="cut off"):
            read(encoding, [cut[:end]])


@pytest.mark.parametrize("sent", [TEXT, gzip.compress(TEXT) + b"{}", gzip.compress(TEXT)[:-8] + bytes(8)])
def test_what_is_not_compressed_as_it_is_said_to_be_cannot_be_read(sent: bytes) -> None:
    with pytest.raises(ValueError, match="not compressed"):
        read("gzip", [sent])


@pytest.mark.parametrize("encoding", ["br", "zstd", "gzip, gzip"])
def test_what_was_not_asked_for_and_is_not_known_cannot_be_read(encoding: str) -> None:
    with pytest.raises(ValueError, match="not asked for"):
        read(encoding, [b"x"])


def test_nothing_at_all_is_an_empty_body() -> None:
    assert read("gzip", []) == read("br", []) == b""


def test_a_little_that_makes_very_much_is_given_in_pieces() -> None:
    inflate, total = Inflate("gzip"), 0
    inflate.feed(gzip.compress(bytes(64 * 1024 * 1024)))
    while taken := inflate.take():
        assert len(taken) <= STEP
        total += len(taken)
    assert total == 64 * 1024 * 1024
