"""Which partition of its topic a key belongs to: the one that Kafka's own clients choose, in any language."""

import struct
from collections.abc import Sequence

_SEED = 0x9747B28C
_FACTOR = 0x5BD1E995
_MASK = 0xFFFFFFFF
_WORD = struct.Struct("<I")


def partition_of(key: bytes, partitions: Sequence[int]) -> int:
    """The one of `partitions`, all of a topic in ascending order, that holds what has `key`."""
    return partitions[(murmur2(key) & 0x7FFFFFFF) % len(partitions)]


def murmur2(key: bytes) -> int:
    """Kafka's 32-bit hash of `key`: MurmurHash2, with the seed of Kafka's Java client."""
    rest = len(key) & 3
    whole = len(key) - rest
    hashed = _SEED ^ len(key)
    for (word,) in _WORD.iter_unpack(key[:whole]):
        mixed = word * _FACTOR & _MASK
        hashed = (hashed * _FACTOR ^ (mixed ^ mixed >> 24) * _FACTOR) & _MASK
    if rest:
        hashed = (hashed ^ int.from_bytes(key[whole:], "little")) * _FACTOR & _MASK
    hashed = (hashed ^ hashed >> 13) * _FACTOR & _MASK
    return hashed ^ hashed >> 15
