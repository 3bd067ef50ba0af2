"""Images, sounds and documents as OpenAI's messages hold them, read and written; base64 is copied once each way."""

import mimetypes

import msgspec

from services.providers.adapters.caller_body import invalid
from services.providers.adapters.openai import message_wire as wire
from services.providers.domain.conversation import Media

_text = msgspec.json.Decoder(str).decode

AUDIO = {"wav": "audio/wav", "mp3": "audio/mpeg"}
"""Media types of the formats that OpenAI documents."""
_FORMATS = {"audio/wav": "wav", "audio/x-wav": "wav", "audio/mpeg": "mp3", "audio/mp3": "mp3"}
_PDF = "application/pdf"
_BASE64 = b";base64,"
_LONGEST_TYPE = 256
"""Bytes of a `data:` URL that are looked through for where its data begin."""


def read_image(image: wire.ImageUrl, cache: str, field: str) -> Media:
    """An image. `field` is its name, for the Failure(INVALID_REQUEST) where it cannot be read."""
    media_type, data, url = _split(image.url, f"{field}.url")
    return Media("image", media_type, data, url, detail=image.detail or "", cache=cache)


def read_audio(audio: wire.InputAudio, cache: str) -> Media:
    """A sound."""
    return Media("audio", AUDIO.get(audio.format) or f"audio/{audio.format}", audio.data, cache=cache)


def read_file(file: wire.File, cache: str, field: str) -> Media:
    """A document, as read_image. Bare base64 is what its name says, or a PDF."""
    name, media_type, data = file.filename or "", "", ""
    if wire.given(file.file_data):
        media_type, data, bare = _split(file.file_data, f"{field}.file_data")
        if bare:
            media_type, data = mimetypes.guess_type(name)[0] or _PDF, bare
    if not data and not file.file_id:
        raise invalid("There is neither `file_data` nor `file_id`", field)
    return Media("document", media_type, data, file_id=file.file_id or "", name=name, cache=cache)


def write_media(media: Media) -> dict[str, object] | None:
    """A part of a message; None where OpenAI has none for it."""
    if media.kind == "image" and (media.data or media.url):
        image = {"url": media.url or f"data:{media.media_type};base64,{media.data}"}
        if media.detail:
            image["detail"] = media.detail
        return {"type": "image_url", "image_url": image}
    if media.kind == "audio" and media.data:
        form = _FORMATS.get(media.media_type) or media.media_type.rpartition("/")[2]
        return {"type": "input_audio", "input_audio": {"data": media.data, "format": form}}
    if media.kind == "document" and (media.data or media.file_id):
        return {"type": "file", "file": _file(media)}
    return None


def _file(media: Media) -> dict[str, str]:
    """A document's bytes need a name; where it has none, one that tells its type."""
    if not media.data:
        return {"file_id": media.file_id} | ({"filename": media.name} if media.name else {})
    name = media.name or f"document{mimetypes.guess_extension(media.media_type) or ''}"
    return {"filename": name, "file_data": f"data:{media.media_type};base64,{media.data}"}


def _split(written: msgspec.Raw, field: str) -> tuple[str, str, str]:
    """Media type, base64 and address of a JSON string, the address empty where it is a `data:` URL in base64."""
    view = memoryview(written)
    try:
        head = bytes(view[1:_LONGEST_TYPE])
        if head.startswith(b"data:") and (end := head.find(_BASE64)) > 0:
            # Straight out of the body, for as long as nothing in it is escaped: it may be many megabytes.
            data = str(view[1 + end + len(_BASE64) : -1], "ascii")
            if "\\" not in data and b"\\" not in head[:end]:
                return head[5:end].decode(), data, ""
        text = _text(written)
    except (msgspec.DecodeError, UnicodeDecodeError):
        raise invalid("Expected `str`", field) from None
    before, mark, data = text.partition(_BASE64.decode())
    if mark and before.startswith("data:"):
        return before[5:], data, ""
    return "", "", text
