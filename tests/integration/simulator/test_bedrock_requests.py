"""Wrong requests to a vendor of Bedrock's dialect get Bedrock's errors."""

import json
from typing import Any

import pytest

from simulator import Vendor
from tests.integration.simulator.bedrock import post
from tests.integration.simulator.clients import Wire
from tests.stack.eventually import eventually

USER = {"role": "user", "content": [{"text": "one"}]}
CALL = {"toolUse": {"toolUseId": "tooluse_1", "name": "look", "input": {}}}
RESULT = {"toolResult": {"toolUseId": "tooluse_1", "content": [{"text": "seen"}]}}
TOOL = {"toolSpec": {"name": "look", "inputSchema": {"json": {"type": "object"}}}}
TOOLS = {"tools": [TOOL]}
MARK = {"cachePoint": {"type": "default"}}


def turns(*contents: Any) -> list[dict[str, Any]]:
    """Messages of the user and the model by turns."""
    return [
        {"role": ("user", "assistant")[at % 2], "content": [{"text": content}] if isinstance(content, str) else content}
        for at, content in enumerate(contents)
    ]


def call(**fields: Any) -> list[dict[str, Any]]:
    return [{"toolUse": CALL["toolUse"] | fields}]


def result(**fields: Any) -> list[dict[str, Any]]:
    return [{"toolResult": RESULT["toolResult"] | fields}]


def shown(kind: str, **fields: Any) -> list[dict[str, Any]]:
    return [{kind: {"format": "png" if kind == "image" else "txt", "source": {"bytes": "AA=="}, **fields}}]


def document(name: str) -> dict[str, Any]:
    return shown("document", name=name)[0]


def form(**told: Any) -> dict[str, Any]:
    return {
        "outputConfig": {"textFormat": {"type": "json_schema", "structure": {"jsonSchema": {"schema": "{"}}, **told}}
    }


def spec(**fields: Any) -> dict[str, Any]:
    return {"toolConfig": {"tools": [{"toolSpec": TOOL["toolSpec"] | fields}]}}


WRONG: list[tuple[dict[str, Any], str]] = [
    ({"messages": []}, "A conversation must start with a user message."),
    ({"messages": None}, "A conversation must start with a user message."),
    ({"messages": turns("a")[0]}, "The value at messages in the request is of the wrong type"),
    (
        {"messages": [{"role": "assistant", "content": [{"text": "a"}]}]},
        "A conversation must start with a user message.",
    ),
    ({"messages": [USER, USER]}, "A conversation must alternate between user and assistant roles."),
    (
        {"messages": [USER, {"role": "robot", "content": []}]},
        "1 validation error detected: Value 'robot' at 'messages.1",
    ),
    ({"messages": turns([])}, "The content field in the Message object at messages.0 is empty."),
    ({"messages": turns(" \n")}, "The text field in the ContentBlock object at messages.0.content.0 is blank."),
    ({"messages": turns([{}])}, "The ContentBlock object at messages.0.content.0 must set exactly one member."),
    ({"messages": turns([{"text": "a"} | CALL])}, "The ContentBlock object at messages.0.content.0 must set exactly"),
    ({"messages": turns("a", "b ")}, "The model returned the following errors: messages: final assistant content"),
    ({"messages": turns(call())}, "The toolUse block at messages.0.content.0 is not allowed"),
    ({"messages": turns("a", result())}, "The toolResult block at messages.1.content.0 is not allowed"),
    (
        {"messages": turns(result()), "toolConfig": TOOLS},
        "The number of toolResult blocks at messages.0.content exceeds",
    ),
    (
        {"messages": turns("a", call(), "b"), "toolConfig": TOOLS},
        "Expected toolResult blocks at messages.2.content for",
    ),
    (
        {"messages": turns("a", call(), result())},
        "The toolConfig field must be defined when using toolUse and toolResult",
    ),
    ({"messages": turns("a", call(toolUseId="a b"))}, "1 validation error detected: Value 'a b' at 'messages.1"),
    ({"messages": turns("a", call(name="a b"))}, "1 validation error detected: Value 'a b' at 'messages.1"),
    (
        {"messages": turns("a", call(input="{}"))},
        "The format of the value at messages.1.content.0.toolUse.input is inv",
    ),
    ({"messages": turns("a", call(), result(content=[], status="error"))}, "The content field at messages.2.content.0"),
    (
        {"messages": turns("a", call(), result(content=[{"text": ""}]))},
        "The text field in the ContentBlock object at mes",
    ),
    (
        {"messages": turns(shown("image", format="bmp"))},
        "1 validation error detected: Value 'bmp' at 'messages.0.content",
    ),
    (
        {"messages": turns(shown("image", source={}))},
        "The source at messages.0.content.0.image.source must set exactly",
    ),
    (
        {"messages": turns(shown("image", source={"bytes": "?"}))},
        "The value at messages.0.content.0.image.source.bytes",
    ),
    ({"messages": turns(shown("image", source={"bytes": ""}))}, "1 validation error detected: Value '' at 'messages.0"),
    ({"messages": turns([document("a.txt")])}, "The document file name at messages.0.content.0.document.name can only"),
    ({"messages": turns([document("a  b")])}, "The document file name at messages.0.content.0.document.name can only"),
    ({"messages": turns([document("a"), document("a")])}, "The document name at messages.0.content.1 is not unique."),
    ({"messages": turns([document("a")])}, "A text block is required in the content of a message that has a document"),
    ({"system": [{"text": " "}]}, "The text field in the ContentBlock object at system.0 is blank."),
    (
        {"inferenceConfig": {"maxTokens": 0}},
        "1 validation error detected: Value '0' at 'inferenceConfig.maxTokens' failed",
    ),
    (
        {"inferenceConfig": {"temperature": 1.5}},
        "1 validation error detected: Value '1.5' at 'inferenceConfig.temperatur",
    ),
    ({"inferenceConfig": {"topP": -1}}, "1 validation error detected: Value '-1.0' at 'inferenceConfig.topP' failed"),
    (
        {"inferenceConfig": {"stopSequences": [""]}},
        "1 validation error detected: Value '' at 'inferenceConfig.stopSequences",
    ),
    (
        {"inferenceConfig": {"stopSequences": ["a"] * 2501}},
        "1 validation error detected: Value '2501' at 'inferenceConfig",
    ),
    (
        {"inferenceConfig": {"maxTokens": "3"}},
        "The value at inferenceConfig.maxTokens in the request is of the wrong type",
    ),
    ({"toolConfig": {"tools": []}}, "1 validation error detected: Value '[]' at 'toolConfig.tools' failed"),
    (spec(name="a b"), "1 validation error detected: Value 'a b' at 'toolConfig.tools.0.toolSpec.name' failed"),
    (spec(inputSchema={"json": {}}), "The value at toolConfig.tools.0.toolSpec.inputSchema.json.type must be one of"),
    (
        {"toolConfig": {"tools": [TOOL, TOOL]}},
        "The model returned the following errors: tools: Tool names must be unique.",
    ),
    ({"toolConfig": TOOLS | {"toolChoice": {"tool": {"name": "b"}}}}, "The toolChoice.tool.name 'b' must be that of"),
    ({"toolConfig": TOOLS | {"toolChoice": {}}}, "The toolConfig.toolChoice must set exactly one member."),
    (form(), "The value at outputConfig.textFormat.structure.jsonSchema.schema is not a JSON schema."),
    (form(type="json"), "1 validation error detected: Value 'json' at 'outputConfig.textFormat.type' failed"),
    ({"system": [{"text": "a"}, MARK] * 5}, "The model returned the following errors: A maximum of 4 blocks"),
    ({"system": [{"cachePoint": {}}]}, "1 validation error detected: Value 'None' at 'cachePoint.type' failed"),
    (
        {"system": [{"cachePoint": {"type": "default", "ttl": "2h"}}]},
        "1 validation error detected: Value '2h' at 'cachePoi",
    ),
]


@pytest.fixture
async def socket(rock: Vendor) -> Any:
    opened = await Wire.open(rock.base_url)
    yield opened
    opened.close()


async def refused(wire: Wire) -> tuple[int, str]:
    head = await wire.headers()
    length = int(head.split(b"content-length: ")[1].split(b"\r\n")[0])
    assert b"x-amzn-errortype: ValidationException\r\n" in head
    return int(head.split()[1]), json.loads(await wire.reader.readexactly(length))["message"]


@pytest.mark.parametrize(("fields", "said"), WRONG)
async def test_a_wrong_request_is_refused_in_the_vendors_words(
    socket: Wire, rock: Vendor, fields: dict[str, Any], said: str
) -> None:
    post(socket, **fields)
    status, message = await refused(socket)
    assert (status, message[: len(said)]) == (400, said)
    await eventually(lambda: rock.calls[-1].outcome == "rejected")


async def test_a_body_that_is_no_json_is_refused(socket: Wire) -> None:
    post(socket, body=b"{")
    assert await refused(socket) == (400, "The request body could not be parsed as JSON.")


RIGHT: list[dict[str, Any]] = [
    {"messages": turns("a", call(), result()), "toolConfig": TOOLS},
    {"messages": turns("a", call(), result(content=[])), "toolConfig": TOOLS},
    {"messages": turns("a", call(), result(content=[{"json": {"a": 1}}])), "toolConfig": TOOLS},
    {"messages": turns([document("a (1) [b]-c"), {"text": "?"}])},
    {"messages": turns("a", "b")},
    {"messages": turns([*shown("image", source={"s3Location": {"uri": "s3://abc/d.png"}})])},
    {"messages": turns([{"text": "a"}, MARK]), "toolConfig": {"tools": [TOOL, MARK], "toolChoice": {"auto": {}}}},
    {"unknown": [1], "requestMetadata": {"a": "b"}},
]


@pytest.mark.parametrize("fields", RIGHT)
async def test_what_is_right_is_answered(socket: Wire, fields: dict[str, Any]) -> None:
    post(socket, **fields)
    status, body = await socket.response()
    assert (status, json.loads(body)["stopReason"]) == (200, "end_turn")
