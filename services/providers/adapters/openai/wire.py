"""The parts of OpenAI's answers that Seawall reads; everything else passes unread."""

from typing import Any

import msgspec

from services.providers.domain.answer import Usage


class Details(msgspec.Struct, gc=False):
    """Parts of the token counts, prompt's and completion's alike."""

    cached_tokens: int | None = None
    cache_write_tokens: int | None = None
    reasoning_tokens: int | None = None


_NO_DETAILS = Details()


class UsageObject(msgspec.Struct, gc=False):
    """Token counts."""

    prompt_tokens: int | None = None
    completion_tokens: int | None = None
    total_tokens: int | None = None
    prompt_tokens_details: Details | None = None
    completion_tokens_details: Details | None = None
    cached_tokens: int | None = None
    """Moonshot's, without details (platform.moonshot.ai/docs/api/chat)."""
    prompt_cache_hit_tokens: int | None = None
    """DeepSeek's (api-docs.deepseek.com/api/create-chat-completion)."""

    def usage(self) -> Usage:
        """As the rest of Seawall counts."""
        prompt, completion = self.prompt_tokens_details or _NO_DETAILS, self.completion_tokens_details or _NO_DETAILS
        return Usage(
            self.prompt_tokens or 0,
            self.completion_tokens or 0,
            prompt.cached_tokens or self.cached_tokens or self.prompt_cache_hit_tokens or 0,
            completion.reasoning_tokens or 0,
            prompt.cache_write_tokens or 0,
        )


class Text(msgspec.Struct, gc=False):
    """What a choice adds. `content` is a string; some compatible vendors give a list of parts."""

    content: Any = None


class Choice(msgspec.Struct, gc=False):
    """One of the answers, or a piece of it."""

    index: int = 0
    finish_reason: str | None = None
    delta: Text | None = None
    message: msgspec.Raw = msgspec.Raw()
    """Of a whole answer."""
    text: str | None = None
    """Of the older completions."""


class Completion(msgspec.Struct, gc=False):
    """A whole answer, a chunk of a stream, or the body of an error."""

    choices: list[Choice] | None = None
    usage: UsageObject | None = None
    error: msgspec.Raw = msgspec.Raw()


class ErrorObject(msgspec.Struct, gc=False):
    """What went wrong. Compatible vendors put numbers where OpenAI has words, so any value is taken."""

    code: Any = None
    type: Any = None
    message: Any = None
    metadata: Any = None
    """OpenRouter's: why its moderation refused a prompt."""
    innererror: Any = None
    """Azure's: what is more exact than the code."""


class ErrorBody(msgspec.Struct, gc=False):
    """The body of an error. Some compatible vendors have the object's fields at the top."""

    error: Any = None
    code: Any = None
    type: Any = None
    message: Any = None


completion = msgspec.json.Decoder(Completion)
error_body = msgspec.json.Decoder(ErrorBody)
