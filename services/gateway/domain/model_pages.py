"""A part of a list of models, as a caller pages through it."""

from collections.abc import Sequence
from dataclasses import dataclass

from resilience.errors import Failure, Reason


@dataclass(frozen=True, slots=True)
class Page:
    """`more`: there are others beyond, in the direction of reading."""

    models: Sequence[str]
    more: bool


def page_of(models: Sequence[str], limit: int, *, after: str = "", before: str = "") -> Page:
    """At most `limit` models behind `after`, or else before `before`, or else from the first.

    Raises Failure(INVALID_REQUEST) where there is no model of that name.
    """
    if after:
        rest = models[_place(models, after, "after_id") + 1 :]
    elif before:
        rest = models[: _place(models, before, "before_id")]
        return Page(rest[-limit:], len(rest) > limit)
    else:
        rest = models
    return Page(rest[:limit], len(rest) > limit)


def _place(models: Sequence[str], name: str, param: str) -> int:
    if name not in models:
        raise Failure(Reason.INVALID_REQUEST, f"There is no model {name[:200]!r}.", detail={"param": param})
    return models.index(name)
