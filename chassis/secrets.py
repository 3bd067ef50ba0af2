"""References to secrets, such as `env:NAME`: what is set holds these, and never the secrets themselves."""

import os
import re
from collections.abc import Callable, Mapping
from pathlib import Path

from resilience.errors import Failure, Reason

_WITHHELD = frozenset({"SEAWALL_DATABASE_URL", "SEAWALL_INTERNAL_TOKEN", "SEAWALL_KEY_PEPPER", "SEAWALL_REDIS_URL"})
"""The services' own secrets, among their settings."""
_LARGEST_FILE = 64 * 1024
_SHAPES = {
    "env": re.compile(r"[A-Za-z_][A-Za-z0-9_]{0,127}"),
    "file": re.compile(r"/[^\0\n]{1,1023}"),
}
_FORMS = "env:NAME or file:/PATH"


def is_reference(text: str) -> bool:
    """Whether `text` has the form of a reference; it may still lead nowhere."""
    scheme, _, where = text.partition(":")
    shape = _SHAPES.get(scheme)
    return shape is not None and shape.fullmatch(where) is not None


class Secrets:
    """Follows references, each time anew, so that a secret that was replaced is used from then on.

    Whoever may set a reference decides where the secret is sent, so not everything that this process can read may be
    named: `env:` never leads to Seawall's own secrets, `file:` only to what is in `directory`, and nowhere without it.
    """

    def __init__(self, environment: Mapping[str, str] | None = None, *, directory: Path | None = None) -> None:
        """`environment` is the process's own where it is not given."""
        self._environment = os.environ if environment is None else environment
        self._directory = directory
        self._schemes: dict[str, Callable[[str], str]] = {"env": self._from_environment, "file": self._from_file}

    def resolve(self, reference: str) -> str:
        """The secret. Raises Failure(INVALID_REQUEST), which names the reference and never what it leads to.

        What is no reference is not named either: it may be the secret itself, put in the wrong place.
        """
        if not is_reference(reference):
            raise Failure(
                Reason.INVALID_REQUEST,
                f"A secret is given as a reference, {_FORMS}; what was given is none, and is not repeated here.",
            )
        scheme, _, where = reference.partition(":")
        try:
            secret = self._schemes[scheme](where)
        except _NoSecretError as error:
            raise _failure(reference, str(error)) from error
        if not secret.strip():
            # What is spaces alone is none to whoever strips it: a proxy of that kind would be no proxy.
            raise _failure(reference, "is empty")
        return secret

    def _from_environment(self, name: str) -> str:
        if name in _WITHHELD:
            raise _NoSecretError("is one of Seawall's own, which are not given out")
        try:
            return self._environment[name]
        except KeyError:
            raise _NoSecretError("is not set in the environment") from None

    def _from_file(self, path: str) -> str:
        if self._directory is None:
            raise _NoSecretError("cannot be read: no directory of secrets is set")
        try:
            content = _read(Path(path), self._directory)
        except OSError as error:
            raise _NoSecretError(f"cannot be read: {error.strerror}") from error
        if len(content) > _LARGEST_FILE:
            raise _NoSecretError(f"is larger than {_LARGEST_FILE} bytes")
        try:
            return content.decode().rstrip("\r\n")
        except UnicodeDecodeError:
            raise _NoSecretError("is not text in UTF-8") from None


class _NoSecretError(Exception):
    """A reference leads nowhere; the message says why."""


def _failure(reference: str, why: str) -> Failure:
    return Failure(Reason.INVALID_REQUEST, f"The secret {reference} {why}.", detail={"reference": reference})


def _read(path: Path, directory: Path) -> bytes:
    """At most one byte more than a secret may have. Raises OSError."""
    # A mounted Secret is a link to where it really is, within the same directory.
    file = path.resolve(strict=True)
    if not file.is_relative_to(directory.resolve(strict=True)):
        raise _NoSecretError("is not in the directory of secrets")
    if not file.is_file():
        raise _NoSecretError("is not a file")
    with file.open("rb") as opened:
        return opened.read(_LARGEST_FILE + 1)
