"""A limit that follows latency: it grows while answers take no longer than they must, and shrinks as they queue."""

import math

from resilience.clock import Clock
from resilience.limiter.window import Window

TOLERANCE = 1.5
"""How many times the unhurried latency is still no queue: what varied lengths of answers may do to a window's mean."""
STEEPEST = 0.7
"""Of the limit that one window leaves at least."""
STEADY = 0.95
"""Of the limit: what moves it by less leaves it where it is."""
FASTEST = 0.5
"""Of the limit that one window adds at most."""
HEADROOM = 3.0
"""The limit grows to so many times of what is under way, so that it is out of the way before it is needed."""
BACKOFF = 0.9
"""Of the limit that is left by an overload that the server itself tells of."""
DRIFT = 0.1
"""How far the unhurried latency follows a slower window in which the limit held nothing back."""
PROBE_EVERY = 30.0
"""Seconds after which the unhurried latency is measured again."""
PROBE_DEPTH = 0.5
"""Of the limit while it is measured."""
QUEUED = 0.6
"""Of a window's latency: where half the limit brings it under this, the other half had only queued."""
PATIENCE = 4.0
"""Times the latency in which calls must have become few enough to measure anything."""


class Gradient:
    """The limit, and the windows of latencies that move it.

    At the end of a window, whose latency is its geometric mean,

        limit = limit · min(1, max(STEEPEST, TOLERANCE · unhurried / latency)) + √limit

    which settles where queueing adds about half to the latency: the server is fully used and its queue is short (the
    gradient of Netflix's concurrency-limits). Of windows that let it grow one after the other, each adds twice what
    the one before did. While it refuses nobody, it does not shrink.

    The unhurried latency is what windows show that the limit did not hold back. Where it always does, the limit is
    halved for a window every `PROBE_EVERY` seconds, and when it has shrunk to half: if the latency falls with it, what
    was given up had only queued, and the half is the new limit, to be halved again; if not, the latency is the
    unhurried one (Envoy's adaptive concurrency and BBR probe so). So a limit that began far too high is found out, and
    a server that has become slower for good is not taken for one that queues.
    """

    def __init__(self, clock: Clock, *, initial: int, minimum: int, maximum: int) -> None:
        self._clock = clock
        self._minimum = float(minimum)
        self._maximum = float(maximum)
        self._window = Window()
        self._unhurried = 0.0
        self._measured_at = clock.monotonic()
        self._dropped_at = float("-inf")
        self._growth = 1.0
        self._probed: float | None = None
        self._unprobed = 0.0
        self._waits_until: float | None = None
        self.limit = float(initial)
        """Calls that may be under way."""
        self._measured_limit = self.limit
        self.latency = 0.0
        """Seconds that calls took lately; 0 before any was seen."""

    @property
    def restrained(self) -> float:
        """The limit for all who can wait: half of it while it is probed."""
        return self.limit if self._probed is None else self._probed

    def began(self, in_flight: int) -> Window | None:
        """A call was admitted, and so many are under way now; the window that its latency belongs to."""
        self._drained(in_flight)
        window = self._window
        window.peak = max(window.peak, in_flight)
        return window if self._waits_until is None and window.join() else None

    def pressed(self, in_flight: int) -> None:
        """A call was refused: it is the limit that holds traffic back."""
        self._window.pressed = True
        self._drained(in_flight)

    def dropped(self, began_at: float) -> None:
        """The server refused a call that began then; calls of one burst count once."""
        if began_at > self._dropped_at:
            self.limit = max(self._minimum, self.limit * BACKOFF)
            self._growth = 1.0
            self._dropped_at = self._clock.monotonic()

    def ended(self, window: Window | None, seconds: float | None) -> None:
        """A call of this window took so long, or tells nothing."""
        if window is None or window is not self._window:
            return
        if seconds is None:
            window.leave()
            return
        window.ended(seconds)
        if window.complete:
            self._close(window)

    def _close(self, window: Window) -> None:
        self.latency = window.latency
        if self._probed is not None:
            self._judge(window.latency, self._probed)
            return
        if not window.pressed:
            self._follow(window.latency)
        elif self._doubts(window.latency):
            self._probe(window.latency)
            return
        self._unhurried = min(self._unhurried, window.latency)
        self._move(window)
        self._window = Window()

    def _doubts(self, latency: float) -> bool:
        """Whether it is time to measure the unhurried latency again, while calls are refused.

        It is when the limit has been halved since, and when it has come to rest: either may be for no queue's sake.
        """
        if self._unhurried == 0.0 or self.limit <= PROBE_DEPTH * self._measured_limit:
            return True
        steady = self._shrunk(latency) >= STEADY * self.limit
        return steady and self._clock.monotonic() - self._measured_at >= PROBE_EVERY

    def _shrunk(self, latency: float) -> float:
        room = TOLERANCE * self._unhurried / latency
        return self.limit * min(1.0, max(STEEPEST, room)) + math.sqrt(self.limit)

    def _follow(self, latency: float) -> None:
        """Learn the unhurried latency from a window that was not held back."""
        rise = DRIFT * max(0.0, latency - self._unhurried) if self._unhurried else latency
        self._measured(self._unhurried + rise)

    def _move(self, window: Window) -> None:
        if window.latency > TOLERANCE * self._unhurried:
            self._growth = 1.0
            if window.pressed:
                self._set(self._shrunk(window.latency))
        elif window.pressed or HEADROOM * window.peak > self.limit:
            step = min(self.limit * FASTEST, self._growth * math.sqrt(self.limit))
            self._set(min(self.limit + step, max(self.limit, HEADROOM * window.peak)))
            self._growth = min(2.0 * self._growth, math.sqrt(self.limit))

    def _set(self, limit: float) -> None:
        self.limit = min(self._maximum, max(self._minimum, limit))

    def _probe(self, latency: float) -> None:
        """Halve the limit, and begin a window once no more calls are under way than that."""
        if self.limit <= self._minimum:
            self._end_probe(latency)
            return
        self._unprobed = latency
        self._window = Window()
        self._probed = max(self._minimum, self.limit * PROBE_DEPTH)
        self._waits_until = self._clock.monotonic() + PATIENCE * latency

    def _drained(self, in_flight: int) -> None:
        if self._waits_until is None or self._probed is None:
            return
        if in_flight <= self._probed:
            self._waits_until = None
            self._window = Window()
        elif self._clock.monotonic() > self._waits_until:  # those who cannot wait are more than half
            self._end_probe(self._unhurried or self._unprobed)

    def _judge(self, latency: float, probed: float) -> None:
        if latency < QUEUED * self._unprobed:
            self._set(probed)
            self._probe(latency)
        else:
            self._end_probe(latency)

    def _end_probe(self, unhurried: float) -> None:
        self._measured(unhurried)
        self._probed = None
        self._waits_until = None
        self._growth = 1.0
        self._window = Window()

    def _measured(self, unhurried: float) -> None:
        self._unhurried = unhurried
        self._measured_at = self._clock.monotonic()
        self._measured_limit = self.limit
