"""Bodies that a vendor compresses although it was asked not to, decompressed a piece at a time."""

import zlib

STEP = 256 * 1024
"""Bytes that are decompressed at a time: a few that were sent may be a great many."""

_READ = frozenset({"gzip", "x-gzip", "deflate"})
_GZIP_OR_ZLIB = 32 + zlib.MAX_WBITS
"""Which of the two it is, zlib sees for itself."""


class Inflate:
    """Of one body. `encoding`: what its head says of it; of others than gzip and zlib nothing can be read."""

    def __init__(self, encoding: str) -> None:
        self._known = encoding.strip().lower() in _READ
        self._member = zlib.decompressobj(_GZIP_OR_ZLIB)
        self._input = b""
        self._fed = False

    def feed(self, data: bytes) -> None:
        """More of what was sent; `take` has given all of what came before."""
        self._input = data
        self._fed = True

    def take(self) -> bytes:
        """The next piece; empty where more must be fed. Raises ValueError where it cannot be read."""
        if not self._known and self._fed:
            raise ValueError("compressed in a way that was not asked for")
        piece = b""
        try:
            while self._input and not piece:
                if self._member.eof:
                    # gzip may be several, one behind the other
                    self._member = zlib.decompressobj(_GZIP_OR_ZLIB)
                piece = self._member.decompress(self._input, STEP)
                self._input = self._member.unused_data if self._member.eof else self._member.unconsumed_tail
        except zlib.error:
            raise ValueError("not compressed as it is said to be") from None
        return piece

    def end(self) -> None:
        """Nothing more was sent. Raises ValueError where that is before the end."""
        if self._fed and not self._member.eof:
            raise ValueError("cut off")
