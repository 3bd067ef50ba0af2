"""Parts of a turn, written as Converse's blocks of content."""

import binascii
import hashlib
import re
from base64 import b64decode
from collections.abc import Iterable, Iterator
from typing import Any

from services.providers.adapters.anthropic.foreign import foreign
from services.providers.adapters.anthropic.write_blocks import tool_input
from services.providers.adapters.bedrock.citations import repeated
from services.providers.adapters.bedrock.media import write_media
from services.providers.adapters.bedrock.models import Family
from services.providers.domain.conversation import Media, Part, Reasoning, Refusal, Text, ToolCall, ToolResult
from services.providers.domain.losses import Losses

Written = dict[str, Any]

_ID = re.compile(r"[a-zA-Z0-9_-]{1,64}").fullmatch
"""What models of Bedrock take as the id of a call; Converse itself takes dots and colons too, but Claude does not."""
_FAILED = {"text": "error"}
"""What a tool says that failed without a word: Bedrock refuses that (aws-samples/sample-multi-agent-orchestration-chat-
on-agentcore issue 15)."""


class Blocks:
    """Writes the blocks of one request, whose model is of `family`."""

    def __init__(self, family: Family, losses: Losses) -> None:
        self._family = family
        self._losses = losses
        self._names: set[str] = set()

    def write(self, parts: Iterable[Part], *, assistant: bool) -> Iterator[Written]:
        """Those of a turn. Texts of white space alone are left out: Bedrock refuses them, and they say nothing."""
        for part in parts:
            match part:
                case Text() if not part.citations and not part.cache:  # as most are
                    if _said(part.text):
                        yield {"text": part.text}
                case Text():
                    yield from self._text(part)
                case Media():
                    yield from self._shown(part, assistant=assistant)
                case ToolCall():
                    yield self._call(part)
                    yield from self.cached(part.cache)
                case ToolResult():
                    yield self._result(part)
                    yield from self.cached(part.cache or next((it.cache for it in part.parts if it.cache), ""))
                case Reasoning():
                    yield from self._reasoning(part)
                case Refusal():
                    yield from self._text(Text(part.text))

    def cached(self, cache: str, *, tool: bool = False) -> Iterator[Written]:
        """The point up to which is cached; the shortest time needs no word."""
        if not cache:
            return
        if not self._family.caches or (tool and not self._family.caches_tools):
            self._losses.hint("cache_control")
            return
        point = {"type": "default"}
        if cache not in self._family.caches:
            self._losses.hint("cache_control.ttl")
        elif cache != "5m":
            point["ttl"] = cache
        yield {"cachePoint": point}

    def _text(self, part: Text) -> Iterator[Written]:
        if not _said(part.text):
            return
        citations = repeated(part.citations) if self._family.claude is not None else []
        if len(citations) < len(part.citations):
            self._losses.hint("messages.annotations")
        if citations:
            yield {"citationsContent": {"content": [{"text": part.text}], "citations": citations}}
        else:
            yield {"text": part.text}
        yield from self.cached(part.cache)

    def _shown(self, part: Media, *, assistant: bool) -> Iterator[Written]:
        if assistant:
            self._losses.meaning(f"messages.content.{part.kind}")  # only a user may show something
            return
        yield from self._media(part)
        yield from self.cached(part.cache)

    def _media(self, part: Media) -> Iterator[Written]:
        if part.detail not in {"", "auto"}:
            self._losses.hint("messages.content.image_url.detail")
        written = write_media(part, self._names)
        if written is None:
            self._losses.meaning(f"messages.content.{part.kind}")
            return
        kind, block = written
        if kind == "document":
            self._names.add(block["name"])
        yield {kind: block}

    def _call(self, part: ToolCall) -> Written:
        if part.signature:
            self._losses.hint("messages.reasoning")
        return {
            "toolUse": {"toolUseId": call_id(part.id), "name": part.name, "input": tool_input(part.arguments)},
        }

    def _result(self, part: ToolResult) -> Written:
        content: list[Written] = []
        for said in part.parts:
            if isinstance(said, Text):
                content += [{"text": said.text}] if _said(said.text) else []
            elif said.kind == "audio":
                self._losses.meaning("messages.content.audio")
            else:
                content += self._media(said)
        result: Written = {"toolUseId": call_id(part.id), "content": content}
        if part.failed:
            result["status"] = "error"
            if not content:
                content.append(_FAILED)
        return {"toolResult": result}

    def _reasoning(self, part: Reasoning) -> Iterator[Written]:
        """What a model of Bedrock's has signed; they refuse other thoughts, which are no part of the question.

        What Claude signs is as good wherever it is (platform.claude.com/docs/en/build-with-claude/extended-thinking).
        """
        if part.redacted and _is_base64(part.redacted):
            yield {"reasoningContent": {"redactedContent": part.redacted}}
        elif not foreign(part.signature):
            yield {"reasoningContent": {"reasoningText": {"text": part.text, "signature": part.signature}}}
        else:
            self._losses.hint("messages.reasoning")


def _said(text: str) -> bool:
    """Whether there is more than white space; a long text is not copied to see that."""
    return bool(text) and not text.isspace()


def call_id(said: str) -> str:
    """The id of a call, as Bedrock takes it: the same for the same call, whoever made it."""
    return said if _ID(said) else "tooluse_" + hashlib.blake2b(said.encode(), digest_size=12).hexdigest()


def _is_base64(data: str) -> bool:
    try:
        b64decode(data, validate=True)
    except (binascii.Error, ValueError):
        return False
    return True
