"""Which version of Anthropic's API is spoken, and which of its betas.

Sources: platform.claude.com/docs/en/api/versioning and platform.claude.com/docs/en/api/beta-headers.
"""

from collections.abc import Mapping

from services.providers.application.ports import Headers

VERSION = "2023-06-01"
"""What is spoken where nobody says. 2026-10-21 answers alike but refuses more (sampling parameters, documents in an
assistant's turn, citations in a user's), so what is written for either is taken by this one.
Source: platform.claude.com/docs/en/api/migration-2026-10-21."""

_VERSION, _BETA = "anthropic-version", "anthropic-beta"
SPOKEN: Headers = ((_VERSION, VERSION),)
"""Of a request that Seawall writes itself."""


def version_headers(told: Mapping[str, str]) -> Headers:
    """The headers of a request that is passed on, given those of its caller."""
    if not told:
        return SPOKEN
    version = (_VERSION, told.get(_VERSION) or VERSION)
    beta = told.get(_BETA)
    return (version, (_BETA, beta)) if beta else (version,)
