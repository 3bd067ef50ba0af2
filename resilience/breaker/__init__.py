"""A breaker: whether a target is asked, learned from how it answered."""

from resilience.breaker.breaker import Breaker
from resilience.breaker.condition import State
from resilience.breaker.course import Transition
from resilience.breaker.permit import Permit
from resilience.breaker.settings import BreakerSettings

__all__ = ["Breaker", "BreakerSettings", "Permit", "State", "Transition"]
