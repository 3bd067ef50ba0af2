"""A target's queue as it can be told from outside: so many calls are worked on at a time, others stand in line."""

import math
from collections import OrderedDict

SLOTS = 10.0
"""Calls worked on at a time, before anything is known."""
MOST = 1000.0
"""Slots beyond which nobody looks."""
STEP = 0.02
"""How far one answer moves the slots."""


class Place:
    """One call's place."""

    __slots__ = ("joined_at", "started_at", "under_way")

    def __init__(self, joined_at: float, under_way: int) -> None:
        self.joined_at = joined_at
        self.started_at: float | None = None
        """When its turn came; None while it stands in line."""
        self.under_way = under_way
        """Calls under way when it joined, itself included."""


class Line:
    """First come, first served, in slots whose number is learned.

    A place that is left by a call being worked on is taken by the first in line: counting is enough to know when each
    call's turn came. The number of slots falls when calls that began in company took longer of their own than
    expected, compared with those that did not, and rises when they were quicker.
    """

    __slots__ = ("_company", "_slots", "_started_at", "_under_way", "_waiting", "_working")

    def __init__(self) -> None:
        self._slots = SLOTS
        self._company = 0.5
        self._under_way = 0
        self._working = 0
        self._started_at = 0.0
        """The sum over calls being worked on."""
        self._waiting: OrderedDict[Place, None] = OrderedDict()

    @property
    def wait(self) -> float:
        """Times an answer's own seconds that one more call would stand in line."""
        more = self._under_way + 1 - self._slots
        return more / self._slots if more > 0.0 else 0.0

    def worked(self, now: float) -> float:
        """Seconds for which the calls being worked on have been, in sum."""
        return max(0.0, self._working * now - self._started_at)

    def join(self, now: float) -> Place:
        """One more call."""
        self._under_way += 1
        place = Place(now, self._under_way)
        self._waiting[place] = None
        self._advance(now)
        return place

    def leave(self, place: Place, now: float) -> float:
        """A call is over; the seconds of it that were its own."""
        self._under_way -= 1
        if place.started_at is None:  # it overtook, for a line is not quite what there is
            del self._waiting[place]
            return (now - place.joined_at) * min(1.0, self._slots / place.under_way)
        self._working -= 1
        # Nobody left: what sums of floats lost is put right.
        self._started_at = self._started_at - place.started_at if self._working else 0.0
        self._advance(now)
        return now - place.started_at

    def learn(self, place: Place, seconds: float, expected: float) -> None:
        """An answer took `seconds` of its own where it was `expected` to."""
        if expected <= 0.0:
            return
        company = min(1.0, max(0.0, place.under_way / self._slots - 0.5))
        self._company += STEP * (company - self._company)
        # Where all answers are slow, alone or not, the target is slow and its slots are what they were.
        surprise = min(2.0, seconds / expected - 1.0) * (company - self._company)
        self._slots = min(MOST, max(1.0, self._slots * math.exp(-STEP * surprise)))

    def _advance(self, now: float) -> None:
        """Those whose turn it is."""
        while self._waiting and self._working < self._slots:
            place, _ = self._waiting.popitem(last=False)
            place.started_at = now
            self._started_at += now
            self._working += 1
