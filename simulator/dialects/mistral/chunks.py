"""What a message's content is made of, where it is no text alone: `models/*chunk.py` of mistralai/client-python."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field


class Strict(BaseModel):
    """Mistral refuses what it does not know."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class TextChunk(Strict):
    """A text."""

    type: Literal["text"] = "text"
    text: str


class ImageURL(Strict):
    """Where an image is."""

    url: str
    detail: Literal["low", "auto", "high"] | None = None


class ImageChunk(Strict):
    """An image."""

    type: Literal["image_url"]
    image_url: ImageURL | str


class ReferenceChunk(Strict):
    """What a text is from."""

    type: Literal["reference"]
    reference_ids: list[int | str]


class ThinkChunk(Strict):
    """What the model thought."""

    type: Literal["thinking"]
    thinking: list[Annotated[TextChunk | ReferenceChunk, Field(discriminator="type")]]
    signature: str | None = None
    closed: bool | None = None


class DocumentChunk(Strict):
    """A document."""

    type: Literal["document_url"]
    document_url: str
    document_name: str | None = None


class FileChunk(Strict):
    """A file that was sent before."""

    type: Literal["file"]
    file_id: str


class AudioChunk(Strict):
    """A sound, in base64 or at an address."""

    type: Literal["input_audio"]
    input_audio: str | dict[str, Any]


Heard = Annotated[
    TextChunk | ImageChunk | ReferenceChunk | DocumentChunk | FileChunk | AudioChunk, Field(discriminator="type")
]
"""What a user's message may have, or what a function answered."""
Said = Annotated[TextChunk | ThinkChunk | ReferenceChunk, Field(discriminator="type")]
"""What an assistant's message may have."""
Content = str | Sequence[Strict] | None


def text_of(content: Content) -> str:
    """Return the text of a content, its chunks joined; what was thought is none."""
    if isinstance(content, str) or content is None:
        return content or ""
    return "".join(chunk.text for chunk in content if isinstance(chunk, TextChunk))


def images_in(content: Content) -> int:
    """Return how many images a content has."""
    return 0 if content is None else sum(isinstance(chunk, ImageChunk) for chunk in content)
