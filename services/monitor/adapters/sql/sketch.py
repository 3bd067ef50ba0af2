"""A quantile sketch that is stored as bytes and merged exactly: DDSketch, each quantile within 1 % of the true one.

The form is MessagePack of {bin: count}: about three bytes a bin in use. (ddsketch's own protobuf form writes every bin
of its dense store as a double, about 2 kB for a single value.)
"""

from collections import Counter
from collections.abc import Iterable, Sequence
from typing import Self

import msgspec
from ddsketch.ddsketch import BaseDDSketch
from ddsketch.mapping import LogarithmicMapping
from ddsketch.store import DenseStore

ACCURACY = 0.01
"""Relative. Part of the stored form: bins of another accuracy cannot be merged with these."""
LEAST, MOST = 1e-3, 1e9
"""What is told apart, in the unit that is measured: anything below counts as LEAST, anything above as MOST."""

_mapping = LogarithmicMapping(ACCURACY)
_form = msgspec.msgpack.Decoder(dict[int, int])


class Sketch:
    """The distribution of some positive measurements."""

    def __init__(self, values: Iterable[float] = ()) -> None:
        self._bins = Counter(_mapping.key(min(max(value, LEAST), MOST)) for value in values)

    @classmethod
    def decode(cls, form: bytes) -> Self:
        """The sketch that `encode` wrote."""
        sketch = cls()
        sketch._bins.update(_form.decode(form))
        return sketch

    def encode(self) -> bytes:
        """As it is stored; equal sketches have equal forms."""
        return msgspec.msgpack.encode(dict(sorted(self._bins.items())))

    def merge(self, other: Self) -> None:
        """Take in `other`: the result is the sketch of all values of both."""
        self._bins.update(other._bins)

    @property
    def count(self) -> int:
        """How many values it holds."""
        return self._bins.total()

    def quantiles(self, *which: float) -> Sequence[float]:
        """The values below which these shares lie. Raises ValueError where the sketch is empty."""
        if not self._bins:
            raise ValueError("an empty sketch has no quantiles")
        store = DenseStore()
        for key, count in self._bins.items():
            store.add(key, count)
        sketch = BaseDDSketch(mapping=_mapping, store=store, negative_store=DenseStore(), zero_count=0)
        return [sketch.get_quantile_value(share) or 0.0 for share in which]
