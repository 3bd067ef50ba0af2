"""Hedging: a spare call beside one that is late, where that is worth its price."""

from resilience.hedge.hedger import Hedger
from resilience.hedge.race import race

__all__ = ["Hedger", "race"]
