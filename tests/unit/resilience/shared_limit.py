"""The limit that leases are taken from, in Python and on any clock: what services/gateway's Redis script does."""

import math

from resilience.limiter.gcra import ROUNDING, Limit
from resilience.limiter.lease import LIFE, Answer, Ask


class SharedLimit:
    """One subject's limit, and the leases of it that are out."""

    def __init__(self, limit: Limit) -> None:
        self._limit = limit
        self._spent = float("-inf")
        self._leases: dict[str, tuple[int, float]] = {}

    def answer(self, name: str, ask: Ask, now: float) -> Answer:
        """As Redis would at this moment."""
        interval, tolerance = self._limit.interval, self._limit.tolerance
        mine = self._restore(name, now)
        holders = len({name, *self._leases})
        held, more = min(ask.held, mine), ask.more
        if more < 0:
            more = max(more, -held)
            self._spent += more * interval
        room = max(0, math.floor((now + tolerance - self._spent + ROUNDING) / interval))
        passed = min(ask.need, room)
        if more > 0:
            more = min(more, (room - passed) // (2 * holders))
        self._spent += (passed + max(more, 0)) * interval
        self._leases[name] = (held + more, now + 2 * LIFE)
        if held + more == 0:
            del self._leases[name]
        over = self._spent + interval - (now + tolerance)
        return Answer(passed, held + more, max(self._spent - now, 0.0), over if over > ROUNDING else 0.0)

    def _restore(self, name: str, now: float) -> int:
        """What came back until now, where leases left room for it; returns what is recorded of `name`."""
        lapsed = {one: lease for one, lease in self._leases.items() if lease[1] <= now}
        everything = sum(permits for permits, _ in self._leases.values())
        live = everything - sum(permits for permits, _ in lapsed.values())
        since = [lease[1] + everything * self._limit.interval for lease in lapsed.values()]
        base = max(self._spent, now + live * self._limit.interval, *since, now)
        self._spent = min(base, now + self._limit.tolerance)
        for one in lapsed:
            del self._leases[one]
        return self._leases.get(name, (0, 0.0))[0]
