"""The credentials that one provider is called with."""

from collections.abc import Sequence
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Credential:
    """A vendor's key: the reference that names it, and the secret itself, which is never printed."""

    reference: str
    secret: str = field(repr=False)


class KeyPool:
    """A provider's usable credentials, taken in turn."""

    def __init__(self, credentials: Sequence[Credential]) -> None:
        self._credentials = tuple(credentials)
        self._turn = 0

    @property
    def secrets(self) -> tuple[str, ...]:
        """What must not be seen in anything that a vendor says."""
        return tuple(credential.secret for credential in self._credentials)

    def take(self, *, refused: Credential | None = None) -> Credential | None:
        """The credential whose turn it is, other than the `refused` one; None where there is none."""
        for _ in self._credentials:
            credential = self._credentials[self._turn % len(self._credentials)]
            self._turn += 1
            if credential is not refused:
                return credential
        return None
