"""Which of LiteLLM's models are not called: most of them because the provider's key is not what would let them in."""

from resilience.errors import Reason
from services.providers.adapters.litellm.sdk import Sdk
from services.providers.domain.failure import VendorFailure

_MACHINES = "LiteLLM calls it with what this machine may do, and not with the provider's key"
_LOGS_IN = "LiteLLM has somebody log in by hand"
_HERE = "LiteLLM runs the model in this process"

NOT_CALLED = {
    "bedrock": f"{_MACHINES}; vendor bedrock is the one for it",
    "bedrock_mantle": f"{_MACHINES}; vendor bedrock is the one for it",
    "sagemaker": _MACHINES,
    "sagemaker_chat": _MACHINES,
    "sagemaker_nova": _MACHINES,
    "vertex_ai": f"{_MACHINES}; vendor vertex is the one for it",
    "vertex_ai_beta": f"{_MACHINES}; vendor vertex is the one for it",
    "gemini": "LiteLLM does not tell a stream that broke off from one that ended; vendor gemini is the one for it",
    "chatgpt": _LOGS_IN,
    "github_copilot": _LOGS_IN,
    "petals": _HERE,
    "vllm": f"{_HERE}; vendor vllm is the one for a server of it",
}
"""By LiteLLM's name of a vendor (docs.litellm.ai/docs/providers)."""


def check(sdk: Sdk, model: str, base_url: str) -> None:
    """Raise VendorFailure where that model is not called, or LiteLLM does not know whose it is."""
    if "://" in model:
        # Some of its vendors take a model's name for where it is.
        raise VendorFailure(Reason.UNSUPPORTED_BY_TARGET, why="A model is named, and its address is the provider's.")
    try:
        _, vendor, _, _ = sdk.get_llm_provider(model=model, api_base=base_url or None)
    except Exception:  # noqa: BLE001 - it has one error for it, which is of a type of its own
        why = "LiteLLM does not know whose model that is: its names are as `replicate/meta/llama-3`."
        raise VendorFailure(Reason.VENDOR_MODEL_NOT_FOUND, why=why) from None
    if reason := NOT_CALLED.get(vendor):
        raise VendorFailure(Reason.UNSUPPORTED_BY_TARGET, why=f"{vendor!r} is not called: {reason}.")
