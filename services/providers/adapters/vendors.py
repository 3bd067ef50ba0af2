"""The vendors that Seawall knows, each as callers of every dialect meet it."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from functools import partial
from types import MappingProxyType

from services.providers.adapters.anthropic.count_tokens import CountTokensDialect
from services.providers.adapters.anthropic.dialect import AnthropicDialect
from services.providers.adapters.anthropic.grammar import AnthropicGrammar
from services.providers.adapters.azure import addresses as azure
from services.providers.adapters.azure import entra
from services.providers.adapters.azure.dialect import AzureDialect
from services.providers.adapters.bedrock.auth import base_url_of, get_ready
from services.providers.adapters.bedrock.dialect import BedrockDialect
from services.providers.adapters.bedrock.grammar import BedrockGrammar
from services.providers.adapters.bedrock.write_request import OWN
from services.providers.adapters.cohere.dialect import CohereDialect
from services.providers.adapters.cohere.embeddings import CohereEmbeddings
from services.providers.adapters.cohere.grammar import CohereGrammar
from services.providers.adapters.gemini.dialect import GeminiDialect
from services.providers.adapters.gemini.embeddings import GeminiEmbeddings
from services.providers.adapters.gemini.grammar import GeminiGrammar
from services.providers.adapters.litellm.embeddings import LiteLLMEmbeddings
from services.providers.adapters.litellm.long_tail import VENDOR as LITELLM
from services.providers.adapters.openai.completions import CompletionsDialect
from services.providers.adapters.openai.dialect import OpenAIDialect
from services.providers.adapters.openai.embeddings import EmbeddingsDialect
from services.providers.adapters.openai.grammar import OpenAIGrammar
from services.providers.adapters.openai.means import COMPATIBLE, OPENAI, Means
from services.providers.adapters.openai.responses.dialect import OpenAIResponsesDialect
from services.providers.adapters.openai.responses.grammar import ResponsesGrammar
from services.providers.adapters.presets import PRESETS
from services.providers.adapters.request_ids import request_id_headers
from services.providers.adapters.vertex import addresses as vertex
from services.providers.adapters.vertex import service_account
from services.providers.adapters.vertex.embeddings import VertexEmbeddings
from services.providers.application.grammar import CallerGrammar, VendorGrammar
from services.providers.application.ports import Dialect
from services.providers.application.translated import Translated
from services.providers.application.vendor import Vendor, at_base_url
from services.providers.domain.dialect import CallerDialect
from services.providers.domain.provider import ProviderDefinition


@dataclass(frozen=True, slots=True)
class Callers:
    """Makes vendors for all callers, whose grammars these are."""

    grammars: dict[CallerDialect, CallerGrammar]

    def vendor(
        self,
        name: str,
        spoken: Dialect,
        grammar: VendorGrammar,
        *,
        native: CallerDialect | None = None,
        beside: Mapping[CallerDialect, Dialect] = MappingProxyType({}),
        own: frozenset[str] = frozenset(),
        base_url: str = "",
        open_: bool = False,
    ) -> Vendor:
        """One that speaks `spoken`, in which callers of the `native` dialect are understood as they are.

        `beside`: what else it speaks to those who ask in that. `own`: see Translated.
        """
        dialects = {
            caller: spoken if caller is native else Translated(theirs, grammar, spoken, own=own)
            for caller, theirs in self.grammars.items()
        }
        ids = request_id_headers(name)
        return Vendor(name, {**dialects, **beside}, base_url, open_, request_id_headers=ids)


def known_vendors(*, max_event: int, now: Callable[[], datetime]) -> dict[str, Vendor]:
    """By the name that a provider's `vendor` has. `max_event`: bytes that one event of a stream may have."""
    messages, chat = AnthropicGrammar(), OpenAIGrammar(now=now)
    callers = Callers(
        {
            CallerDialect.OPENAI_CHAT: chat,
            CallerDialect.ANTHROPIC_MESSAGES: messages,
            CallerDialect.OPENAI_RESPONSES: ResponsesGrammar(now=now),
        }
    )

    def of_openai(
        name: str,
        means: Means,
        base_url: str,
        *,
        open_: bool,
        translated: bool = False,
        more: Mapping[CallerDialect, Dialect] = MappingProxyType({}),
    ) -> Vendor:
        chats = OpenAIDialect(max_event=max_event, means=means)
        return callers.vendor(
            name,
            chats,
            OpenAIGrammar(now=now, means=means),
            native=None if translated else CallerDialect.OPENAI_CHAT,
            beside={
                CallerDialect.OPENAI_EMBEDDINGS: EmbeddingsDialect(chats),
                CallerDialect.OPENAI_COMPLETIONS: CompletionsDialect(chats, max_event=max_event),
                **more,
            },
            own=means.own,
            base_url=base_url,
            open_=open_,
        )

    def of_bedrock(region: str = "") -> Vendor:
        dialect = BedrockDialect(max_event=max_event, now=now, region=region)
        return callers.vendor("bedrock", dialect, BedrockGrammar(), own=OWN, base_url=base_url_of(region))

    def settled_bedrock(_: Vendor, said: ProviderDefinition) -> Vendor:
        get_ready()
        return at_base_url(of_bedrock(said.region), said)

    def of_azure(api_version: str = "") -> Vendor:
        plain = of_openai("azure", OPENAI, "", open_=False, more=responses)
        dialects = {caller: AzureDialect(spoken, api_version=api_version) for caller, spoken in plain.dialects.items()}
        return replace(plain, dialects=dialects, grant=entra.grant)

    def of_litellm() -> Vendor:
        # No caller's body passes as it is: fields that LiteLLM alone knows are an operator's to say.
        chats = OpenAIDialect(max_event=max_event, means=COMPATIBLE)
        beside = {CallerDialect.OPENAI_EMBEDDINGS: LiteLLMEmbeddings(chats)}
        plain = callers.vendor(LITELLM, chats, OpenAIGrammar(now=now, means=COMPATIBLE), beside=beside)
        return replace(plain, by_sdk=True)

    claude, cohere = AnthropicDialect(max_event=max_event), CohereDialect(max_event=max_event)
    gemini = GeminiDialect(max_event=max_event)
    responses = {CallerDialect.OPENAI_RESPONSES: OpenAIResponsesDialect(max_event=max_event)}
    vendors = (
        of_openai("openai", OPENAI, "https://api.openai.com/v1", open_=False, more=responses),
        replace(
            of_azure(), settle=lambda _, said: replace(of_azure(said.api_version), base_url=azure.base_url_of(said))
        ),
        of_openai("openai-compatible", COMPATIBLE, "", open_=True),
        callers.vendor(
            "anthropic",
            claude,
            messages,
            native=CallerDialect.ANTHROPIC_MESSAGES,
            beside={CallerDialect.ANTHROPIC_COUNT_TOKENS: CountTokensDialect(claude)},
            base_url="https://api.anthropic.com/v1",
        ),
        callers.vendor(
            "gemini",
            gemini,
            GeminiGrammar(),
            beside={CallerDialect.OPENAI_EMBEDDINGS: GeminiEmbeddings(gemini)},
            base_url="https://generativelanguage.googleapis.com/v1beta",
        ),
        replace(
            callers.vendor(
                "vertex",
                gemini,
                GeminiGrammar(files=vertex.FILES),
                beside={CallerDialect.OPENAI_EMBEDDINGS: VertexEmbeddings(gemini)},
            ),
            settle=lambda vendor, said: replace(vendor, base_url=vertex.base_url_of(said)),
            grant=partial(service_account.grant, now=now),
        ),
        replace(of_bedrock(), settle=settled_bedrock),
        callers.vendor(
            "cohere",
            cohere,
            CohereGrammar(),
            beside={CallerDialect.OPENAI_EMBEDDINGS: CohereEmbeddings(cohere)},
            base_url="https://api.cohere.com/v2",
        ),
        of_litellm(),
        *(
            of_openai(preset.name, preset.means, preset.base_url, open_=preset.open, translated=preset.translated)
            for preset in PRESETS
        ),
    )
    return {vendor.name: vendor for vendor in vendors}
