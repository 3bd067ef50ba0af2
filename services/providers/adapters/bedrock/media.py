"""Images, sounds, videos and documents as Converse has them, read and written.

Source: botocore `data/bedrock-runtime/2023-09-30/service-2.json` (formats; which characters the name of a document may
have). That names differ within a request is what the service answers where they do not.
"""

import re
from collections.abc import Collection
from typing import Any, Literal

from services.providers.adapters.bedrock import wire
from services.providers.domain.conversation import Media

IMAGES = {"image/png": "png", "image/jpeg": "jpeg", "image/jpg": "jpeg", "image/gif": "gif", "image/webp": "webp"}
DOCUMENTS = {
    "application/pdf": "pdf",
    "text/csv": "csv",
    "application/msword": "doc",
    "application/vnd.openxmlformats-officedocument.wordprocessingml.document": "docx",
    "application/vnd.ms-excel": "xls",
    "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet": "xlsx",
    "text/html": "html",
    "text/plain": "txt",
    "text/markdown": "md",
}
VIDEOS = {
    "video/x-matroska": "mkv",
    "video/quicktime": "mov",
    "video/mp4": "mp4",
    "video/webm": "webm",
    "video/x-flv": "flv",
    "video/mpeg": "mpeg",
    "video/x-ms-wmv": "wmv",
    "video/3gpp": "three_gp",
}
SOUNDS = {
    "audio/mpeg": "mp3",
    "audio/mp3": "mp3",
    "audio/opus": "opus",
    "audio/wav": "wav",
    "audio/x-wav": "wav",
    "audio/aac": "aac",
    "audio/flac": "flac",
    "audio/mp4": "mp4",
    "audio/ogg": "ogg",
    "audio/x-matroska": "mka",
    "audio/x-aac": "x-aac",
    "audio/x-m4a": "m4a",
    "audio/webm": "webm",
    "audio/pcm": "pcm",
}
"""Formats by media type."""

S3 = "s3://"
UNNAMED = "document"

Kind = Literal["image", "audio", "document"]
_WRITTEN: dict[str, dict[str, str]] = {"image": IMAGES, "audio": SOUNDS, "video": VIDEOS, "document": DOCUMENTS}
_READ = {
    kind: {form: media_type for media_type, form in reversed(formats.items())} for kind, formats in _WRITTEN.items()
}
_LONGEST_NAME = 200
_refused = re.compile(r"[^A-Za-z0-9 ()\[\]-]+").sub
_spaces = re.compile(r" {2,}").sub


def write_media(media: Media, names: Collection[str]) -> tuple[str, dict[str, Any]] | None:
    """Its kind and its block; None where Bedrock takes none such. `names`: those that documents have already."""
    source = _source(media)
    kind = "video" if media.media_type.startswith("video/") else media.kind
    form = _WRITTEN[kind].get(media.media_type.partition(";")[0]) or _by_ending(kind, media.url)
    if source is None or not form:
        return None
    block: dict[str, Any] = {"format": form, "source": source}
    if kind == "document":
        block["name"] = document_name(media.name, names)
        if media.context:
            block["context"] = media.context
        if media.cited:
            block["citations"] = {"enabled": True}
    return kind, block


def read_media(kind: str, block: wire.MediaBlock, data: str | None = None) -> Media | None:
    """What a model made; None where it has no bytes. `data`: those that were streamed."""
    if data is None:
        data = block.source.bytes if block.source is not None else None
    if not data:
        return None
    form = block.format or ""
    media_type = _READ[kind].get(form) or f"{kind}/{form}"
    read: Kind = "image" if kind == "image" else "audio" if kind == "audio" else "document"
    return Media(read, media_type, data, name=block.name or "")


def document_name(said: str, names: Collection[str]) -> str:
    """A name that Bedrock takes, and that none of `names` is."""
    name = _spaces(" ", _refused("-", said)).strip()[:_LONGEST_NAME] or UNNAMED
    number, free = 1, name
    while free in names:
        number += 1
        free = f"{name[: _LONGEST_NAME - 8]} ({number})"
    return free


def _source(media: Media) -> dict[str, Any] | None:
    if media.data:
        return {"bytes": media.data}
    if media.url.startswith(S3):
        return {"s3Location": {"uri": media.url}}
    return None


def _by_ending(kind: str, url: str) -> str:
    """The format that an address ends in."""
    ending = url.rpartition(".")[2].lower()
    ending = _ENDINGS.get(ending, ending)
    return ending if ending in _READ[kind] else ""


_ENDINGS = {"jpg": "jpeg", "3gp": "three_gp"}
