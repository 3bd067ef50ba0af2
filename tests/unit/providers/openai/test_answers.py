"""Whole answers, read from vendors and written for callers: the official SDK reads them too."""

import json
from typing import Any

import msgspec
import pytest
from openai.types.chat import ChatCompletion

from resilience.errors import Reason
from services.providers.domain.answer import Usage
from services.providers.domain.conversation import Citation, Media, Part, Reasoning, Refusal, Text, ToolCall
from services.providers.domain.failure import VendorFailure
from services.providers.domain.reply import Choice, Finish, Reply
from tests.unit.providers.openai.world import NOW, grammar

STOP = Finish("stop")


def read(message: dict[str, Any], **choice: Any) -> Choice:
    choices = [{"index": 0, "message": {"role": "assistant", **message}, "finish_reason": "stop", **choice}]
    return grammar().read_answer(json.dumps({"id": "a", "model": "m", "choices": choices}).encode()).choices[0]


def written(*parts: Part, finish: Finish = STOP, **reply: Any) -> ChatCompletion:
    body = grammar().write_answer(Reply("a", "m", (Choice(parts, finish),), **reply))
    return ChatCompletion.model_validate(json.loads(body))


def test_an_answer_is_read() -> None:
    usage = {
        "prompt_tokens": 10,
        "completion_tokens": 20,
        "prompt_tokens_details": {"cached_tokens": 3, "cache_write_tokens": 4},
        "completion_tokens_details": {"reasoning_tokens": 5},
    }
    logprobs = '{"content": [], "refusal": null}'
    body = (
        '{"id":"chatcmpl-1","created":7,"model":"m","choices":['
        '{"index":0,"message":{"content":"Hi","refusal":null},"finish_reason":"stop","logprobs":%s},'
        '{"index":1,"message":{"content":null,"refusal":"No"},"finish_reason":"length","logprobs":null}],"usage":%s}'
    )
    assert grammar().read_answer((body % (logprobs, json.dumps(usage))).encode()) == Reply(
        "chatcmpl-1",
        "m",
        (
            Choice((Text("Hi"),), STOP, msgspec.Raw(logprobs.encode())),
            Choice((Refusal("No"),), Finish("length")),
        ),
        Usage(10, 20, 3, 5, 4),
        7,
    )


@pytest.mark.parametrize("field", ["cached_tokens", "prompt_cache_hit_tokens"])
def test_cached_tokens_are_read_where_vendors_tell_them(field: str) -> None:
    body = json.dumps({"choices": [], "usage": {"prompt_tokens": 9, "completion_tokens": 1, field: 8}})
    assert grammar().read_answer(body.encode()).usage == Usage(9, 1, 8)


def test_what_was_thought_is_read_wherever_vendors_tell_it() -> None:
    parts = (Reasoning("Hm"), Text("Hi"))
    assert read({"content": "Hi", "reasoning_content": "Hm"}).parts == parts
    assert read({"content": "Hi", "reasoning": "Hm"}).parts == parts
    pieces = [{"type": "thinking", "thinking": [{"type": "text", "text": "Hm"}]}, {"type": "text", "text": "Hi"}]
    assert read({"content": pieces}).parts == parts
    blocks = [
        {"type": "thinking", "thinking": "Hm", "signature": "sig"},
        {"type": "redacted_thinking", "data": "secret"},
    ]
    assert read({"content": "Hi", "reasoning_content": "Hm", "thinking_blocks": blocks}).parts == (
        Reasoning("Hm", "sig"),
        Reasoning(redacted="secret"),
        Text("Hi"),
    )


def test_calls_without_an_id_are_given_one() -> None:
    calls = [{"function": {"name": "look", "arguments": "{}"}}, {"id": "", "function": {"name": "look"}}]
    assert read({"tool_calls": calls}).parts == (ToolCall("call_new0", "look", "{}"), ToolCall("call_new1", "look", ""))


@pytest.mark.parametrize(
    ("said", "finish"),
    [
        ({"finish_reason": "length"}, Finish("length")),
        ({"finish_reason": "function_call"}, Finish("tool_calls", said="function_call")),
        ({"finish_reason": "eos"}, Finish("stop", said="eos")),
        ({"finish_reason": "unheard_of"}, Finish("stop", said="unheard_of")),
        (
            {"finish_reason": "content_filter", "native_finish_reason": "SAFETY"},
            Finish("content_filter", said="SAFETY"),
        ),
        ({"finish_reason": "stop", "stop_reason": "END"}, Finish("stop", "END")),
        ({"finish_reason": "stop", "stop_reason": 128009}, Finish("stop")),
    ],
)
def test_finish_words_are_read_as_ours(said: dict[str, Any], finish: Finish) -> None:
    assert read({"content": "Hi"}, **said).finish == finish


def test_an_answer_that_calls_tools_ended_for_that() -> None:
    calls = [{"id": "c1", "type": "function", "function": {"name": "look", "arguments": "{}"}}]
    assert read({"tool_calls": calls}).finish == Finish("tool_calls")
    assert read({"tool_calls": calls}, finish_reason="length").finish == Finish("length")


@pytest.mark.parametrize("body", [b"[]", b'{"choices":[{"index":"x"}]}', b"{"])
def test_what_is_no_answer_is_malformed(body: bytes) -> None:
    with pytest.raises(VendorFailure) as failed:
        grammar().read_answer(body)
    assert failed.value.reason is Reason.VENDOR_MALFORMED


def test_the_sdk_reads_an_answer() -> None:
    logprobs = msgspec.Raw(b'{"content":[{"token":"H","logprob":-0.5,"bytes":null,"top_logprobs":[]}]}')
    choices = (Choice((Text("Hel"), Text("lo")), STOP, logprobs), Choice((Refusal("No"),), Finish("content_filter")))
    body = grammar().write_answer(Reply("", "m", choices, Usage(10, 20, 3, 5, 4)))
    answer = ChatCompletion.model_validate(json.loads(body))
    assert (answer.id, answer.object, answer.created, answer.model) == (
        "chatcmpl-new0",
        "chat.completion",
        int(NOW.timestamp()),
        "m",
    )
    first, second = answer.choices
    assert (first.message.content, first.message.refusal, first.finish_reason) == ("Hello", None, "stop")
    assert first.logprobs is not None
    assert first.logprobs.content is not None
    assert first.logprobs.content[0].token == "H"
    assert (second.message.content, second.message.refusal) == (None, "No")
    assert (second.index, second.finish_reason, second.logprobs) == (1, "content_filter", None)
    usage = answer.usage
    assert usage is not None
    assert usage.prompt_tokens_details is not None
    assert usage.completion_tokens_details is not None
    assert (usage.prompt_tokens, usage.completion_tokens, usage.total_tokens) == (10, 20, 30)
    assert (usage.prompt_tokens_details.cached_tokens, usage.prompt_tokens_details.cache_write_tokens) == (3, 4)
    assert usage.completion_tokens_details.reasoning_tokens == 5


def test_the_sdk_reads_calls_without_text() -> None:
    answer = written(ToolCall("c1", "look", '{"at":1}', signature="proof"), finish=Finish("tool_calls"), created=7)
    message = answer.choices[0].message
    assert (answer.id, answer.created, message.content, answer.usage) == ("a", 7, None, None)
    assert message.tool_calls is not None
    call = message.tool_calls[0]
    assert call.type == "function"
    assert (call.id, call.function.name, call.function.arguments) == ("c1", "look", '{"at":1}')
    assert call.to_dict()["extra_content"] == {"google": {"thought_signature": "proof"}}


def test_an_empty_answer_has_empty_content() -> None:
    assert written().choices[0].message.content == ""


def test_citations_of_the_web_are_annotations_of_the_text_they_are_of() -> None:
    web = Citation("said so", "Title", "https://a")
    placed = Citation("", "Other", "https://b", start=1, end=2)
    document = Citation("p. 3", "Book", document=0, start=5, end=9)
    message = written(Text("One."), Text("Two.", citations=(web, placed, document))).choices[0].message
    assert message.annotations is not None
    assert [note.url_citation.to_dict() for note in message.annotations] == [
        {"url": "https://a", "title": "Title", "start_index": 4, "end_index": 8, "content": "said so"},
        {"url": "https://b", "title": "Other", "start_index": 1, "end_index": 2},
    ]
    body = grammar().write_answer(Reply("a", "m", (Choice((Text("x", citations=(placed, document)),), STOP),)))
    assert grammar().read_answer(body).choices[0].parts == (Text("x", citations=(placed, document)),)


def test_a_citation_of_a_document_of_the_web_keeps_both() -> None:
    citation = Citation("p. 3", "Book", "https://a", document=2, counted_in="pages")
    body = grammar().write_answer(Reply("a", "m", (Choice((Text("x", citations=(citation,)),), STOP),)))
    assert grammar().read_answer(body).choices[0].parts == (Text("x", citations=(citation,)),)


def test_citations_of_another_shape_are_not_read() -> None:
    assert read({"content": "Hi", "citations": ["https://a", {"url": "b"}]}).parts == (Text("Hi"),)


def test_what_the_model_thought_and_drew_is_told() -> None:
    image = Media("image", "image/png", "AAAA")
    message = written(Reasoning("Hm"), image).choices[0].message.to_dict()
    assert message["reasoning_content"] == "Hm"
    assert "thinking_blocks" not in message
    assert message["images"] == [{"type": "image_url", "image_url": {"url": "data:image/png;base64,AAAA"}}]
    message = written(Reasoning("Hm", "sig"), Reasoning(redacted="secret")).choices[0].message.to_dict()
    assert message["thinking_blocks"] == [
        {"type": "thinking", "thinking": "Hm", "signature": "sig"},
        {"type": "redacted_thinking", "data": "secret"},
    ]


def test_why_it_ended_is_told_in_full() -> None:
    choice = written(finish=Finish("stop", "END", "stop_sequence")).choices[0].to_dict()
    assert (choice["stop_reason"], choice["native_finish_reason"]) == ("END", "stop_sequence")
