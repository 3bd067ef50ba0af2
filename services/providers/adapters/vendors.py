"""The vendors that Seawall knows, as data."""

from services.providers.adapters.openai.dialect import OpenAIDialect
from services.providers.application.ports import Vendor
from services.providers.domain.dialect import CallerDialect


def known_vendors(*, max_event: int) -> dict[str, Vendor]:
    """By the name that a provider's `vendor` has. `max_event`: bytes that one event of a stream may have."""
    openai = {CallerDialect.OPENAI_CHAT: OpenAIDialect(max_event=max_event)}
    vendors = (
        Vendor("openai", openai, base_url="https://api.openai.com/v1"),
        Vendor("openai-compatible", openai, open=True),
    )
    return {vendor.name: vendor for vendor in vendors}
