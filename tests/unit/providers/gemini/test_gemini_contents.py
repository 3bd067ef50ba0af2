"""What Gemini is told of a conversation."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from resilience.errors import Failure, Reason
from services.providers.domain.conversation import (
    Conversation,
    Media,
    Reasoning,
    Refusal,
    Role,
    Text,
    Tool,
    ToolCall,
    ToolResult,
    Turn,
)
from services.providers.domain.losses import Losses, Unsupported
from tests.unit.providers.gemini.asking import GRAMMAR, HI, NEW, OLD, ask, lost, model, user
from tests.unit.providers.gemini.documented import CALLS

SKIP = "skip_thought_signature_validator"


def test_instructions_are_apart() -> None:
    body = ask(Turn(Role.SYSTEM, (Text("be"),)), Turn(Role.DEVELOPER, (Text("kind"),)), HI)
    assert body["systemInstruction"] == {"parts": [{"text": "be"}, {"text": "kind"}]}
    assert [content["role"] for content in body["contents"]] == ["user"]


def test_later_instructions_stay_with_a_warning() -> None:
    losses = Losses("it")
    body = ask(HI, Turn(Role.SYSTEM, (Text("be kind"),)), losses=losses)
    assert body["systemInstruction"] == {"parts": [{"text": "be kind"}]}
    assert losses.dropped == ["messages.role"]


def test_instructions_alone_are_the_question() -> None:
    assert ask(Turn(Role.SYSTEM, (Text("say hi"),))) == {"contents": [{"role": "user", "parts": [{"text": "say hi"}]}]}


def test_turns_of_one_side_are_one() -> None:
    body = ask(HI, user(Text("you")), model(Text("a")), model(Refusal("no")), HI)
    assert body["contents"] == [
        {"role": "user", "parts": [{"text": "hi"}, {"text": "you"}]},
        {"role": "model", "parts": [{"text": "a"}, {"text": "no"}]},
        {"role": "user", "parts": [{"text": "hi"}]},
    ]


def test_a_prefix_is_a_turn_of_the_models_at_the_end() -> None:
    assert ask(prefix="so far")["contents"][1:] == [{"role": "model", "parts": [{"text": "so far"}]}]
    said = ask(HI, model(Text("begun")), prefix=" so far")["contents"][1:]
    assert said == [{"role": "model", "parts": [{"text": "begun"}, {"text": " so far"}]}]


def test_media_are_said() -> None:
    media = (
        Media("image", "image/jpeg", "AAAA", detail="low"),
        Media("audio", "audio/wav", "BBBB", detail="low"),
        Media("document", "", "CCCC", detail="low", context="of last year"),
        Media("image", url="https://x/y.webp?z", detail="low"),
        Media("document", "application/pdf", file_id="files/abc", detail="low"),
    )
    body = ask(user(*media))
    assert body["generationConfig"] == {"mediaResolution": "MEDIA_RESOLUTION_LOW"}
    assert body["contents"][0]["parts"] == [
        {"inlineData": {"mimeType": "image/jpeg", "data": "AAAA"}},
        {"inlineData": {"mimeType": "audio/wav", "data": "BBBB"}},
        {"text": "of last year"},
        {"inlineData": {"mimeType": "application/pdf", "data": "CCCC"}},
        {"fileData": {"mimeType": "image/webp", "fileUri": "https://x/y.webp?z"}},
        {"fileData": {"mimeType": "application/pdf", "fileUri": "files/abc"}},
    ]


def test_media_that_only_another_vendor_has_are_an_error() -> None:
    with pytest.raises(Failure) as told:
        lost(user(Media("document", file_id="file-abc123")))
    assert (told.value.reason, told.value.detail) == (Reason.UNSUPPORTED_BY_TARGET, {"param": "document.file_id"})


def test_a_call_and_its_result_have_the_vendors_id() -> None:
    call = ToolCall("gp737npz", "f", '{"a": 1.0, "b": 12345678901234567890}', signature="gemini-call:c2ln")
    body = ask(HI, model(Text("let me"), call), user(ToolResult("gp737npz", (Text("ok"),))), model=NEW)
    assert body["contents"][1:] == [
        {
            "role": "model",
            "parts": [
                {"text": "let me"},
                {
                    "functionCall": {"id": "gp737npz", "name": "f", "args": {"a": 1.0, "b": 12345678901234567890}},
                    "thoughtSignature": "c2ln",
                },
            ],
        },
        {
            "role": "user",
            "parts": [{"functionResponse": {"id": "gp737npz", "name": "f", "response": {"output": "ok"}}}],
        },
    ]


def test_an_id_that_the_vendor_never_gave_is_not_shown_to_it_and_results_are_in_order() -> None:
    (choice,) = GRAMMAR.read_answer(CALLS).choices
    first, second = (part.id for part in choice.parts if isinstance(part, ToolCall))
    results = (ToolResult(second, (Text("B"),), failed=True), ToolResult(first, (Text("A"), Text("a"))))
    body = ask(HI, Turn(Role.ASSISTANT, choice.parts), *(user(result) for result in results), HI, model=NEW)
    assert body["contents"][1]["parts"] == json.loads(CALLS)["candidates"][0]["content"]["parts"]
    assert body["contents"][2]["parts"] == [
        {"functionResponse": {"name": "get_weather", "response": {"output": ["A", "a"]}}},
        {"functionResponse": {"name": "get_weather", "response": {"error": "B"}}},
        {"text": "hi"},
    ]


def test_a_result_without_its_call_is_refused() -> None:
    with pytest.raises(Failure) as told:
        ask(user(ToolResult("x", (Text("ok"),))))
    assert told.value.reason is Reason.INVALID_REQUEST


def test_media_of_a_result_are_in_it_where_the_model_takes_them_there() -> None:
    turns = (HI, model(ToolCall("x", "f", "")), user(ToolResult("x", (Media("image", "image/png", "AAAA"),))))
    image = {"inlineData": {"mimeType": "image/png", "data": "AAAA"}}
    response = {"id": "x", "name": "f", "response": {"output": ""}}
    assert ask(*turns, model=NEW)["contents"][2]["parts"] == [{"functionResponse": response | {"parts": [image]}}]
    assert ask(*turns, model=OLD)["contents"][2]["parts"] == [{"functionResponse": response}, image]


@pytest.mark.parametrize("arguments", ["no JSON", "[1]", '{"a":', "1"])
def test_arguments_that_are_no_object_are_a_field_of_one(arguments: str) -> None:
    losses = Losses("it")
    body = ask(HI, model(ToolCall("x", "f", arguments)), losses=losses)
    assert body["contents"][1]["parts"][0]["functionCall"]["args"] == {"arguments": arguments}
    assert losses.dropped == ["messages.tool_calls.arguments"]


def test_the_first_call_of_a_step_is_signed_where_the_model_insists() -> None:
    turns = (
        HI,
        model(ToolCall("1", "f", ""), ToolCall("2", "f", "")),
        user(ToolResult("1", ()), ToolResult("2", ())),
        model(ToolCall("3", "f", "", signature="gemini-call:c2ln")),
    )

    def signed(name: str) -> list[str | None]:
        contents = ask(*turns, model=name)["contents"]
        return [
            part.get("thoughtSignature")
            for content in contents
            for part in content["parts"][: 9 if content["role"] == "model" else 0]
        ]

    assert signed(NEW) == [SKIP, None, "c2ln"]
    assert signed(OLD) == [None, None, "c2ln"]


def test_a_signature_that_came_back_before_its_call_is_the_calls() -> None:
    turn = model(Reasoning(signature="gemini-call:c2ln"), Text("a"), ToolCall("1", "f", ""), ToolCall("2", "f", ""))
    parts = ask(HI, turn, model=NEW)["contents"][1]["parts"]
    assert [part.get("thoughtSignature") for part in parts] == [None, "c2ln", None]


def test_thoughts_go_back_with_gemini_s_own_signatures_only() -> None:
    own = model(Reasoning("hm", "gemini:YQ=="), Text("so"), Reasoning(signature="gemini:Yg=="))
    assert ask(HI, own)["contents"][1]["parts"] == [
        {"text": "hm", "thought": True, "thoughtSignature": "YQ=="},
        {"text": "so"},
        {"text": "", "thoughtSignature": "Yg=="},
    ]
    losses = Losses("it")
    others = model(Reasoning("hm", "EqoBCkgIAR"), Reasoning(redacted="Emw"), Text("so"))
    assert ask(HI, others, losses=losses)["contents"][1]["parts"] == [{"text": "hm", "thought": True}, {"text": "so"}]
    assert losses.dropped == ["messages.reasoning"]


@pytest.mark.parametrize(
    ("turn", "warned"),
    [
        (user(Text("a", cache="5m")), ["cache_control"]),
        (Turn(Role.USER, (Text("a"),), name="Ann"), ["messages.name"]),
        (user(Media("image", "image/png", "AAAA", cited=True, name="n")), ["citations", "filename"]),
        (user(Media("image", "image/png", "A", detail="low"), Media("image", "image/png", "B")), ["detail"]),
        (user(Media("image", "image/png", "A", detail="auto")), []),
    ],
)
def test_what_a_turn_loses_is_told(turn: Turn, warned: list[str]) -> None:
    assert lost(turn) == warned


words = st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=8)
arguments = st.dictionaries(words, st.integers(-9, 9) | words, max_size=3)


@st.composite
def conversations(draw: st.DrawFn) -> Conversation:
    """Turns in an order that every dialect can have, tools called several at a time and answered in any order."""
    turns, calls = list[Turn](), 0
    for _ in range(draw(st.integers(1, 5))):
        turns.append(Turn(Role.USER, tuple(Text(draw(words)) for _ in range(draw(st.integers(1, 3))))))
        made = [
            ToolCall(
                f"{draw(st.sampled_from(['call_', 'gemini_r_0_']))}{calls + at}",
                draw(words),
                json.dumps(draw(arguments)),
            )
            for at in range(draw(st.integers(0, 3)))
        ]
        calls += len(made)
        turns.append(Turn(Role.ASSISTANT, (Text(draw(words)), *made)))
        results = [ToolResult(call.id, (Text(draw(words)),)) for call in made]
        turns += [Turn(Role.USER, (result,)) for result in draw(st.permutations(results))]
    return Conversation(
        tuple(turns), tools=tuple(Tool(name, draw(words)) for name in draw(st.lists(words, max_size=3)))
    )


@given(conversations(), st.sampled_from([OLD, NEW]), st.sampled_from(["", "so far"]))
def test_a_request_keeps_texts_tools_and_order(conversation: Conversation, name: str, prefix: str) -> None:
    losses = Losses("it", Unsupported.ERROR)
    request = GRAMMAR.write_request(conversation, name, stream=True, prefix=prefix, losses=losses)
    body = json.loads(request.body)
    roles = [content["role"] for content in body["contents"]]
    assert roles == [("user", "model")[at % 2] for at in range(len(roles))]
    parts = [part for content in body["contents"] for part in content["parts"]]
    given_parts = [part for turn in conversation.turns for part in turn.parts]
    texts = [part.text for part in given_parts if isinstance(part, Text)]
    assert [part["text"] for part in parts if "text" in part] == texts + [prefix] * bool(prefix)
    calls = [part for part in given_parts if isinstance(part, ToolCall)]
    made = [part["functionCall"] for part in parts if "functionCall" in part]
    assert [(call["name"], call["args"]) for call in made] == [
        (call.name, json.loads(call.arguments)) for call in calls
    ]
    results = {part.id: part for part in given_parts if isinstance(part, ToolResult)}
    answered = [part["functionResponse"] for part in parts if "functionResponse" in part]
    in_order = [
        (call.name, {"output": text.text})
        for call in calls
        for text in results[call.id].parts
        if isinstance(text, Text)
    ]
    assert [(answer["name"], answer["response"]) for answer in answered] == in_order
    assert [answer.get("id") for answer in answered] == [call.get("id") for call in made]
    declared = [tool for tools in body.get("tools", []) for tool in tools["functionDeclarations"]]
    assert [(tool["name"], tool["description"]) for tool in declared] == [
        (t.name, t.description) for t in conversation.tools
    ]
