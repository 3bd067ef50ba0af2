"""Documents that are texts, as Cohere is given them: beside the messages, to be cited by their ids.

Source: docs.cohere.com/v2/docs/retrieval-augmented-generation-rag; cohere-ai/cohere-python `types/document.py`.
"""

import binascii
from base64 import b64decode
from collections.abc import Sequence

import msgspec

from services.providers.domain.conversation import Media, Part, Turn
from services.providers.domain.losses import Losses

_ID = "document-"


def take(turns: Sequence[Turn], losses: Losses) -> tuple[Sequence[Turn], list[dict[str, object]], bool]:
    """The turns without such documents, the documents, and whether any of them is to be cited."""
    if not any(isinstance(part, Media) and part.kind == "document" for turn in turns for part in turn.parts):
        return turns, [], False
    documents: list[dict[str, object]] = []
    left: list[Turn] = []
    cited = False
    for turn in turns:
        parts: list[Part] = []
        for part in turn.parts:
            text = _text(part) if isinstance(part, Media) else None
            if text is None or not isinstance(part, Media):
                parts.append(part)
                continue
            if part.cache:
                losses.hint("cache_control")
            data = {"title": part.name, "context": part.context, "text": text}
            told = {name: value for name, value in data.items() if value}
            documents.append({"id": f"{_ID}{len(documents)}", "data": told})
            cited |= part.cited
        if parts:
            left.append(msgspec.structs.replace(turn, parts=tuple(parts)))
    return left, documents, cited


def number(document_id: str) -> int:
    """Which of the request's documents is meant; -1 where it is none of them."""
    count = document_id.removeprefix(_ID)
    return int(count) if count != document_id and count.isdecimal() else -1


def _text(media: Media) -> str | None:
    if media.kind != "document" or not media.media_type.startswith("text/"):
        return None
    try:
        return b64decode(media.data, validate=True).decode()
    except (binascii.Error, UnicodeDecodeError):
        return None
