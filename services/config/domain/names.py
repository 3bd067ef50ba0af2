"""Resource names and ids: the one place that knows how they are written."""

import re

from services.config.domain.faults import invalid

_ID = re.compile(r"[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?")


class Pattern:
    """The names of one noun, such as `organizations/{organization}/projects/{project}`."""

    def __init__(self, text: str) -> None:
        self.text = text
        self._fixed = text.split("/")[::2]

    def name(self, *ids: str) -> str:
        """The name that `ids` make up, without a check."""
        return "/".join(f"{word}/{part}" for word, part in zip(self._fixed, ids, strict=True))

    def ids(self, name: str, *, field: str = "name") -> tuple[str, ...]:
        """The ids in `name`, first the organization's. Raises Failure(INVALID_REQUEST) where it is no such name."""
        parts = name.split("/")
        ids = parts[1::2]
        if parts[::2] != self._fixed or len(ids) != len(self._fixed) or not all(map(is_id, ids)):
            raise invalid(field, f"is not a name of the form {self.text!r}")
        return tuple(ids)


ORGANIZATION = Pattern("organizations/{organization}")
PROJECT = Pattern("organizations/{organization}/projects/{project}")
KEY = Pattern("organizations/{organization}/projects/{project}/keys/{key}")
PROVIDER = Pattern("organizations/{organization}/providers/{provider}")
MODEL = Pattern("organizations/{organization}/models/{model}")


def is_id(text: str) -> bool:
    """Whether `text` may be the id of something."""
    return _ID.fullmatch(text) is not None


def check_id(text: str, *, field: str) -> str:
    """`text`, if it may be an id. Raises Failure(INVALID_REQUEST)."""
    if not is_id(text):
        raise invalid(field, "must be 1 to 63 lower-case letters, digits and hyphens, a hyphen neither first nor last")
    return text


def last_id(name: str) -> str:
    """The id at the end of `name`."""
    return name.rpartition("/")[2]


def organization_of(name: str) -> str:
    """The id of the organization that `name` belongs to."""
    return name.split("/", 2)[1]
