"""Exact amounts: integer nano-dollars inside, decimal text outside."""

from decimal import Decimal, InvalidOperation

from events.base import Money

NANOS = 1_000_000_000
MOST_NANOS = 1_000_000 * NANOS
"""What one request may cost. A larger figure is a fault of its producer, and would overflow the sums."""


def nanos_of(money: Money) -> int:
    """`money` in nano-dollars. Raises ValueError where that is not exact, not US dollars, or out of range."""
    if money.currency != "USD":
        raise ValueError(f"the ledger is kept in USD, not in {money.currency!r}")
    try:
        nanos = Decimal(money.amount) * NANOS
        exact = nanos == nanos.to_integral_value()
    except InvalidOperation:
        exact = False
    if not exact:
        raise ValueError(f"{money.amount!r} is not an amount with at most nine places")
    if not 0 <= nanos <= MOST_NANOS:
        raise ValueError(f"{money.amount!r} is out of range")
    return int(nanos)


def usd_of(nanos: int) -> str:
    """Decimal dollars, without trailing zeros: `0.000123456`, `12`."""
    whole, rest = divmod(nanos, NANOS)
    return f"{whole}.{rest:09}".rstrip("0").rstrip(".")
