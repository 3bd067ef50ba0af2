"""Credits for retries and hedges, earned by ordinary calls."""

from resilience.clock import Clock

SAVINGS = 10.0
"""Credits that may be saved above the floor; or a long quiet time would pay for a storm."""
_ROUNDING = 1e-9


class Budget:
    """Extra calls, of whichever kind, cost one credit each; ordinary calls earn `ratio` of one.

    It begins with `floor` credits, so that the first failures may be retried; time brings `refill` a second, so that a
    target that is seldom asked has some. For any span that begins with the budget:

        extra calls <= floor + ratio * ordinary calls + refill * seconds

    and, as never more than `floor + SAVINGS` is held, for any span at all with this in the place of `floor`. After
    gRPC's retry throttling (proposal A6) and Finagle's RetryBudget.
    """

    __slots__ = ("_balance", "_clock", "_most", "_ratio", "_refill", "_seen")

    def __init__(self, *, ratio: float = 0.1, floor: float = 10.0, refill: float = 0.2, clock: Clock) -> None:
        if ratio < 0.0 or floor < 0.0 or refill < 0.0:
            raise ValueError("a budget earns nothing negative")
        self._ratio = ratio
        self._refill = refill
        self._clock = clock
        self._most = floor + SAVINGS
        self._balance = floor
        self._seen = clock.monotonic()

    @property
    def balance(self) -> float:
        """Credits left now."""
        now = self._clock.monotonic()
        self._balance = min(self._most, self._balance + self._refill * (now - self._seen))
        self._seen = now
        return self._balance

    def deposit(self) -> None:
        """An ordinary call was made: the first attempt of a request."""
        self._balance += self._ratio  # bounded, with what time brought, when it is next asked for

    def withdraw(self) -> bool:
        """Pay for one extra call; False, and nothing is taken, where there is too little for it."""
        balance = self.balance
        if balance < 1.0 - _ROUNDING:
            return False
        self._balance = max(0.0, balance - 1.0)
        return True
