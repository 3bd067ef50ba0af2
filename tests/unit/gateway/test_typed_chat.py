"""Typed chats as the bodies that vendors are sent, and what comes of their answers."""

import json
from typing import Any

import pytest
from google.protobuf.struct_pb2 import Struct

from resilience.errors import Failure, Reason
from seawall.gateway.v1 import chat_pb2 as pb
from services.gateway.entrypoints.typed_chat import to_body, to_piece

SCHEMA = '{"type":"object","properties":{"zeal":{"type":"string"},"art":{"type":"integer","maximum":9007199254740993}}}'
SIGNED = {"google": {"thought_signature": "proof"}}


def body(chat: pb.Chat) -> dict[str, Any]:
    said: dict[str, Any] = json.loads(to_body(chat, stream=False))
    return said


def struct(said: dict[str, Any]) -> Struct:
    made = Struct()
    made.update(said)
    return made


def test_a_schema_in_json_text_keeps_its_order_and_its_numbers() -> None:
    chat = pb.Chat(
        tools=[pb.Tool(name="look", parameters_json=SCHEMA)],
        response_schema=pb.ResponseSchema(name="place", schema_json=SCHEMA, strict=True),
    )
    said = body(chat)
    assert json.dumps(said["tools"][0]["function"]["parameters"], separators=(",", ":")) == SCHEMA
    format_ = said["response_format"]["json_schema"]
    assert json.dumps(format_.pop("schema"), separators=(",", ":")) == SCHEMA
    assert format_ == {"name": "place", "strict": True}


def test_a_schema_in_a_struct_is_the_same_but_for_its_order() -> None:
    schema = {"type": "object", "properties": {"zeal": {"type": "string"}}}
    chat = pb.Chat(
        tools=[pb.Tool(name="look", parameters=struct(schema)), pb.Tool(name="none")],
        response_schema=pb.ResponseSchema(name="place", schema=struct(schema)),
    )
    said = body(chat)
    assert [tool["function"].get("parameters") for tool in said["tools"]] == [schema, None]
    assert said["response_format"]["json_schema"]["schema"] == schema


@pytest.mark.parametrize("text", ["{", "[]", '"x"', "null"])
def test_a_schema_that_is_no_object_is_refused_by_name(text: str) -> None:
    with pytest.raises(Failure) as failed:
        body(pb.Chat(tools=[pb.Tool(name="look", parameters_json=text)]))
    assert (failed.value.reason, failed.value.detail) == (
        Reason.INVALID_REQUEST,
        {"param": "tools.parameters_json"},
    )


def test_a_schema_is_given_in_one_way() -> None:
    schema = pb.ResponseSchema(name="place", schema=struct({}), schema_json=SCHEMA)
    with pytest.raises(Failure) as failed:
        body(pb.Chat(response_schema=schema))
    assert failed.value.detail == {"param": "response_schema.schema_json"}


def test_a_calls_signature_goes_back_as_callers_of_openais_shape_give_it() -> None:
    calls = [pb.ToolCall(id="a", name="look", arguments="{}", signature="proof"), pb.ToolCall(id="b", name="look")]
    said = body(pb.Chat(messages=[pb.Message(role="assistant", tool_calls=calls)]))
    assert [call.get("extra_content") for call in said["messages"][0]["tool_calls"]] == [SIGNED, None]


@pytest.mark.parametrize("extra", [None, {}, {"google": None}, {"google": {}}, {"other": {"x": 1}}])
def test_a_call_of_a_stream_has_the_signature_that_its_vendor_gave(extra: dict[str, Any] | None) -> None:
    calls = [
        {"index": 0, "id": "a", "function": {"name": "look", "arguments": ""}, "extra_content": SIGNED},
        {"index": 1, "id": "b", "function": {"name": "look", "arguments": ""}, "extra_content": extra},
    ]
    piece = to_piece(json.dumps({"choices": [{"index": 0, "delta": {"tool_calls": calls}}]}).encode())
    assert [(call.id, call.signature) for call in piece.choices[0].tool_calls] == [("a", "proof"), ("b", "")]
