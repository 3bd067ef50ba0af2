"""A share of all keys, and always the same keys: for canaries and shadows."""

from hashlib import blake2b

_DRAWS = 2.0**64


def draw(key: str) -> float:
    """A number in (0, 1] that looks random but belongs to `key`, in every process and on every machine."""
    return (int.from_bytes(blake2b(key.encode(), digest_size=8).digest(), "big") + 1) / _DRAWS


def split(share: float, key: str) -> bool:
    """Whether `key` is among the `share` (0 to 1) of all keys; what is in a share is in every larger one too.

    Two splits that must not pick the same requests take keys that differ, such as `f"shadow:{request_id}"`.
    """
    return draw(key) <= share
