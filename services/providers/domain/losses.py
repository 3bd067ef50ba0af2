"""What a translated request cannot say to its target: an error, or a warning in the answer."""

from enum import StrEnum

from resilience.errors import Failure, Reason


class Unsupported(StrEnum):
    """What becomes of it."""

    AUTO = "auto"
    """What only hints at how to answer is left out with a warning; what the answer is about is an error."""
    ERROR = "error"
    DROP = "drop"
    """All is left out with a warning, where a request remains without it."""


class Losses:
    """Notes what one request loses on its way to a target that is called `target` in messages."""

    def __init__(self, target: str, policy: Unsupported = Unsupported.AUTO) -> None:
        self._target = target
        self._policy = policy
        self.dropped: list[str] = []
        """Names of fields as the caller's dialect has them."""

    def hint(self, field: str) -> None:
        """`field` only hints at how to answer. Raises Failure(UNSUPPORTED_BY_TARGET) where nothing may be lost."""
        self._lose(field, fatal=self._policy is Unsupported.ERROR)

    def meaning(self, field: str) -> None:
        """Without `field` another question would be answered. Raises Failure unless all may be dropped."""
        self._lose(field, fatal=self._policy is not Unsupported.DROP)

    def _lose(self, field: str, *, fatal: bool) -> None:
        if fatal:
            raise Failure(
                Reason.UNSUPPORTED_BY_TARGET,
                f"{self._target} has nothing for {field!r}, which the request asks for.",
                detail={"param": field},
            )
        if field not in self.dropped:
            self.dropped.append(field)
