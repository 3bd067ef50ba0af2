"""The part of a Dialect that says nothing: of requests whose answers are no texts, and come whole."""

from collections.abc import Iterator, Sequence

from services.gateway.domain.dialect import StaticAnswer


class Unspoken:
    """See Dialect. Nothing of it is streamed, gone on with, or said by the operator in a target's place."""

    asides_whole: Sequence[str] = ()
    end = b""
    rest = None

    def event(self, data: bytes) -> bytes:
        """See Dialect."""
        return data

    def static_whole(self, answer: StaticAnswer) -> bytes | None:  # noqa: ARG002
        """See Dialect."""
        return None

    def static_stream(self, answer: StaticAnswer) -> Iterator[tuple[bytes, str, str]]:  # noqa: ARG002
        """See Dialect."""
        return iter(())
