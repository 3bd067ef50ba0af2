"""GET /v1/models and /v1/models/{id}: what the key may ask for."""

import json
from collections.abc import Callable

from chassis.http import Scope, Send
from chassis.pages import JSON, respond
from resilience.errors import Failure, Reason
from services.gateway.application.authenticate import Authenticator
from services.gateway.domain.configuration import Configuration
from services.gateway.entrypoints.http.request import secret_of

PATH = "/v1/models"


class Models:
    """The endpoint."""

    def __init__(self, authenticator: Authenticator, configuration: Callable[[], Configuration]) -> None:
        self._authenticator = authenticator
        self._configuration = configuration

    async def __call__(self, scope: Scope, send: Send) -> None:
        """Answer with one model or all. Raises Failure(UNAUTHENTICATED or MODEL_NOT_FOUND)."""
        principal = self._authenticator(secret_of(scope))
        organization = self._configuration().organizations[principal.organization]
        names = organization.models_of(organization.projects[principal.project])
        wanted = scope["path"].removeprefix(PATH).removeprefix("/")
        if not wanted:
            answer: dict[str, object] = {"object": "list", "data": [_model(name) for name in names]}
        elif wanted in names:
            answer = _model(wanted)
        else:
            raise Failure(Reason.MODEL_NOT_FOUND, f"There is no model {wanted[:200]!r}.", detail={"param": "model"})
        await respond(send, 200, JSON, json.dumps(answer).encode())


def _model(name: str) -> dict[str, object]:
    # OpenAI's SDKs require `created`; a route has no such moment, so it is the epoch.
    return {"id": name, "object": "model", "created": 0, "owned_by": "seawall"}
