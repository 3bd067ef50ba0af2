"""Where texts are from, as Converse has it, read and written.

Source: botocore `data/bedrock-runtime/2023-09-30/service-2.json`, `Citation` and `CitationLocation`.
"""

from collections.abc import Iterable
from typing import Any

from services.providers.adapters.bedrock import wire
from services.providers.domain.conversation import Citation

LOCATIONS = {"characters": "documentChar", "pages": "documentPage", "blocks": "documentChunk"}
"""By what positions count."""


def read_citation(said: wire.CitationObject) -> Citation:
    """Any kind of citation; one of an unknown kind has its quote alone."""
    quote = "".join(content.text or "" for content in said.source_content or ())
    title, source = said.title or "", said.source or ""
    at = said.location or _NOWHERE
    if at.web is not None:
        return Citation(quote, title, at.web.url or source)
    for counted_in, place in (
        ("characters", at.document_char),
        ("pages", at.document_page),
        ("blocks", at.document_chunk),
        ("blocks", at.search_result_location),
    ):
        if place is not None:
            index = place.document_index if place.document_index is not None else place.search_result_index
            start, end, document = (-1 if number is None else number for number in (place.start, place.end, index))
            return Citation(quote, title, source, document, start, end, counted_in)
    return Citation(quote, title, source)


def repeated(citations: Iterable[Citation]) -> list[dict[str, Any]]:
    """Those that a request may repeat: of documents and search results of its own, at places that Bedrock can count."""
    return [_write(citation) for citation in citations if citation.document >= 0 and citation.counted_in in LOCATIONS]


def _write(citation: Citation) -> dict[str, Any]:
    said: dict[str, Any] = {"sourceContent": [{"text": citation.quote}]} if citation.quote else {}
    if citation.title:
        said["title"] = citation.title
    place = {"start": max(citation.start, 0), "end": max(citation.end, 0)}
    if citation.url and citation.counted_in == "blocks":
        location = {"searchResultLocation": {"searchResultIndex": citation.document, **place}}
        return {**said, "source": citation.url, "location": location}
    return {**said, "location": {LOCATIONS[citation.counted_in]: {"documentIndex": citation.document, **place}}}


_NOWHERE = wire.Locations()
