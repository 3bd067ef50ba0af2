"""What a vendor of OpenAI's wire format can be told, where those who speak it differ."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from services.providers.adapters.openai.media import write_media
from services.providers.domain.conversation import Media

PATH = "/chat/completions"


@dataclass(frozen=True, slots=True)
class Begun:
    """How a vendor is asked to go on with an answer that is begun; the beginning is an assistant's message at the end.

    `message`: what that message has beside it. `request`: what the request has. `path`: where it is sent.
    """

    message: Mapping[str, object] = field(default_factory=dict)
    request: Mapping[str, object] = field(default_factory=dict)
    path: str = PATH


@dataclass(frozen=True, slots=True)
class Means:
    """`max_tokens`: the name of the field that says how long an answer may be. `developer`: it knows that role.

    `refusals`: messages may hold them as parts of their own. `signatures`: calls may be given back with what proves the
    thoughts before them. `reasoning`: the field of an assistant's message that what it thought is given back in; empty
    where there is none. `top_k`: it knows that field.
    """

    max_tokens: str
    developer: bool
    refusals: bool
    signatures: bool = False
    reasoning: str = ""
    top_k: bool = False
    words: Mapping[str, str] = field(default_factory=dict)
    """Its names of OpenAI's fields, where they differ; empty for what it has nothing for."""
    begun: Begun = field(default_factory=Begun)
    instructed_later: bool = True
    """Instructions may follow an answer, or end the conversation; else they are told before all."""
    heard: str = ""
    """What the assistant says before a user may speak after a tool; empty where a user may do so at once."""
    silent: bool = True
    """An assistant may have said nothing at all; else that message is left out."""
    instructed: bool = True
    """It answers where nothing but instructions is said; else these are told as a user's words."""
    names: bool = True
    """Messages may say who speaks."""
    parameters: bool = False
    """A tool must have them."""
    thinking: bool = False
    """Thinking is turned off by the field of that name, as Anthropic's is."""
    thoughts: Callable[[str], dict[str, object]] | None = None
    """What it thought, as a part of the content that is given back; None where it is not given back so."""
    usage_asked: bool = True
    """A stream is asked for its usage; else it tells it anyway, and refuses to be asked."""
    call_ids: int = 0
    """How many letters and digits the id of a call must be; any id will do where 0."""
    media: Callable[[Media], dict[str, object] | None] = write_media
    """An image, a sound or a document as a part of a message; None where there is nothing for it."""
    own: frozenset[str] = frozenset()
    """Fields of its own, which pass as callers write them."""


OPENAI = Means(max_tokens="max_completion_tokens", developer=True, refusals=True)
"""OpenAI's reasoning models refuse `max_tokens` (developers.openai.com/api/reference, chat completions)."""
COMPATIBLE = Means(max_tokens="max_tokens", developer=False, refusals=False)
"""What every compatible vendor can be told; Groq (400) and Mistral (422) refuse fields that they do not know."""
