"""Where Azure OpenAI is: one address for the v1 API, one for each deployment in the older one.

Sources: learn.microsoft.com/azure/ai-foundry/openai/api-version-lifecycle (v1; `api-version` is not needed there, but
`preview` may be asked for), learn.microsoft.com/azure/ai-foundry/openai/reference (the older one);
openai-python `lib/azure.py` (`_deployments_endpoints`: what is asked of a deployment).
"""

import re
from urllib.parse import quote

from resilience.errors import Failure, Reason
from services.providers.domain.provider import ProviderDefinition

V1 = "/openai/v1"
OLDER = "/openai"

DEPLOYED = frozenset({"/chat/completions", "/completions", "/embeddings"})
"""What the older API asks of a deployment that is named in the path; anything else names it in the body."""

_dated = re.compile(r"\d{4}-\d{2}-\d{2}").match


def is_older(api_version: str) -> bool:
    """Whether it is a version of the older API, which are dates; v1 has words for them, or none."""
    return _dated(api_version) is not None


def base_url_of(definition: ProviderDefinition) -> str:
    """Where the API is, below the resource's own address, which may be given with it; empty where there is none."""
    root = definition.base_url.rstrip("/").removesuffix(V1).removesuffix(OLDER)
    if not root:
        return ""
    return root + (OLDER if is_older(definition.api_version) else V1)


def path_of(path: str, deployment: str, api_version: str) -> str:
    """`path` of OpenAI's API as Azure has it.

    The name may be a caller's own: nothing in it leads out of its place. Raises Failure(INVALID_REQUEST) where that
    cannot be.
    """
    if is_older(api_version) and path in DEPLOYED:
        if not deployment.strip("."):
            raise Failure(Reason.INVALID_REQUEST, "That is no name of a deployment.", detail={"param": "model"})
        path = f"/deployments/{quote(deployment, safe='')}{path}"
    return f"{path}?api-version={quote(api_version, safe='')}" if api_version else path
