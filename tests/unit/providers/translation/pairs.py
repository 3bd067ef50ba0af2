"""A Conversation as each vendor is asked it, and what that says when it is read again."""

from collections.abc import Callable
from dataclasses import dataclass

from resilience.errors import Failure
from services.providers.adapters.anthropic.grammar import AnthropicGrammar
from services.providers.adapters.bedrock.grammar import BedrockGrammar
from services.providers.adapters.cohere.grammar import CohereGrammar
from services.providers.adapters.gemini.grammar import GeminiGrammar
from services.providers.adapters.openai.grammar import OpenAIGrammar
from services.providers.adapters.openai.means import OPENAI
from services.providers.adapters.presets import PRESETS
from services.providers.application.grammar import VendorGrammar
from services.providers.domain.conversation import Conversation
from services.providers.domain.losses import Losses, Unsupported
from tests.unit.providers.known import NOW
from tests.unit.providers.translation import read_back


@dataclass(frozen=True)
class Vendor:
    """A dialect as vendors are asked in it: a model that can do most, and how to read what was asked."""

    grammar: VendorGrammar
    model: str
    read: Callable[[bytes], Conversation]


def _mistral() -> OpenAIGrammar:
    means = next(preset.means for preset in PRESETS if preset.name == "mistral")
    return OpenAIGrammar(now=lambda: NOW, means=means)


VENDORS: dict[str, Vendor] = {
    "openai": Vendor(OpenAIGrammar(now=lambda: NOW, means=OPENAI), "gpt-5.2", read_back.of_openai),
    "anthropic": Vendor(AnthropicGrammar(), "claude-opus-4-6", AnthropicGrammar().read_request),
    "gemini": Vendor(GeminiGrammar(), "gemini-2.5-pro", read_back.of_gemini),
    "bedrock": Vendor(BedrockGrammar(), "anthropic.claude-opus-4-6-v1:0", read_back.of_bedrock),
    "cohere": Vendor(CohereGrammar(), "command-a-reasoning-08-2025", read_back.of_cohere),
    "mistral": Vendor(_mistral(), "mistral-large-latest", read_back.of_mistral),
}


@dataclass(frozen=True)
class Outcome:
    """What became of a conversation. `refused`: the field for which it is not asked at all."""

    back: Conversation | None
    dropped: tuple[str, ...] = ()
    refused: str = ""


def there_and_back(conversation: Conversation, to: str, policy: Unsupported = Unsupported.AUTO) -> Outcome:
    """Ask it there, and read what was asked."""
    vendor, losses = VENDORS[to], Losses(to, policy)
    try:
        asked = vendor.grammar.write_request(conversation, vendor.model, stream=False, prefix="", losses=losses)
    except Failure as failure:
        return Outcome(None, refused=failure.detail["param"])
    return Outcome(vendor.read(asked.body), tuple(losses.dropped))
