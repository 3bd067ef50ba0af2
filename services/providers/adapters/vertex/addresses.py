"""Where Vertex AI is: by location, and by the project that is billed.

Sources: cloud.google.com/vertex-ai/generative-ai/docs/learn/locations (global and regional endpoints),
cloud.google.com/vertex-ai/generative-ai/docs/model-reference/inference (fileUri),
cloud.google.com/vertex-ai/generative-ai/docs/start/api-keys (without a project: express mode, with an API key);
googleapis/python-genai `google/genai/_api_client.py` (multi-regions, and that the location is `global` if not told).
"""

from urllib.parse import quote

from services.providers.domain.provider import ProviderDefinition

GLOBAL = "global"
FILES = ("https://", "http://", "gs://")
"""How addresses of files begin that it can fetch: it has no Files API."""
MULTI_REGIONS = frozenset({"us", "eu"})


def base_url_of(definition: ProviderDefinition) -> str:
    """Where its models are: below its own base URL, or that of its location."""
    location = definition.region or GLOBAL
    host = (definition.base_url or _host(location)).rstrip("/")
    project = definition.cloud_project
    within = f"/projects/{quote(project, safe=':')}/locations/{quote(location, safe='')}" if project else ""
    return f"{host}/v1{within}/publishers/google"


def _host(location: str) -> str:
    if location == GLOBAL:
        return "https://aiplatform.googleapis.com"
    if location in MULTI_REGIONS:
        return f"https://aiplatform.{location}.rep.googleapis.com"
    return f"https://{location}-aiplatform.googleapis.com"
