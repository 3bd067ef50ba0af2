"""What Mistral's messages hold as chunks of its own: sounds, documents and thoughts.

Source: mistralai/client-python `models/{audiochunk,documenturlchunk,filechunk,imageurl,thinkchunk}.py`.
"""

from services.providers.adapters.openai.media import write_media as write_image
from services.providers.domain.conversation import Media


def write_thought(text: str) -> dict[str, object]:
    """The chunk of what a model thought."""
    return {"type": "thinking", "thinking": [{"type": "text", "text": text}]}


def write_media(media: Media) -> dict[str, object] | None:
    """A chunk of a message; None where Mistral has none for it."""
    if media.file_id:
        return {"type": "file", "file_id": media.file_id}
    if media.kind == "image":
        return write_image(media)
    if media.kind == "audio":
        return {"type": "input_audio", "input_audio": media.data or media.url}
    chunk: dict[str, object] = {
        "type": "document_url",
        "document_url": media.url or f"data:{media.media_type};base64,{media.data}",
    }
    return {**chunk, "document_name": media.name} if media.name else chunk
