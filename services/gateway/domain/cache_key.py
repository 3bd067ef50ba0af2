"""Which requests are the same: those whose answers could be given to one another."""

import hashlib

import msgspec

from services.gateway.domain.chat import Chat

IGNORED = ("stream", "user", "safety_identifier", "prompt_cache_key")
"""Fields that change nothing in an answer but its form, which counts by itself."""
IGNORED_WHOLE = ("stream_options",)
"""Fields that change nothing in a whole answer."""


def cache_key(organization: str, project: str, chat: Chat, *, stream: bool) -> str | None:
    """A digest, equal for requests of one project that differ in white space, order of fields or IGNORED ones only.

    None where the body cannot be read in full. Streams and whole answers have keys of their own.
    """
    try:
        body = msgspec.json.decode(chat.body)
        for field in IGNORED if stream else (*IGNORED, *IGNORED_WHOLE):
            body.pop(field, None)
        canonical = msgspec.json.encode(body, order="sorted")
    except (msgspec.MsgspecError, UnicodeError, RecursionError):
        return None
    scope = "\0".join((organization, project, chat.model, "stream" if stream else "whole")).encode()
    return hashlib.sha256(scope + b"\0" + canonical).hexdigest()
