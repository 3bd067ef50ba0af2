"""A limit that follows latency: it grows while answers take no longer than they must, and shrinks as they queue."""

import math

from resilience.clock import Clock

TOLERANCE = 1.5
"""How many times the unhurried latency is still no queue: what varied lengths of answers may do to a window's mean."""
SAMPLES = 30
"""Of a window at least."""
PROBE_EVERY = 30.0
"""Seconds after which the unhurried latency is measured again."""
PROBE_DEPTH = 0.5
"""Of the limit while it is measured."""
BACKOFF = 0.9
"""Of the limit that is left by an overload that the server itself tells of."""
DRIFT = 0.1
"""How far the unhurried latency follows a slower window at which the limit held nothing back."""
HEADROOM = 2.5
"""The limit grows to so many times of what is under way, so that it is out of the way before it is needed."""


class Gradient:
    """The limit and the windows of latencies that move it.

    Latencies are gathered in windows and each is told by its geometric mean, which one long answer hardly moves. At
    the end of a window

        limit = limit · min(1, max(1/2, TOLERANCE · unhurried / mean)) + √limit

    which settles where queueing adds about half to the latency: the server is fully used, its queue is short (the
    gradient of Netflix's concurrency-limits). A window counts calls only that began in it, so it tells of this limit
    and not of the one before. While fewer calls are under way than the limit allows, it stays as it is.

    The unhurried latency is what windows show that the limit did not hold back. Where it always does, the limit is
    halved for one window every `PROBE_EVERY` seconds and the unhurried latency is what that window shows (Envoy's
    adaptive concurrency and BBR probe so): a server that has become slower for good is learned within one probe.
    """

    def __init__(self, clock: Clock, *, initial: int, minimum: int, maximum: int) -> None:
        self._clock = clock
        self._minimum = float(minimum)
        self._maximum = float(maximum)
        self._settled = float(initial)
        self._unhurried = 0.0
        self._recent = 0.0
        self._measured_at = clock.monotonic()
        self._probing = False
        self._dropped_at = float("-inf")
        self._opened_at = self._measured_at
        self._logarithms = 0.0
        self._samples = 0
        self._peak = 0
        self._pressed = False

    @property
    def limit(self) -> float:
        """Calls that may be under way now."""
        return max(self._minimum, self._settled * PROBE_DEPTH) if self._probing else self._settled

    @property
    def latency(self) -> float:
        """Seconds that calls took lately; 0 before any was seen."""
        return self._recent

    def began(self, in_flight: int) -> None:
        """A call was admitted, and so many are under way now."""
        self._peak = max(self._peak, in_flight)

    def pressed(self) -> None:
        """A call was refused: it is the limit that holds traffic back."""
        self._pressed = True

    def dropped(self, began_at: float) -> None:
        """The server refused a call that began then; calls of one burst count once."""
        if began_at > self._dropped_at:
            self._settled = max(self._minimum, self._settled * BACKOFF)
            self._dropped_at = self._clock.monotonic()

    def observed(self, began_at: float, seconds: float) -> None:
        """A call that began then took so long."""
        if began_at < self._opened_at:
            return
        self._logarithms += math.log(max(seconds, 1e-6))
        self._samples += 1
        if self._samples >= max(SAMPLES, self.limit):
            self._close(math.exp(self._logarithms / self._samples))

    def _open(self) -> None:
        self._opened_at = self._clock.monotonic()
        self._logarithms = 0.0
        self._samples = 0
        self._peak = 0
        self._pressed = False

    def _close(self, mean: float) -> None:
        self._recent = mean
        held_back = self._pressed or self._peak >= self.limit
        if self._probing or self._unhurried == 0.0:
            self._learn(mean)
        elif not held_back or mean < self._unhurried:
            rise = DRIFT * max(0.0, mean - self._unhurried)
            self._learn(min(mean, self._unhurried + rise))
        elif self._clock.monotonic() - self._measured_at >= PROBE_EVERY:
            self._probing = True
            self._open()
            return
        if not self._probing:
            self._follow(mean, held_back)
        self._probing = False
        self._open()

    def _learn(self, unhurried: float) -> None:
        self._unhurried = unhurried
        self._measured_at = self._clock.monotonic()

    def _follow(self, mean: float, held_back: bool) -> None:
        gradient = min(1.0, max(0.5, TOLERANCE * self._unhurried / mean))
        target = self._settled * gradient + math.sqrt(self._settled)
        if target > self._settled:
            target = min(target, max(self._settled, HEADROOM * self._peak))
        elif not held_back:
            return
        self._settled = min(self._maximum, max(self._minimum, target))
