"""docs/vendors.md, written from the data: `python -m services.providers.adapters.vendor_table > docs/vendors.md`."""

import sys
from dataclasses import dataclass
from datetime import UTC, datetime

from services.providers.adapters.openai.means import PATH, Means
from services.providers.adapters.presets import PRESETS
from services.providers.adapters.vendors import known_vendors
from services.providers.application.vendor import Vendor

OPENAI = "OpenAI's chat completions"


@dataclass(frozen=True, slots=True)
class Described:
    """What a reader is told of a vendor beside what Vendor has. `source`: where that is documented."""

    dialect: str
    differs: str
    source: str


OTHERS = {
    "openai": Described(OPENAI, "", "developers.openai.com/api/reference"),
    "openai-compatible": Described(
        OPENAI, "Is told no more than all that are compatible know, and OpenAI's callers' bodies as they are.", ""
    ),
    "anthropic": Described("Anthropic's messages", "", "platform.claude.com/docs/en/api"),
    "gemini": Described("Gemini's generateContent", "", "ai.google.dev/api/generate-content"),
    "azure": Described(
        OPENAI,
        "Models are deployments. The `base_url` is that of the resource, such as `https://NAME.openai.azure.com`. "
        "Without `api_version` the v1 API is asked, at `/openai/v1`; with one that is a date the older API, at "
        "`/openai/deployments/DEPLOYMENT`. A key is one of the resource's, or, for Entra ID, JSON with `tenant_id`, "
        "`client_id` and `client_secret` of an application, and with `authority` and `scope` where they are not those "
        "of Azure's public cloud.",
        "learn.microsoft.com/azure/ai-foundry/openai/reference and .../api-version-lifecycle",
    ),
    "vertex": Described(
        "Gemini's generateContent",
        "Is where the provider's `region` is, `global` too, and of its `cloud_project`; below a `base_url` likewise. A "
        "key is the JSON key of a service account, or an API key. Has no Files API. Embeds by `predict`.",
        "cloud.google.com/vertex-ai/generative-ai/docs/model-reference/inference",
    ),
    "bedrock": Described(
        "AWS Bedrock's Converse",
        "Is where the provider's `region` is, at `https://bedrock-runtime.<region>.amazonaws.com`. With a `base_url` "
        "what is signed for is the region that its host names, else `region`. A key is "
        "`ACCESS_KEY_ID:SECRET_ACCESS_KEY`, with `:SESSION_TOKEN` after it where it is for a time only, or a Bedrock "
        "API key. Has nothing for `n`, `logprobs`, `seed`, penalties, `user`, `parallel_tool_calls`, and addresses of "
        "media but `s3://`. Fields of Converse that no other dialect has, such as `guardrailConfig`, pass as they are "
        "written.",
        "docs.aws.amazon.com/bedrock/latest/APIReference/API_runtime_Converse.html",
    ),
    "litellm": Described(
        "LiteLLM's SDK",
        "Asks whom the provider's `sdk_vendor` names, under LiteLLM's name for it (`replicate`, `nvidia_nim`), for a "
        "model as that calls it (`meta/llama-3`); a `base_url` is what LiteLLM calls `api_base`. Wants the extra "
        "`long-tail`, which is in no image unless it is built with it. `proxy`, `ca` and `headers` are refused, for "
        "the SDK connects by itself. What LiteLLM has nothing for at a vendor is an error under every policy. Bedrock, "
        "SageMaker, Vertex AI and Gemini, and what runs in the process or wants a login by hand, are not called; nor "
        "is a model whose name leads LiteLLM to another vendor.",
        "docs.litellm.ai/docs/providers",
    ),
    "cohere": Described(
        "Cohere's chat, version 2",
        "Has nothing for `n`, `logprobs`, `user`. A tool that must be called is the only one it is shown. Of documents "
        "it takes texts alone. Usage is what is billed.",
        "docs.cohere.com/v2/reference/chat",
    ),
}
"""All that no preset describes."""


HEAD = """# Vendors

What a provider's `vendor` may be. Each answers callers of OpenAI's chat completions and of Anthropic's messages. Where
the vendor's dialect is the caller's, the body passes as it is written, but for the model's name and the fields that are
named here; else it is translated. What a vendor has nothing for is an error, or left out with a warning, as the route's
policy (`unsupported`) says.
"""


def reference() -> str:
    """docs/vendors.md."""
    described = OTHERS | {
        preset.name: Described(OPENAI, " ".join(filter(None, (*differences(preset.means), preset.note))), preset.source)
        for preset in PRESETS
    }
    vendors = known_vendors(max_event=1, now=lambda: datetime.now(UTC))
    lines = [
        HEAD,
        "| vendor | dialect | base URL | key | how it differs | source |",
        "| --- | --- | --- | --- | --- | --- |",
    ]
    lines += [_row(vendor, described[name]) for name, vendor in vendors.items()]
    return "\n".join(lines) + "\n"


def differences(means: Means) -> list[str]:
    """How a vendor of OpenAI's wire format differs from OpenAI, in sentences."""
    renamed = [f"`{name}` is `{word}`" for name, word in means.words.items() if word]
    lacking = [f"`{name}`" for name, word in means.words.items() if not word]
    said = []
    if renamed:
        said.append(f"{', '.join(renamed)}.")
    if lacking:
        said.append(f"Has nothing for {', '.join(lacking)}.")
    said += (sentence for holds, sentence in _plain(means) if holds)
    if means.call_ids:
        said.append(f"Ids of calls are of {means.call_ids} letters and digits; others are replaced.")
    if means.reasoning:
        said.append(f"Thoughts go back as `{means.reasoning}`.")
    if means.thoughts is not None:
        said.append("Thoughts are parts of the content.")
    if means.heard:
        said.append(f"The assistant says `{means.heard}` between a tool's answer and a user's words.")
    if begun := [*means.begun.message, *means.begun.request]:
        where = f" at `{means.begun.path}`" if means.begun.path != PATH else ""
        said.append(f"Goes on with an answer by {', '.join(f'`{name}`' for name in begun)}{where}.")
    return said


def _plain(means: Means) -> tuple[tuple[bool, str], ...]:
    return (
        (not means.instructed, "Instructions alone are told as a user's words."),
        (means.top_k, "Takes `top_k`."),
        (not means.usage_asked, "Refuses `stream_options`; tells usage anyway."),
        (not means.instructed_later, "Instructions that follow an answer, or come last, are told before all."),
    )


def _row(vendor: Vendor, described: Described) -> str:
    key = "may need none" if vendor.open else "needed"
    url = vendor.base_url or ("LiteLLM's, or each provider's own" if vendor.by_sdk else "each provider's own")
    cells = (f"`{vendor.name}`", described.dialect, url, key, described.differs, described.source)
    return f"| {' | '.join(cells)} |"


if __name__ == "__main__":
    sys.stdout.write(reference())
