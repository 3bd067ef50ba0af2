"""What was said so far, as Cohere's messages: those of OpenAI, but for what the model thought.

Source: cohere-ai/cohere-python `types/{assistant_message,assistant_message_v2content_one_item,content}.py`.
"""

from collections.abc import Sequence
from typing import Any

from services.providers.adapters.openai.means import Means
from services.providers.adapters.openai.media import write_media
from services.providers.adapters.openai.write_messages import Message, MessagesWriter
from services.providers.domain.conversation import Media, Turn
from services.providers.domain.losses import Losses


def _thought(text: str) -> dict[str, object]:
    return {"type": "thinking", "thinking": text}


def _image(media: Media) -> dict[str, object] | None:
    return write_media(media) if media.kind == "image" else None


MEANS = Means(max_tokens="max_tokens", developer=False, refusals=False, names=False, thoughts=_thought, media=_image)


def write_messages(turns: Sequence[Turn], losses: Losses) -> list[Message]:
    """The messages of a request. Raises what Losses does."""
    writer = MessagesWriter(MEANS, losses)
    writer.write(turns)
    for message in writer.messages:
        if "tool_calls" in message:
            _plan(message)
    return writer.messages


def _plan(message: dict[str, Any]) -> None:
    """What a model thinks before it calls tools is its plan."""
    content = message["content"]
    if not isinstance(content, list):
        if content is None:
            del message["content"]
        return
    thoughts = [part["thinking"] for part in content if part["type"] == "thinking"]
    words = [part for part in content if part["type"] != "thinking"]
    if thoughts:
        message["tool_plan"] = "".join(thoughts)
    if words:
        message["content"] = words
    else:
        del message["content"]
