"""LiteLLM's SDK: what is used of it, and how it is imported so that it fetches nothing and tells nobody anything."""

import importlib
import importlib.util
import logging
import os
from collections.abc import Collection
from typing import Any, Protocol, cast

PACKAGE = "litellm"
ABSENT = "LiteLLM's SDK is not installed; pip install 'seawall[providers,long-tail]' does that"

_ENVIRONMENT = {
    # It has the lists that it would else fetch from GitHub as it is imported, or at the first call to Anthropic.
    "LITELLM_LOCAL_MODEL_COST_MAP": "True",
    "LITELLM_LOCAL_ANTHROPIC_BETA_HEADERS": "True",
    # Else it reads an `.env` file of the working directory into the environment.
    "LITELLM_MODE": "PRODUCTION",
}
_SETTINGS: dict[str, object] = {
    "callbacks": [],
    "success_callback": [],
    "failure_callback": [],
    "cache": None,
    "model_fallbacks": None,
    "num_retries": 0,
    "drop_params": False,  # what a vendor has nothing for is an error, and never left out in silence
    "modify_params": False,
    "disable_hf_tokenizer_download": True,
    "user_url_validation": True,  # images of which callers say the address are fetched from public ones alone
    "suppress_debug_info": True,
    "turn_off_message_logging": True,
}


class Sdk(Protocol):
    """What is used of the module. It is typed for type checkers of its own version alone: its values are Any."""

    replicate_models: Collection[str]
    petals_models: Collection[str]
    snowflake_models: Collection[str]
    ovhcloud_models: Collection[str]

    async def acompletion(self, **asked: object) -> Any:
        """A whole answer, or an async iterator of chunks."""
        ...

    async def aembedding(self, **asked: object) -> Any:
        """A whole answer."""
        ...

    def get_llm_provider(self, *, model: str, api_base: str | None) -> tuple[str, str, str | None, str | None]:
        """The model's name at its vendor, and who that is; of the other two nothing is used."""
        ...

    async def close_litellm_async_clients(self) -> None:
        """Close the connections that are kept."""
        ...


def installed() -> bool:
    """Whether it can be imported, found out without importing it."""
    return importlib.util.find_spec(PACKAGE) is not None


def imported() -> Sdk:
    """The module, as it is to be. Takes seconds, so it is for a thread; raises what its import raises."""
    os.environ.update(_ENVIRONMENT)
    module = importlib.import_module(PACKAGE)
    for name, value in _SETTINGS.items():
        setattr(module, name, value)
    # Its own words on what goes wrong may repeat what callers say, and are told as failures anyway.
    logging.getLogger("LiteLLM").setLevel(logging.CRITICAL)
    return cast("Sdk", module)
