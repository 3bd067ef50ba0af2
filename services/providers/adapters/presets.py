"""The vendors that speak OpenAI's wire format, each with what it has more or less, as data.

`source` names where it is documented. Where a vendor refuses a field that it has no word for, or heeds it not, callers
are told so as by any translation; see Means. `open`: it may need no key.
"""

from dataclasses import dataclass

from services.providers.adapters.mistral import chunks as mistral
from services.providers.adapters.openai.means import Begun, Means

_SHORT = {"max_completion_tokens": "max_tokens"}
"""Of those that know the older word alone."""
_PREFIX = {"prefix": True}


@dataclass(frozen=True, slots=True)
class Preset:
    """One vendor. `base_url` is empty where each provider has its own.

    `translated`: OpenAI's callers are answered in translation, too, as it refuses what they may say or answers in
    another form. `note`: what else an operator should know.
    """

    name: str
    means: Means
    source: str
    base_url: str = ""
    open: bool = False
    translated: bool = False
    note: str = ""


PRESETS = (
    Preset(
        "mistral",
        Means(
            max_tokens="max_tokens",
            developer=False,
            refusals=False,
            words={
                **_SHORT,
                "seed": "random_seed",
                "logit_bias": "",
                "logprobs": "",
                "top_logprobs": "",
                "user": "",
            },
            begun=Begun(message=_PREFIX),
            instructed=False,
            instructed_later=False,
            heard="OK",
            silent=False,
            names=False,
            parameters=True,
            thoughts=mistral.write_thought,
            usage_asked=False,
            call_ids=9,
            media=mistral.write_media,
            top_k=True,
            own=frozenset(
                {
                    "guardrails",
                    "metadata",
                    "min_tokens",
                    "prediction",
                    "prompt_cache_key",
                    "prompt_mode",
                    "random_seed",
                    "repetition_penalty",
                    "safe_prompt",
                }
            ),
        ),
        "docs.mistral.ai/api and mistralai/client-python `models/chatcompletionrequest.py`; dnakov/anon-kode issue 53 "
        "(stream_options), mistralai/mistral-vibe issue 1075 (ids of calls), mistralai/mistral-common "
        "`protocol/instruct/validator.py` (who must speak last; who may speak after a tool, before version 1.11.1) and "
        "issue 169 of it",
        "https://api.mistral.ai/v1",
        translated=True,
        note="Refuses every field that it does not know (422), and an assistant's message at the end without `prefix`.",
    ),
    Preset(
        "groq",
        Means(
            max_tokens="max_completion_tokens",
            developer=False,
            refusals=False,
            reasoning="reasoning",
            words={"logit_bias": "", "logprobs": "", "n": "", "top_logprobs": ""},
            names=False,
        ),
        "console.groq.com/docs/openai; groq/groq-python `types/chat` (`reasoning`)",
        "https://api.groq.com/openai/v1",
        note="Refuses fields that it does not know (400).",
    ),
    Preset(
        "deepseek",
        Means(
            max_tokens="max_tokens",
            developer=False,
            refusals=False,
            reasoning="reasoning_content",
            words={**_SHORT, "logit_bias": "", "n": "", "parallel_tool_calls": "", "seed": ""},
            begun=Begun(message=_PREFIX, path="/beta/chat/completions"),
            thinking=True,
        ),
        "api-docs.deepseek.com: api/create-chat-completion, guides/thinking_mode, guides/chat_prefix_completion",
        "https://api.deepseek.com",
        note="Wants the thoughts before calls of tools back. A `base_url` of one's own has no `/v1`: answers that are "
        "begun are gone on with below `/beta`.",
    ),
    Preset(
        "together",
        Means(
            max_tokens="max_tokens",
            developer=False,
            refusals=False,
            top_k=True,
            words={**_SHORT, "parallel_tool_calls": ""},
        ),
        "docs.together.ai/reference/chat-completions; togethercomputer/together-py `types/chat`",
        "https://api.together.xyz/v1",
        note="`logprobs` is a number there.",
    ),
    Preset(
        "fireworks",
        Means(
            max_tokens="max_tokens",
            developer=False,
            refusals=False,
            reasoning="reasoning_content",
            top_k=True,
            words=_SHORT,
            thinking=True,
        ),
        "docs.fireworks.ai: api-reference/post-chatcompletions, guides/reasoning",
        "https://api.fireworks.ai/inference/v1",
    ),
    Preset(
        "xai",
        Means(max_tokens="max_completion_tokens", developer=False, refusals=False, words={"logit_bias": ""}),
        "docs.x.ai/docs/api-reference",
        "https://api.x.ai/v1",
        note="Its reasoning models refuse `presence_penalty`, `frequency_penalty` and `stop`.",
    ),
    Preset(
        "openrouter",
        Means(max_tokens="max_tokens", developer=False, refusals=False, reasoning="reasoning", top_k=True),
        "openrouter.ai/docs/api-reference",
        "https://openrouter.ai/api/v1",
        note="What else it takes depends on the model.",
    ),
    Preset(
        "perplexity",
        Means(
            max_tokens="max_tokens",
            developer=False,
            refusals=False,
            top_k=True,
            words={
                **_SHORT,
                "logit_bias": "",
                "logprobs": "",
                "n": "",
                "parallel_tool_calls": "",
                "seed": "",
                "tool_choice": "",
                "tools": "",
                "top_logprobs": "",
            },
            names=False,
        ),
        "docs.perplexity.ai: api-reference/chat-completions-post, docs/agent-api/migrate-from-sonar/overview",
        "https://api.perplexity.ai",
        note="Perplexity announced the end of this API for 2026-09-27; what comes after it speaks another format.",
    ),
    Preset(
        "cerebras",
        Means(
            max_tokens="max_completion_tokens",
            developer=False,
            refusals=False,
            reasoning="reasoning",
            words={"frequency_penalty": "", "logit_bias": "", "presence_penalty": ""},
        ),
        "inference-docs.cerebras.ai/resources/openai",
        "https://api.cerebras.ai/v1",
        note="Refuses the fields that it lacks (400).",
    ),
    Preset(
        "vllm",
        Means(
            max_tokens="max_completion_tokens",
            developer=False,
            refusals=False,
            reasoning="reasoning",
            top_k=True,
            begun=Begun(request={"continue_final_message": True, "add_generation_prompt": False}),
        ),
        "docs.vllm.ai/en/latest/serving/openai_compatible_server; vllm-project/vllm "
        "`entrypoints/openai/chat_completion/protocol.py`",
        open=True,
    ),
    Preset(
        "sglang",
        Means(
            max_tokens="max_completion_tokens",
            developer=False,
            refusals=False,
            reasoning="reasoning_content",
            top_k=True,
            begun=Begun(request={"continue_final_message": True}),
        ),
        "docs.sglang.io; sgl-project/sglang `python/sglang/srt/entrypoints/openai/protocol.py`",
        open=True,
    ),
    Preset(
        "tgi",
        Means(
            max_tokens="max_tokens",
            developer=False,
            refusals=False,
            words={
                **_SHORT,
                "logit_bias": "",
                "n": "",
                "parallel_tool_calls": "",
                "reasoning_effort": "",
            },
        ),
        "huggingface.co/docs/text-generation-inference/messages_api; huggingface/text-generation-inference "
        "`router/src/lib.rs`",
        open=True,
    ),
    Preset(
        "ollama",
        Means(
            max_tokens="max_tokens",
            developer=False,
            refusals=False,
            reasoning="reasoning",
            words={
                **_SHORT,
                "logit_bias": "",
                "n": "",
                "parallel_tool_calls": "",
                "tool_choice": "",
            },
        ),
        "docs.ollama.com/api/openai-compatibility; ollama/ollama `openai/openai.go`",
        open=True,
        note="Takes no address of an image, its bytes alone.",
    ),
    Preset(
        "llama-cpp",
        Means(
            max_tokens="max_tokens",
            developer=False,
            refusals=False,
            reasoning="reasoning_content",
            top_k=True,
            words={**_SHORT, "reasoning_effort": ""},
        ),
        "github.com/ggml-org/llama.cpp `tools/server/README.md`",
        open=True,
        note="Goes on with an assistant's message at the end, as long as `--no-prefill-assistant` is not given.",
    ),
    Preset(
        "lm-studio",
        Means(
            max_tokens="max_tokens",
            developer=False,
            refusals=False,
            top_k=True,
            words={
                **_SHORT,
                "logprobs": "",
                "n": "",
                "parallel_tool_calls": "",
                "top_logprobs": "",
            },
        ),
        "lmstudio.ai/docs/developer/openai-compat",
        open=True,
    ),
)
