"""What Azure puts before OpenAI's endpoints: addresses with deployments and versions, keys, screened content."""

from __future__ import annotations

import re
from typing import TypeVar
from urllib.parse import parse_qs

import msgspec

from simulator.delivery import Headers
from simulator.dialects.azure.errors import CATEGORIES, DENIED, NO_DEPLOYMENT, NOT_FOUND, SAFE, AzureDialect
from simulator.dialects.http import header
from simulator.dialects.openai.endpoint import Named, OpenAIEndpoint
from simulator.dialects.openai.render import Heading, Screening
from simulator.dialects.rejected import RejectedError
from simulator.listener import Scope
from simulator.recorder import Call

DEPLOYMENT = "azure.deployment"
"""Where a scope has the deployment that its path named."""
NOWHERE = "azure.nowhere"
"""A path at which there is nothing."""
_VERSION = re.compile(r"\d{4}-\d{2}-\d{2}(-preview)?")
_OF_VERSION_1 = re.compile(r"/openai(?P<path>/v1/.+)")
_DEPLOYED = re.compile(
    r"/openai/deployments/(?P<deployment>[^/]+)(?P<path>/(?:chat/completions|completions|embeddings))"
)
_OTHER = re.compile(r"/openai(?P<path>/(?:responses|models(?:/.+)?))")
_REQUEST_ID = b"%b-%b-%b-%b-%b"

R = TypeVar("R", bound=Named)

SCREENING = Screening(
    prompt=msgspec.json.encode(
        [
            {
                "prompt_index": 0,
                "content_filter_results": {**CATEGORIES, "jailbreak": {"filtered": False, "detected": False}},
            }
        ]
    ),
    passed=msgspec.json.encode(CATEGORIES),
    stopped=msgspec.json.encode({**CATEGORIES, "violence": {**SAFE, "filtered": True, "severity": "medium"}}),
)


def as_openais(scope: Scope) -> Scope:
    """Return a scope as OpenAI's endpoints take it, with the deployment that its path names."""
    path = scope["path"]
    if found := _OF_VERSION_1.fullmatch(path):
        return {**scope, "path": found["path"]}
    versions = parse_qs(scope["query_string"].decode("latin-1")).get("api-version", [])
    found = _DEPLOYED.fullmatch(path) or _OTHER.fullmatch(path)
    if found is None or not versions or not _VERSION.fullmatch(versions[-1]):
        return {**scope, "path": NOWHERE}
    return {**scope, "path": f"/v1{found['path']}", DEPLOYMENT: found.groupdict().get("deployment", "")}


class AzureEndpoint(OpenAIEndpoint[R]):
    """One endpoint of a vendor's in Azure's format."""

    _dialect = AzureDialect()

    def headers(self, identity: bytes, milliseconds: bytes) -> Headers:  # noqa: ARG002 - it does not say how long it took
        """Return the request's id, by both of its names."""
        digits = identity.zfill(32)
        made = _REQUEST_ID % (digits[:8], digits[8:12], digits[12:16], digits[16:20], digits[20:])
        return [(b"apim-request-id", made), (b"x-request-id", made), (b"x-ms-region", b"Simulated")]

    def key(self, scope: Scope) -> str:
        """Return the key, or the Bearer token in its place."""
        return header(scope, b"api-key").strip() or super().key(scope)

    def admit(self, scope: Scope) -> None:
        """Demand a key, or a token, that the vendor accepts; and a path at which there is something."""
        key, accepted = self.key(scope).strip(), self.vendor.access.keys
        if not key or (accepted is not None and key not in accepted):
            raise RejectedError(401, DENIED)
        if scope["path"] == NOWHERE:
            raise RejectedError(404, NOT_FOUND)

    def read(self, body: bytes, scope: Scope) -> R:
        """Return the request for the deployment that its path names, else for the one in its body."""
        request = self.decode(body)
        request.model = scope.get(DEPLOYMENT) or request.model
        return self.named(request)

    def check_model(self, model: str) -> None:
        """Demand a deployment of the vendor's."""
        models = self.vendor.access.models
        if models is not None and model not in models:
            raise RejectedError(404, NO_DEPLOYMENT, code="DeploymentNotFound")

    def heading(self, call: Call, identity: bytes) -> Heading:
        """Return what every part of the response says of it, and of what was found in prompt and answer."""
        return Heading(identity, int(call.time), self.quote(call.model), SCREENING)
