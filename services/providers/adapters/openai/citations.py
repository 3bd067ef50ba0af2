"""Where an answer's texts are from: OpenAI's annotations, and a list of Seawall's own for what they cannot tell."""

from collections.abc import Iterator, Sequence
from typing import Any

import msgspec

from services.providers.adapters.openai.reply_wire import Said, UrlCitation
from services.providers.domain.conversation import Citation


def read_citations(said: Said) -> Iterator[Citation]:
    """All of them. `citations` of another shape, which some vendors have, are not ours to read."""
    for annotation in said.annotations or ():
        if annotation.url_citation is not None:
            yield _read(annotation.url_citation)
    for written in said.citations if isinstance(said.citations, list) else ():
        if isinstance(written, dict) and "quote" in written:
            yield msgspec.convert(written, Citation)


def write_citations(citations: Sequence[Citation], start: int, end: int) -> dict[str, list[Any]]:
    """The fields of a message that tell them. `start` and `end`: the cited text, where a citation does not say."""
    web = [citation for citation in citations if _of_web(citation)]
    other = [citation for citation in citations if not _of_web(citation)]
    fields: dict[str, list[Any]] = {}
    if web:
        fields["annotations"] = [_annotation(citation, start, end) for citation in web]
    if other:
        fields["citations"] = other
    return fields


def _of_web(citation: Citation) -> bool:
    return bool(citation.url) and citation.document < 0


def _read(cited: UrlCitation) -> Citation:
    return Citation(
        cited.content or "",
        cited.title or "",
        cited.url,
        start=cited.start_index if cited.start_index is not None else -1,
        end=cited.end_index if cited.end_index is not None else -1,
    )


def _annotation(citation: Citation, start: int, end: int) -> dict[str, object]:
    cited: dict[str, object] = {
        "start_index": citation.start if citation.start >= 0 else start,
        "end_index": citation.end if citation.end >= 0 else end,
        "title": citation.title,
        "url": citation.url,
    }
    if citation.quote:
        cited["content"] = citation.quote
    return {"type": "url_citation", "url_citation": cited}
