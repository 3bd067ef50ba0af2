"""Where a prompt in Anthropic's dialect is marked to be cached."""

from __future__ import annotations

from dataclasses import replace

import msgspec

from simulator.dialects.anthropic.request import Block, MessageRequest, Tool
from simulator.dialects.prompt_cache import Piece, Place, places


def marked_places(request: MessageRequest) -> list[Place]:
    """Return the ends of all blocks; none where nothing is marked."""
    sections = list(request.sections)
    if request.cache_control is None and not any(part.cache_control for _, parts in sections for part in parts):
        return []
    found = places(request.model, ((role, map(_piece, parts)) for role, parts in sections))
    if request.cache_control is not None and found:
        found[-1] = replace(found[-1], ttl=request.cache_control.ttl)
    return found


def _piece(part: Tool | Block) -> Piece:
    unmarked = msgspec.json.encode(msgspec.structs.replace(part, cache_control=None))
    return Piece(unmarked, len(part.said), part.images, part.cache_control.ttl if part.cache_control else None)
