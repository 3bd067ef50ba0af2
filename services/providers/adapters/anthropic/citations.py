"""Where texts are from: Anthropic's kinds of citations, read and written.

Sources: the SDK's `citation_char_location.py`, `citation_page_location.py`, `citation_content_block_location.py`,
`citations_search_result_location.py`, `citations_web_search_result_location.py`.
"""

from collections.abc import Iterable
from typing import Any

import msgspec

from services.providers.adapters.anthropic import wire
from services.providers.adapters.raw import told
from services.providers.domain.conversation import Citation


def read_citation(said: wire.Location) -> Citation:
    """Any kind of citation; one of an unknown kind has its quote alone."""
    quote, title = said.cited_text or "", said.document_title or said.title or ""
    document = said.document_index if said.document_index is not None else said.search_result_index
    document = -1 if document is None else document
    for counted_in, start, end in (
        ("characters", said.start_char_index, said.end_char_index),
        ("pages", said.start_page_number, said.end_page_number),
        ("blocks", said.start_block_index, said.end_block_index),
    ):
        if start is not None and end is not None:
            return Citation(quote, title, said.source or "", document, start, end, counted_in)
    return Citation(quote, title, said.url or said.source or "", document)


def read_citations(raw: msgspec.Raw) -> tuple[Citation, ...]:
    """Those of a block of text."""
    if not told(raw):
        return ()
    try:
        return tuple(map(read_citation, wire.locations.decode(raw)))
    except msgspec.DecodeError:
        return ()  # they say where a text is from: it is the same without


def write_citation(citation: Citation) -> dict[str, Any]:
    """As an answer has it."""
    said: dict[str, Any] = {"cited_text": citation.quote}
    start, end = max(citation.start, 0), max(citation.end, 0)
    if citation.counted_in == "answer":
        start = end = 0  # Anthropic tells where it is in the source alone
    if citation.document < 0:
        return said | {
            "type": "web_search_result_location",
            "url": citation.url,
            "title": citation.title or None,
            "encrypted_index": "",
        }
    if citation.url:
        return said | {
            "type": "search_result_location",
            "source": citation.url,
            "title": citation.title or None,
            "search_result_index": citation.document,
            "start_block_index": start,
            "end_block_index": end,
        }
    kind, begins, ends = _LOCATIONS.get(citation.counted_in, _CHARACTERS)
    return said | {
        "type": kind,
        "document_index": citation.document,
        "document_title": citation.title or None,
        begins: start,
        ends: end,
    }


def repeated(citations: Iterable[Citation]) -> list[dict[str, Any]]:
    """Those that a request may repeat: of its own documents. What the web said has a proof that is not kept."""
    return [write_citation(citation) for citation in citations if citation.document >= 0]


_CHARACTERS = ("char_location", "start_char_index", "end_char_index")
_LOCATIONS = {
    "characters": _CHARACTERS,
    "pages": ("page_location", "start_page_number", "end_page_number"),
    "blocks": ("content_block_location", "start_block_index", "end_block_index"),
}
