"""Which requests are the same: those whose answers could be given to one another."""

import hashlib
from collections.abc import Mapping

import msgspec

from services.gateway.domain.chat import Chat
from services.gateway.domain.dialect import Dialect


def cache_key(
    organization: str, project: str, dialect: Dialect, chat: Chat, *, stream: bool, headers: Mapping[str, str]
) -> str | None:
    """A digest, equal for requests of one project that differ in white space, order of fields or asides only.

    `headers`: what the vendor is told of the caller's. None where the body cannot be read in full. Each dialect has
    keys of its own; so have streams and whole answers.
    """
    try:
        body = msgspec.json.decode(chat.body)
        for field in dialect.asides if stream else (*dialect.asides, *dialect.asides_whole):
            body.pop(field, None)
        canonical = msgspec.json.encode(body, order="sorted")
    except (msgspec.MsgspecError, UnicodeError, RecursionError):
        return None
    told = (text for pair in sorted(headers.items()) for text in pair)
    form = "stream" if stream else "whole"
    scope = "\0".join((organization, project, dialect.name, chat.model, form, *told)).encode()
    return hashlib.sha256(scope + b"\0" + canonical).hexdigest()
