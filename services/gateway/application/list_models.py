"""Which models a key may ask for."""

from collections.abc import Callable, Sequence

from resilience.errors import Failure, Reason
from services.gateway.application.authenticate import Authenticator
from services.gateway.domain.configuration import Configuration


class ListModels:
    """Reads what is configured; no target is asked."""

    def __init__(self, authenticator: Authenticator, configuration: Callable[[], Configuration]) -> None:
        self._authenticator = authenticator
        self._configuration = configuration

    def __call__(self, secret: str | None) -> Sequence[str]:
        """Their names, in order. Raises Failure(UNAUTHENTICATED)."""
        principal = self._authenticator(secret)
        organization = self._configuration().organizations[principal.organization]
        return list(organization.models_of(organization.projects[principal.project]))

    def one(self, secret: str | None, name: str) -> str:
        """One of them. Raises Failure(UNAUTHENTICATED or MODEL_NOT_FOUND)."""
        if name not in self(secret):
            raise Failure(Reason.MODEL_NOT_FOUND, f"There is no model {name[:200]!r}.", detail={"param": "model"})
        return name
