"""A conversation as Bedrock is asked it; botocore's service model has checked every body here."""

import json
from base64 import b64encode
from itertools import pairwise
from typing import Any

import msgspec
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from resilience.errors import Failure, Reason
from services.providers.adapters.bedrock.dialect import BedrockDialect
from services.providers.adapters.bedrock.requests import path_of
from services.providers.adapters.bedrock.write_request import ADDITIONAL, OWN
from services.providers.adapters.continuation import GO_ON
from services.providers.domain.conversation import (
    Citation,
    Conversation,
    Format,
    Media,
    Reasoning,
    Refusal,
    Role,
    Text,
    Thinking,
    Tool,
    ToolCall,
    ToolChoice,
    ToolResult,
    Turn,
)
from services.providers.domain.envelope import Envelope
from services.providers.domain.losses import Losses, Unsupported
from tests.unit.providers.anthropic.conversations import conversations
from tests.unit.providers.bedrock.asking import (
    ARN,
    CLAUDE,
    CLAUDE_OPUS,
    COHERE,
    GPT,
    GRAMMAR,
    HI,
    LLAMA,
    MISTRAL,
    NOVA,
    NOVA_2,
    ask,
    lost,
    model,
    system,
    user,
)
from tests.unit.providers.bedrock.service_model import check_request

SCHEMA = msgspec.Raw(b'{"type":"object","properties":{"city":{"type":"string"}}}')
PNG = b64encode(b"png").decode()
LOOK = Tool("look", "Looks.", SCHEMA)
CALL = ToolCall("tooluse_1", "look", '{"city":"Kiel"}')
ASKED = (HI, model(CALL), user(ToolResult("tooluse_1", (Text("rain"),))))


def test_a_conversation_with_tools_is_asked() -> None:
    turns = (system(Text("Be brief.")), user(Text("Rain?")), *ASKED[1:])
    body = ask(*turns, tools=(LOOK,), tool_choice=ToolChoice("auto"), max_tokens=9, temperature=0.5, stop=("END",))
    assert body == {
        "messages": [
            {"role": "user", "content": [{"text": "Rain?"}]},
            {
                "role": "assistant",
                "content": [{"toolUse": {"toolUseId": "tooluse_1", "name": "look", "input": {"city": "Kiel"}}}],
            },
            {
                "role": "user",
                "content": [{"toolResult": {"toolUseId": "tooluse_1", "content": [{"text": "rain"}]}}],
            },
        ],
        "system": [{"text": "Be brief."}],
        "inferenceConfig": {"maxTokens": 9, "temperature": 0.5, "stopSequences": ["END"]},
        "toolConfig": {
            "tools": [
                {
                    "toolSpec": {
                        "name": "look",
                        "inputSchema": {"json": json.loads(bytes(SCHEMA))},
                        "description": "Looks.",
                    }
                }
            ],
        },
        "additionalModelResponseFieldPaths": ["/stop_sequence"],
    }


@pytest.mark.parametrize(
    ("choice", "said"),
    [
        (ToolChoice("auto"), None),
        (ToolChoice("required"), {"any": {}}),
        (ToolChoice("tool", "look"), {"tool": {"name": "look"}}),
        (None, None),
    ],
)
def test_which_tool_is_called_is_told(choice: ToolChoice | None, said: object) -> None:
    assert ask(tools=(LOOK,), tool_choice=choice)["toolConfig"].get("toolChoice") == said


def test_no_tool_is_forced_on_a_model_that_always_thinks() -> None:
    with pytest.raises(Failure, match="tool_choice"):
        lost(to="anthropic.claude-opus-5-5-v1:0", tools=(LOOK,), tool_choice=ToolChoice("required"))


def test_tools_that_may_not_be_called_are_not_told_of() -> None:
    assert "toolConfig" not in ask(tools=(LOOK,), tool_choice=ToolChoice("none"))
    with pytest.raises(Failure, match="tool_choice"):
        lost(*ASKED, tools=(LOOK,), tool_choice=ToolChoice("none"))


def test_tools_that_were_called_are_told_of_where_the_caller_does_not() -> None:
    assert lost(*ASKED) == ["tools"]
    losses = Losses("it")
    spec = ask(*ASKED, losses=losses)["toolConfig"]["tools"]
    assert spec == [{"toolSpec": {"name": "look", "inputSchema": {"json": {"type": "object", "properties": {}}}}}]


def test_turns_alternate_and_results_come_first() -> None:
    body = ask(
        user(Text("a")),
        user(Text("b")),
        model(CALL),
        user(Text("c"), ToolResult("tooluse_1", (Text("r"),), cache="5m")),
        user(ToolResult("tooluse_2", (), failed=True)),
        tools=(LOOK,),
    )
    assert [message["role"] for message in body["messages"]] == ["user", "assistant", "user"]
    assert body["messages"][0]["content"] == [{"text": "a"}, {"text": "b"}]
    kinds = [next(iter(block)) for block in body["messages"][2]["content"]]
    assert kinds == ["toolResult", "cachePoint", "toolResult", "text"]
    assert body["messages"][2]["content"][2]["toolResult"] == {
        "toolUseId": "tooluse_2",
        "content": [{"text": "error"}],
        "status": "error",
    }


def test_later_instructions_join_the_first_with_a_warning() -> None:
    assert lost(system(Text("a")), HI, Turn(Role.DEVELOPER, (Text("b"),))) == ["messages.role"]
    body = ask(system(Text("a")), HI, system(Text("b")), losses=Losses("it"))
    assert body["system"] == [{"text": "a"}, {"text": "b"}]


def test_instructions_alone_are_asked_as_a_question() -> None:
    assert ask(system(Text("a"))) == {"messages": [{"role": "user", "content": [{"text": "a"}]}]}


@pytest.mark.parametrize(
    ("media", "block"),
    [
        (Media("image", "image/png", PNG), {"image": {"format": "png", "source": {"bytes": PNG}}}),
        (Media("image", "image/jpg", PNG), {"image": {"format": "jpeg", "source": {"bytes": PNG}}}),
        (
            Media("image", url="s3://bucket/a.jpg"),
            {"image": {"format": "jpeg", "source": {"s3Location": {"uri": "s3://bucket/a.jpg"}}}},
        ),
        (
            Media("document", "application/pdf", PNG, name="Q3: report.pdf", cited=True, context="c"),
            {
                "document": {
                    "format": "pdf",
                    "name": "Q3- report-pdf",
                    "source": {"bytes": PNG},
                    "context": "c",
                    "citations": {"enabled": True},
                }
            },
        ),
        (
            Media("document", "text/plain; charset=utf-8", PNG),
            {"document": {"format": "txt", "name": "document", "source": {"bytes": PNG}}},
        ),
        (Media("document", "video/mp4", PNG), {"video": {"format": "mp4", "source": {"bytes": PNG}}}),
        (Media("audio", "audio/mpeg", PNG), {"audio": {"format": "mp3", "source": {"bytes": PNG}}}),
    ],
)
def test_media_are_shown(media: Media, block: object) -> None:
    assert ask(user(media, Text("?")))["messages"][0]["content"][0] == block


@pytest.mark.parametrize(
    "media",
    [
        Media("image", url="https://example.org/a.png"),
        Media("image", "image/tiff", PNG),
        Media("document", file_id="file_1"),
        Media("document", "application/zip", PNG),
    ],
)
def test_media_that_bedrock_does_not_take_are_an_error(media: Media) -> None:
    with pytest.raises(Failure) as raised:
        lost(user(media))
    assert raised.value.reason is Reason.UNSUPPORTED_BY_TARGET
    with pytest.raises(Failure):
        lost(model(Media("image", "image/png", PNG)))


def test_documents_have_names_of_their_own() -> None:
    pdf = Media("document", "application/pdf", PNG, name="a")
    content = ask(user(pdf, pdf, Text("?")), user(ToolResult("t", (pdf,))), tools=(LOOK,))["messages"][0]["content"]
    names = [
        content[0]["toolResult"]["content"][0]["document"]["name"],
        *(content[at]["document"]["name"] for at in (1, 2)),
    ]
    assert sorted(names) == ["a", "a (2)", "a (3)"]


def test_what_is_cached_is_marked_where_the_model_can() -> None:
    turns = (system(Text("s", "1h")), user(Text("a", "5m"), Text("b")))
    tool = Tool("look", cache="5m")
    body = ask(*turns, tools=(tool,))
    assert body["system"] == [{"text": "s"}, {"cachePoint": {"type": "default", "ttl": "1h"}}]
    assert body["messages"][0]["content"] == [{"text": "a"}, {"cachePoint": {"type": "default"}}, {"text": "b"}]
    assert body["toolConfig"]["tools"][1] == {"cachePoint": {"type": "default"}}
    assert lost(*turns, to=NOVA, tools=(tool,)) == ["cache_control.ttl", "cache_control"]
    assert lost(*turns, to=LLAMA) == ["cache_control"]


def test_thoughts_that_bedrock_signed_are_given_back_and_others_are_not() -> None:
    thoughts = (Reasoning("Hm", "c2ln"), Reasoning(redacted="c2VjcmV0"), Text("x"))
    assert ask(HI, model(*thoughts), HI)["messages"][1]["content"] == [
        {"reasoningContent": {"reasoningText": {"text": "Hm", "signature": "c2ln"}}},
        {"reasoningContent": {"redactedContent": "c2VjcmV0"}},
        {"text": "x"},
    ]
    for other in (Reasoning("Hm"), Reasoning("Hm", "gemini:c2ln"), Reasoning(redacted="%")):
        assert lost(HI, model(other, Text("x"))) == ["messages.reasoning"]
    assert lost(HI, model(ToolCall("a", "look", "{}", signature="gemini-call:x")), tools=(LOOK,)) == [
        "messages.reasoning"
    ]


@pytest.mark.parametrize(
    ("to", "thinking", "own", "config", "warned"),
    [
        (CLAUDE, Thinking(budget=2000), {"thinking": {"type": "enabled", "budget_tokens": 2000}}, None, []),
        (CLAUDE, Thinking("low"), {"thinking": {"type": "enabled", "budget_tokens": 1024}}, None, []),
        (CLAUDE, Thinking(off=True), {"thinking": {"type": "disabled"}}, None, []),
        (CLAUDE_OPUS, Thinking("xhigh"), {"thinking": {"type": "adaptive"}}, {"effort": "xhigh"}, []),
        (NOVA, Thinking("low"), None, None, ["thinking"]),
        (NOVA_2, Thinking("high"), {"reasoningConfig": {"type": "enabled", "maxReasoningEffort": "high"}}, None, []),
        (
            NOVA_2,
            Thinking("minimal", budget=9),
            {"reasoningConfig": {"type": "enabled", "maxReasoningEffort": "low"}},
            None,
            ["thinking.budget_tokens"],
        ),
        (NOVA_2, Thinking(off=True), None, None, []),
        (GPT, Thinking("xhigh"), {"reasoning_effort": "high"}, None, []),
        (GPT, Thinking(off=True), None, None, ["thinking"]),
        (ARN, Thinking("low"), None, None, ["thinking"]),
    ],
)
def test_each_family_is_told_how_much_to_think(
    to: str, thinking: Thinking, own: object, config: object, warned: list[str]
) -> None:
    losses = Losses("it")
    body = ask(to=to, thinking=thinking, losses=losses)
    assert (body.get(ADDITIONAL), body.get("outputConfig"), losses.dropped) == (own, config, warned)


def test_nova_thinks_less_rather_than_without_a_limit() -> None:
    losses = Losses("it")
    body = ask(to=NOVA_2, thinking=Thinking("high"), max_tokens=9, losses=losses)
    assert body[ADDITIONAL]["reasoningConfig"]["maxReasoningEffort"] == "medium"
    assert body["inferenceConfig"] == {"maxTokens": 9}
    assert losses.dropped == ["thinking"]


@pytest.mark.parametrize(
    ("to", "own"),
    [
        (CLAUDE, {"top_k": 5}),
        (NOVA, {"inferenceConfig": {"topK": 5}}),
        (MISTRAL, {"top_k": 5}),
        (COHERE, {"k": 5}),
    ],
)
def test_each_family_has_its_name_for_top_k(to: str, own: object) -> None:
    assert ask(to=to, top_k=5)[ADDITIONAL] == own
    assert lost(to=LLAMA, top_k=5) == ["top_k"]


def test_sampling_is_as_the_model_takes_it() -> None:
    assert ask(to=LLAMA, temperature=0.5, top_p=0.25)["inferenceConfig"] == {"temperature": 0.5, "topP": 0.25}
    assert lost(to=LLAMA, temperature=1.5) == ["temperature"]
    assert lost(to=CLAUDE, temperature=0.5, top_p=0.25) == ["top_p"]
    assert lost(to=CLAUDE_OPUS, temperature=0.5) == ["temperature"]


def test_a_schema_is_told_as_text_beside_the_effort() -> None:
    config = ask(to=CLAUDE_OPUS, format=Format(SCHEMA, "weather", "d"), thinking=Thinking("low"))["outputConfig"]
    assert config == {
        "effort": "low",
        "textFormat": {
            "type": "json_schema",
            "structure": {"jsonSchema": {"schema": str(bytes(SCHEMA), "utf-8"), "name": "weather", "description": "d"}},
        },
    }
    assert lost(format=Format()) == ["response_format"]


@pytest.mark.parametrize(
    ("asked", "field"),
    [
        ({"seed": 1}, "seed"),
        ({"frequency_penalty": 0.5}, "frequency_penalty"),
        ({"presence_penalty": 0.5}, "presence_penalty"),
        ({"user": "u"}, "user"),
        ({"tools": (LOOK,), "parallel_tools": False}, "parallel_tool_calls"),
    ],
)
def test_what_only_hints_is_left_out_with_a_warning(asked: dict[str, Any], field: str) -> None:
    assert lost(**asked) == [field]


@pytest.mark.parametrize("asked", [{"choices": 2}, {"logprobs": True}, {"stop": ("\n",)}])
def test_what_changes_the_question_is_an_error(asked: dict[str, Any]) -> None:
    with pytest.raises(Failure) as raised:
        lost(**asked)
    assert raised.value.reason is Reason.UNSUPPORTED_BY_TARGET


def test_white_space_stops_models_that_take_it() -> None:
    assert ask(to=LLAMA, stop=("\n", "END"))["inferenceConfig"] == {"stopSequences": ["\n", "END"]}
    body = ask(stop=("\n", "END"), losses=Losses("it", Unsupported.DROP))
    assert body["inferenceConfig"] == {"stopSequences": ["END"]}


def test_bedrocks_own_fields_pass_as_callers_write_them() -> None:
    extra = {
        "guardrailConfig": {"guardrailIdentifier": "abc", "guardrailVersion": "1"},
        "performanceConfig": {"latency": "optimized"},
        "serviceTier": {"type": "flex"},
        "requestMetadata": {"team": "shop"},
        "promptVariables": {"a": {"text": "b"}},
        "additionalModelResponseFieldPaths": ["/x"],
        ADDITIONAL: {"top_k": 7, "new": True},
    }
    assert set(extra) == OWN
    raws = {name: msgspec.Raw(json.dumps(value).encode()) for name, value in extra.items()}
    body = ask(top_k=5, stop=("END",), extra=raws)
    assert {name: body[name] for name in extra} == extra
    with pytest.raises(Failure, match=ADDITIONAL):
        ask(extra={ADDITIONAL: msgspec.Raw(b"[]")})


def test_citations_of_documents_are_repeated_to_claude() -> None:
    own = Citation("q", "T", document=0, start=1, end=2, counted_in="characters")
    found = Citation("q", "T", "https://x", 1, 0, 1, "blocks")
    body = ask(HI, model(Text("x", citations=(own, found))), HI)
    assert body["messages"][1]["content"][0]["citationsContent"]["citations"] == [
        {
            "sourceContent": [{"text": "q"}],
            "title": "T",
            "location": {"documentChar": {"documentIndex": 0, "start": 1, "end": 2}},
        },
        {
            "sourceContent": [{"text": "q"}],
            "title": "T",
            "source": "https://x",
            "location": {"searchResultLocation": {"searchResultIndex": 1, "start": 0, "end": 1}},
        },
    ]
    assert lost(HI, model(Text("x", citations=(Citation(url="u"),))), HI) == ["messages.annotations"]
    assert lost(HI, model(Text("x", citations=(own,))), HI, to=LLAMA) == ["messages.annotations"]


@pytest.mark.parametrize(
    ("to", "asks"), [(CLAUDE, False), (NOVA, False), (CLAUDE_OPUS, True), (LLAMA, True), (ARN, True)]
)
def test_an_answer_is_gone_on_with(to: str, asks: bool) -> None:
    turns = ask(to=to, prefix="Once upon ")["messages"]
    assert turns[1] == {"role": "assistant", "content": [{"text": "Once upon"}]}
    assert turns[2:] == ([{"role": "user", "content": [{"text": GO_ON}]}] if asks else [])
    assert len(ask(to=to, prefix=" ")["messages"]) == 1


def test_texts_of_nothing_and_ids_of_others_are_made_fit() -> None:
    body = ask(
        user(Text(" "), Text("a")),
        model(Text("b "), Refusal("no")),
        HI,
        model(ToolCall("a.b:c", "look", "no object"), ToolCall("x" * 65, "look", "")),
        user(ToolResult("a.b:c", ())),
        model(Text("end ")),
        tools=(LOOK,),
    )
    first, answer, _, calls, result, last = (message["content"] for message in body["messages"])
    assert first == [{"text": "a"}]
    assert answer == [{"text": "b "}, {"text": "no"}]
    assert calls[0]["toolUse"]["input"] == {"arguments": "no object"}
    assert calls[1]["toolUse"]["input"] == {}
    assert result[0]["toolResult"] == {"toolUseId": calls[0]["toolUse"]["toolUseId"], "content": []}
    assert last == [{"text": "end"}]


def test_the_name_of_a_model_stays_in_its_place() -> None:
    assert path_of("a/b:c", stream=False) == "/model/a%2Fb%3Ac/converse"
    assert path_of("x", stream=True) == "/model/x/converse-stream"
    for name in ("", ".", ".."):
        with pytest.raises(Failure):
            path_of(name, stream=False)


def test_a_body_of_bedrocks_own_passes_but_for_a_prefix() -> None:
    dialect = BedrockDialect(max_event=1, now=lambda: pytest.fail("nothing is signed"))
    body = b'{"messages":[{"role":"user","content":[{"text":"hi"}]}],"new":1.0}'

    def envelope(body: bytes, prefix: str) -> Envelope:
        return Envelope("r", 1, "acme", "up", CLAUDE_OPUS, body, prefix, None, "")

    assert dialect.request(envelope(body, ""), stream=False).body is body
    written = json.loads(dialect.request(envelope(body, "Once"), stream=False).body)
    assert written["new"] == 1.0
    assert [turn["role"] for turn in written["messages"]] == ["user", "assistant", "user"]
    for wrong in (b"[]", b"{}"):
        with pytest.raises(Failure):
            dialect.request(envelope(wrong, "Once"), stream=False)


@settings(suppress_health_check=[HealthCheck.too_slow], deadline=None)
@given(conversations, st.sampled_from([CLAUDE, CLAUDE_OPUS, NOVA, NOVA_2, GPT, LLAMA, MISTRAL, COHERE, ARN]))
def test_whatever_can_be_asked_is_a_request_to_botocore(asked: Conversation, to: str) -> None:
    losses = Losses("it", Unsupported.DROP)
    request = GRAMMAR.write_request(asked, to, stream=False, prefix="", losses=losses)
    body = check_request(request, to)
    roles = [message["role"] for message in body["messages"]]
    assert all(before != after for before, after in pairwise(roles))
