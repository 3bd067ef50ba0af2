"""attempt: ask the plan's targets until one answers, and another to finish an answer that breaks off."""

from services.gateway.application.attempt.stage import AttemptTargets

__all__ = ["AttemptTargets"]
