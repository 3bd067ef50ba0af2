"""Which target is asked first: orders and splits as pure arithmetic over what is known of the targets."""

from resilience.balance.affinity import by_session
from resilience.balance.load import Call, Load
from resilience.balance.order import fastest, weighted
from resilience.balance.scoring import Candidate, balanced, cheapest
from resilience.balance.split import draw, split

__all__ = ["Call", "Candidate", "Load", "balanced", "by_session", "cheapest", "draw", "fastest", "split", "weighted"]
