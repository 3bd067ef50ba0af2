"""Where each vendor's answers say which request they are to: what its support asks for."""

from collections.abc import Mapping

OPENAIS = ("x-request-id",)
"""OpenAI's, as its SDK reads it (`openai._response`, `request_id`), and of most who speak its dialect."""

OTHERS: Mapping[str, tuple[str, ...]] = {
    "anthropic": ("request-id",),  # its SDK: anthropic._response, `request_id`
    "azure": ("apim-request-id", *OPENAIS),  # both are sent; the first is the one of Azure's own gateway
    "bedrock": ("x-amzn-requestid",),  # botocore.parsers, `RequestId`
    "cohere": ("x-debug-trace-id",),  # sent, and exposed by its `access-control-expose-headers`; the SDK reads none
    "gemini": (),
    "mistral": ("mistral-correlation-id", "x-kong-request-id"),  # sent; Mistral's own programs read the first
    "vertex": (),
}
"""By vendor: names of headers, the one that counts first. None are documented for Gemini, nor read by google-genai."""


def request_id_headers(vendor: str) -> tuple[str, ...]:
    """The headers of that vendor's answers."""
    return OTHERS.get(vendor, OPENAIS)
