"""Virtual time for simulations without coroutines: as fast as its timers are worked off."""

import heapq

from resilience.clock import VirtualClock


class Timeline(VirtualClock):
    """A VirtualClock that is moved by a plain call, because nothing sleeps on it: timers only."""

    def run_until(self, moment: float) -> None:
        """Move on to `moment` (of monotonic()), calling each timer on the way at its own time and in its order."""
        while self._timers and self._timers[0][0] <= moment:
            self._elapsed, _, timer = heapq.heappop(self._timers)
            timer.fire()
        self._elapsed = max(self._elapsed, moment)
