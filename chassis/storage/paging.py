"""Pages of a list: their size, and the opaque token that leads from one to the next."""

import base64
from typing import TypeVar

from pydantic import BaseModel

from resilience.errors import Failure, Reason

DEFAULT_SIZE = 50
MAX_SIZE = 500
_LONGEST_TOKEN = 4096

C = TypeVar("C", bound=BaseModel)


def page_size(asked: int, *, default: int = DEFAULT_SIZE, most: int = MAX_SIZE) -> int:
    """How many items a page has: `default` where 0 were asked for, never above `most`. Raises Failure below 0."""
    if asked < 0:
        raise Failure(Reason.INVALID_REQUEST, "page_size cannot be negative.", detail={"field": "page_size"})
    return min(asked or default, most)


def page_token(cursor: BaseModel) -> str:
    """The token of the page that starts at `cursor`. It can be read by whoever holds it: put in nothing secret."""
    return base64.urlsafe_b64encode(cursor.model_dump_json().encode()).decode().rstrip("=")


def cursor_of(token: str, kind: type[C]) -> C | None:
    """The cursor that `token` was made of; None where there is none (the first page).

    Raises Failure(INVALID_REQUEST) for anything that is not such a token. It may be forged: `kind` says what each
    field may hold, and the query must be as safe with a made-up cursor as with a true one.
    """
    if not token:
        return None
    try:
        return _read(token, kind)
    except ValueError as error:
        raise Failure(
            Reason.INVALID_REQUEST,
            "page_token is not one that this method returned.",
            detail={"field": "page_token"},
        ) from error


def _read(token: str, kind: type[C]) -> C:
    if len(token) > _LONGEST_TOKEN:
        raise ValueError("longer than any token")
    data = base64.b64decode(token + "=" * (-len(token) % 4), altchars=b"-_", validate=True)
    cursor = kind.model_validate_json(data, strict=True)
    if any(isinstance(value, str) and "\0" in value for _, value in cursor):
        raise ValueError("PostgreSQL takes no text with a NUL")
    return cursor
