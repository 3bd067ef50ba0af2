"""Values that are passed on unread."""

import msgspec


def told(value: msgspec.Raw) -> bool:
    """Whether there is a value: not absent, and not null."""
    return bytes(value) not in {b"", b"null"}
