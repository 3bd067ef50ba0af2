"""What LiteLLM calls a model of the vendor that a provider names: never one whose name would lead to another vendor."""

from resilience.errors import Reason
from services.providers.adapters.litellm.sdk import Sdk
from services.providers.domain.failure import VendorFailure

SAME = {"anthropic_text": "anthropic", "ai21_chat": "ai21", "cohere_chat": "cohere"}
"""Other names that LiteLLM has for a vendor, by which of its APIs a model is served."""

WORDS = {
    "replicate": frozenset({"replicate"}),
    "clarifai": frozenset({"clarifai"}),
    "ft:gpt-3.5-turbo": frozenset({"openai"}),
    "ft:babbage-002": frozenset({"openai", "text-completion-openai"}),
    "ft:davinci-002": frozenset({"openai", "text-completion-openai"}),
}
"""What leads `litellm.completion` to a vendor wherever in a model's name it is, and whose models may be so named."""

LISTS = {
    "replicate_models": "replicate",
    "petals_models": "petals",
    "snowflake_models": "snowflake",
    "ovhcloud_models": "ovhcloud",
}
"""The SDK's lists of models that lead it to a vendor whoever else is named, and to which."""


def named(sdk: Sdk, sdk_vendor: str, model: str, base_url: str) -> str:
    """Raises VendorFailure where it would lead elsewhere, or LiteLLM does not know the vendor."""
    if "://" in model:
        # Some of its vendors take a model's name for where it is.
        raise VendorFailure(Reason.UNSUPPORTED_BY_TARGET, why="A model is named, and its address is the provider's.")
    name = f"{sdk_vendor}/{model}"
    try:
        _, vendor, _, _ = sdk.get_llm_provider(model=name, api_base=base_url or None)
    except Exception:  # noqa: BLE001 - it has one error for it, which is of a type of its own
        why = f"LiteLLM does not know the provider's sdk_vendor {sdk_vendor!r}, or no such model of it."
        raise VendorFailure(Reason.VENDOR_MODEL_NOT_FOUND, why=why) from None
    if SAME.get(vendor, vendor) != SAME.get(sdk_vendor, sdk_vendor) or _leads_away(sdk, sdk_vendor, model):
        why = f"LiteLLM would ask another vendor than {sdk_vendor!r} for a model of that name."
        raise VendorFailure(Reason.UNSUPPORTED_BY_TARGET, why=why)
    return name


def _leads_away(sdk: Sdk, sdk_vendor: str, model: str) -> bool:
    said = any(word in model and sdk_vendor not in theirs for word, theirs in WORDS.items())
    return said or any(model in getattr(sdk, name) and sdk_vendor != theirs for name, theirs in LISTS.items())
