"""Tokens of Entra ID for an application: its client credentials, shown to the tenant's token endpoint.

The endpoint is asked by ourselves and not through msal, which is blocking, keeps tokens by the machine's clock, looks
up the authority before it asks, and would go around the provider's own proxy, authorities and guard.

Source: learn.microsoft.com/entra/identity-platform/v2-oauth2-client-creds-grant-flow (first case: access token request
with a shared secret); learn.microsoft.com/azure/ai-foundry/openai/reference (scope).
"""

from dataclasses import dataclass, field
from urllib.parse import quote

import msgspec

from services.providers.adapters.oauth.documents import read_document, read_url, unusable
from services.providers.adapters.oauth.endpoint import ask
from services.providers.application.ports import Grant, Token, VendorHttp

AUTHORITY = "https://login.microsoftonline.com"
SCOPE = "https://cognitiveservices.azure.com/.default"

_WHAT = "one with tenant_id, client_id and client_secret"


class _Application(msgspec.Struct, gc=False):
    """The last two are others in Azure's clouds of governments and of China."""

    tenant_id: str
    client_id: str
    client_secret: str
    authority: str = AUTHORITY
    scope: str = SCOPE


_decoder = msgspec.json.Decoder(_Application)


@dataclass(frozen=True, slots=True)
class ClientCredentials:
    """See Grant."""

    url: str
    form: dict[str, str] = field(repr=False)

    async def __call__(self, http: VendorHttp) -> Token:
        """See Grant."""
        return await ask(http, self.url, self.form)


def grant(secret: str) -> Grant | None:
    """See Vendor. `secret`: a key of the resource, or JSON of an application's credentials."""
    said = read_document(_decoder, secret, what=_WHAT)
    if said is None:
        return None
    if not all((said.tenant_id, said.client_id, said.client_secret)):
        raise unusable(_WHAT)
    form = {
        "grant_type": "client_credentials",
        "client_id": said.client_id,
        "client_secret": said.client_secret,
        "scope": said.scope,
    }
    url = f"{said.authority.rstrip('/')}/{quote(said.tenant_id, safe='')}/oauth2/v2.0/token"
    return ClientCredentials(read_url(url, what=_WHAT), form)
