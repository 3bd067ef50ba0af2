"""The vendors that Seawall knows, as data."""

from collections.abc import Callable
from datetime import datetime

from services.providers.adapters.anthropic.dialect import AnthropicDialect
from services.providers.adapters.anthropic.grammar import AnthropicGrammar
from services.providers.adapters.openai.dialect import OpenAIDialect
from services.providers.adapters.openai.grammar import OpenAIGrammar
from services.providers.adapters.openai.means import COMPATIBLE, OPENAI, Means
from services.providers.application.ports import Dialect, Vendor
from services.providers.application.translated import Translated
from services.providers.domain.dialect import CallerDialect


def known_vendors(*, max_event: int, now: Callable[[], datetime]) -> dict[str, Vendor]:
    """By the name that a provider's `vendor` has. `max_event`: bytes that one event of a stream may have."""
    messages, chat = AnthropicGrammar(), OpenAIGrammar(now=now)
    anthropic, openai = AnthropicDialect(max_event=max_event), OpenAIDialect(max_event=max_event)

    def openai_to(means: Means) -> dict[CallerDialect, Dialect]:
        return {
            CallerDialect.OPENAI_CHAT: openai,
            CallerDialect.ANTHROPIC_MESSAGES: Translated(messages, OpenAIGrammar(now=now, means=means), openai),
        }

    vendors = (
        Vendor("openai", openai_to(OPENAI), base_url="https://api.openai.com/v1"),
        Vendor("openai-compatible", openai_to(COMPATIBLE), open=True),
        Vendor(
            "anthropic",
            {
                CallerDialect.OPENAI_CHAT: Translated(chat, messages, anthropic),
                CallerDialect.ANTHROPIC_MESSAGES: anthropic,
            },
            base_url="https://api.anthropic.com/v1",
        ),
    )
    return {vendor.name: vendor for vendor in vendors}
