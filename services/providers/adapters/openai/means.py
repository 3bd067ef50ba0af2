"""What a vendor of OpenAI's wire format can be told, where those who speak it differ."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Means:
    """`max_tokens`: the name of the field that says how long an answer may be. `developer`: it knows that role.

    `refusals`: messages may hold them as parts of their own. `signatures`: calls may be given back with what proves the
    thoughts before them. `reasoning`: the field of an assistant's message that what
    it thought is given back in; empty where there is none. `top_k`: it knows that field.
    """

    max_tokens: str
    developer: bool
    refusals: bool
    signatures: bool = False
    reasoning: str = ""
    top_k: bool = False


OPENAI = Means(max_tokens="max_completion_tokens", developer=True, refusals=True)
"""OpenAI's reasoning models refuse `max_tokens` (developers.openai.com/api/reference, chat completions)."""
COMPATIBLE = Means(max_tokens="max_tokens", developer=False, refusals=False)
"""What every compatible vendor can be told; Groq (400) and Mistral (422) refuse fields that they do not know."""
