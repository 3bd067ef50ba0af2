"""How this service says what is wrong with what it was given."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TypeVar

from resilience.errors import Failure, Reason

T = TypeVar("T")


def invalid(field: str, why: str) -> Failure:
    """A failure that names the field, such as `route.targets[0].provider`, and says what is wrong with it."""
    return Failure(Reason.INVALID_REQUEST, f"{field}: {why}", detail={"field": field})


def not_found(name: str) -> Failure:
    """There is nothing of that name that the caller may know of."""
    return Failure(Reason.NOT_FOUND, f"There is no {name!r}.", detail={"resource": name})


@contextmanager
def at(path: str) -> Iterator[None]:
    """Put `path` before the field that a failure inside names."""
    try:
        yield
    except Failure as failure:
        field = failure.detail.get("field")
        if field is None:
            raise
        raise invalid(f"{path}.{field}", failure.message.removeprefix(f"{field}: ")) from failure


def hold(field: str, value: T | None, check: Callable[[T], object]) -> None:
    """Raise Failure(INVALID_REQUEST) that names the field where `check` raises ValueError. What is absent holds."""
    if value is None:
        return
    try:
        check(value)
    except ValueError as error:
        raise invalid(field, str(error)) from error
