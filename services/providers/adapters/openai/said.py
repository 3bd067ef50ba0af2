"""What a message, or a piece of one, says: read alike in whole answers and in streams."""

from collections.abc import Iterator
from typing import Any

from services.providers.adapters.openai.media import read_image, write_media
from services.providers.adapters.openai.message_wire import extra_content
from services.providers.adapters.openai.read_messages import thought
from services.providers.adapters.openai.reply_wire import Piece, Said
from services.providers.domain.conversation import Media, Reasoning


def text_of(said: Said) -> str:
    """Its text, which may be in parts."""
    if isinstance(said.content, list):
        return "".join(piece.text or "" for piece in said.content)
    return said.content or ""


def thoughts_of(said: Said) -> Iterator[Reasoning]:
    """Its thoughts, wherever the vendor has them; blocks repeat what `reasoning_content` says, and prove it."""
    blocks = said.thinking_blocks or ()
    if not any(block.thinking for block in blocks):
        text = said.reasoning_content or said.reasoning
        if isinstance(text, str) and text:
            yield Reasoning(text)
    yield from map(thought, blocks)
    if isinstance(said.content, list):
        for piece in said.content:
            if piece.thinking:
                yield Reasoning(_thinking(piece.thinking))


def media_of(said: Said) -> Iterator[Media]:
    """The images that it made."""
    for image in said.images or ():
        if image.image_url is not None:
            yield read_image(image.image_url, "", "images")


def write_made(media: Media) -> dict[str, list[Any]]:
    """The field of a message that holds what the model made: OpenRouter's `images`, or `media` of our own."""
    written = write_media(media)
    return {"images" if media.kind == "image" else "media": [written]} if written is not None else {}


def write_call(call_id: str, name: str, arguments: str, signature: str) -> dict[str, object]:
    """A call, with what proves the thoughts before it."""
    function = {"name": name, "arguments": arguments}
    written: dict[str, object] = {"id": call_id, "type": "function", "function": function}
    return {**written, "extra_content": extra_content(signature)} if signature else written


def _thinking(thinking: str | list[Piece]) -> str:
    return thinking if isinstance(thinking, str) else "".join(piece.text or "" for piece in thinking)
