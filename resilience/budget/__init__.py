"""A budget: how many calls beyond the ordinary ones a target is asked to bear."""

from resilience.budget.budget import Budget

__all__ = ["Budget"]
