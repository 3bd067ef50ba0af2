"""What Google's API demands of a request, and in which words a vendor of its dialect refuses it."""

import base64
import json
from typing import Any

import pytest

from simulator import Vendor
from tests.integration.simulator.clients import Wire
from tests.integration.simulator.gemini.asking import CLOCK, CONTENTS, NEW, OLD, WEATHER, body, post

USER = CONTENTS[0]
TOOLS = [{"functionDeclarations": [WEATHER, CLOCK]}]
CALL = {"functionCall": {"name": "clock", "args": {}}}
SAID = {"functionResponse": {"name": "clock", "response": {"output": "noon"}}}
FORGED = base64.b64encode(b"x" * 48).decode()


def model(*parts: dict[str, Any]) -> dict[str, Any]:
    return {"role": "model", "parts": list(parts)}


def user(*parts: dict[str, Any]) -> dict[str, Any]:
    return {"role": "user", "parts": list(parts)}


def asks(*contents: dict[str, Any], **fields: Any) -> dict[str, Any]:
    return {"contents": list(contents), **fields}


def configured(**fields: Any) -> dict[str, Any]:
    return {"generationConfig": fields}


def calling(**fields: Any) -> dict[str, Any]:
    return {"tools": TOOLS, "toolConfig": {"functionCallingConfig": fields}}


def declares(**fields: Any) -> dict[str, Any]:
    return {"tools": [{"functionDeclarations": [{"name": "f", **fields}]}]}


async def answered(wire: Wire, sent: bytes, method: str = "generateContent", **where: str) -> tuple[int, Any]:
    post(wire, sent, method, **where)
    status, said = await wire.response()
    return status, json.loads(said)


# The request, its field as protobuf names it, and what is said of it.
WRONG: list[tuple[dict[str, Any], str | None, str]] = [
    ({"contents": []}, "contents", "contents is not specified"),
    ({"foo": 1}, None, 'Unknown name "foo": Cannot find field.'),
    (asks(user({"txt": "a"})), "contents[0].parts[0]", "Unknown name \"txt\" at 'contents[0].parts[0]'"),
    (
        asks(user({"text": 7})),
        "contents[0].parts[0].text",
        "Invalid value at 'contents[0].parts[0].text' (TYPE_STRING), 7",
    ),
    (asks(user()), "contents[0].parts", "contents.parts must not be empty."),
    (asks(user({})), "contents[0].parts[0].data", "required oneof field 'data' must have one initialized field"),
    (asks(user({"text": "a", **CALL})), "contents[0].parts[0]", "oneof field 'data' is already set"),
    (
        asks({"role": "assistant", "parts": [{"text": "a"}]}),
        "contents[0].role",
        "Please use a valid role: user, model.",
    ),
    ({"systemInstruction": [{"parts": []}]}, "system_instruction", "Proto field is not repeating, cannot start list."),
    ({"systemInstruction": {"parts": []}}, "system_instruction.parts", "must not be empty"),
    (
        asks(user({"inlineData": {"mimeType": "image/png", "data": "?"}})),
        "contents[0].parts[0].inline_data.data",
        "Base64 decoding failed for",
    ),
    (asks(user({"inlineData": {"data": "QQ=="}})), "contents[0].parts[0].inline_data.mime_type", "must not be empty"),
    (
        asks(user({"inlineData": {"mimeType": "image/svg+xml", "data": "QQ=="}})),
        "contents[0].parts[0].inline_data.mime_type",
        "Unsupported MIME type: image/svg+xml",
    ),
    (
        asks(user({"fileData": {"mimeType": "image/png"}})),
        "contents[0].parts[0].file_data.file_uri",
        "must not be empty",
    ),
    (
        asks(user({"functionResponse": {"response": {}}})),
        "contents[0].parts[0].function_response.name",
        "Name cannot be",
    ),
    (asks(USER, SAID | {"role": "user"}), "contents[1]", 'Unknown name "functionResponse" at'),
    (asks(USER, user(SAID)), "contents[1]", "function response turn comes immediately after a function call turn"),
    (
        asks(USER, model(CALL)),
        "contents[1]",
        "number of function response parts is equal to the number of function call",
    ),
    (asks(USER, model(CALL), user({"text": "a"})), "contents[1]", "number of function response parts is equal"),
    (asks(USER, model(CALL, CALL), user(SAID)), "contents[1]", "number of function response parts is equal"),
    (asks(model(CALL), user(SAID)), "contents[0]", "function call turn comes immediately after a user turn"),
    (
        asks(USER, model(CALL | {"thoughtSignature": FORGED}), user(SAID)),
        "contents[1].parts[0].thought_signature",
        "Corrupted thought signature.",
    ),
    (configured(maxOutputTokens=0), "generation_config.max_output_tokens", "has a maxOutputTokens value of 0 but the"),
    (configured(maxOutputTokens="many"), "generation_config.max_output_tokens", '(TYPE_INT32), "many"'),
    (configured(maxOutputTokens=1.5), "generation_config.max_output_tokens", "(TYPE_INT32), 1.5"),
    (configured(temperature=2.5), "generation_config.temperature", "has a temperature value of 2.5 but the supported"),
    (configured(topP=True), "generation_config.top_p", "(TYPE_FLOAT), true"),
    (configured(candidateCount=9), "generation_config.candidate_count", "has a candidateCount value of 9"),
    (configured(stopSequences=list("abcdef")), "generation_config.stop_sequences", "at most 5 stop sequences"),
    (configured(stopSequences=[""]), "generation_config.stop_sequences", "must not be empty"),
    (
        configured(responseMimeType="image/png"),
        "generation_config.response_mime_type",
        "allowed mimetypes are `text/plain`",
    ),
    (configured(responseSchema={"type": "STRING"}), "generation_config.response_schema", "requires response_mime_type"),
    (configured(responseSchema={"type": "TEXT"}), "generation_config.response_schema.type", 'Type), "TEXT"'),
    (
        configured(responseSchema={"type": "OBJECT", "$ref": "#"}),
        "generation_config.response_schema",
        "Unknown name \"$ref\" at 'generation_config.response_schema'",
    ),
    (
        configured(responseMimeType="application/json") | {"tools": TOOLS},
        None,
        "Function calling with a response mime type: 'application/json' is unsupported",
    ),
    (configured(thinkingConfig={"thinkingLevel": "LOW"}), "generation_config.thinking_config", "Thinking level is not"),
    (
        configured(thinkingConfig={"thinkingLevel": "LOW", "thinkingBudget": 7}),
        "generation_config.thinking_config.thinking_budget",
        "only one of thinking budget and thinking level",
    ),
    (
        configured(thinkingConfig={"includeThoughts": True, "thinkingBudget": 0}),
        "generation_config.thinking_config.include_thoughts",
        "only enabled when thinking is enabled",
    ),
    (
        configured(thinkingConfig={"thinkingBudget": -2}),
        "generation_config.thinking_config.thinking_budget",
        "The thinking budget -2 is invalid",
    ),
    (declares(name="1f"), "tools[0].function_declarations[0].name", "Invalid function name."),
    (declares(parameters={}, parametersJsonSchema={}), "tools[0].function_declarations[0].parameters", "only one of"),
    (
        declares(parameters={"type": "object", "properties": {}}),
        "tools[0].function_declarations[0].parameters.properties",
        "should be non-empty for OBJECT type",
    ),
    (
        declares(parameters={"type": "object", "properties": {"a": {"type": "array"}}}),
        "tools[0].function_declarations[0].parameters.properties[a].items",
        "missing field.",
    ),
    (
        declares(parameters={"type": "object", "properties": {"a": {"type": "string"}}, "required": ["b"]}),
        "tools[0].function_declarations[0].parameters.required",
        "property is not defined: b",
    ),
    ({"tools": TOOLS + TOOLS}, "tools", "Duplicate function declaration found: weather"),
    (calling(mode="SOMETIMES"), "tool_config.function_calling_config.mode", 'Mode), "SOMETIMES"'),
    (
        calling(mode="AUTO", allowedFunctionNames=["clock"]),
        "tool_config.function_calling_config.allowed_function_names",
        "only be set when the function calling mode is ANY",
    ),
    (
        calling(mode="ANY", allowedFunctionNames=["radio"]),
        "tool_config.function_calling_config.allowed_function_names",
        "`radio` is not in function_declarations",
    ),
    (
        calling(mode="ANY") | {"tools": []},
        "tool_config.function_calling_config",
        "Function calling config is set without function_declarations.",
    ),
]


@pytest.mark.parametrize(("fields", "field", "said"), WRONG)
async def test_what_is_wrong_is_an_invalid_argument_with_its_field(
    socket: Wire, fields: dict[str, Any], field: str | None, said: str
) -> None:
    for method in ("generateContent", "streamGenerateContent?alt=sse"):
        status, told = await answered(socket, body(**fields), method)
        error = told["error"]
        assert (status, error["code"], error["status"]) == (400, 400, "INVALID_ARGUMENT")
        assert said in error["message"]
        details = {each["@type"]: each for each in error.get("details", ())}
        violations = details.get("type.googleapis.com/google.rpc.BadRequest", {}).get("fieldViolations", ())
        assert [each["field"] for each in violations] == ([] if field is None else [field])


RIGHT: list[dict[str, Any]] = [
    {},
    # Google's own examples have one value where a list may be, names in either spelling, enums in either case.
    {"contents": {"parts": {"text": "a"}}},
    {"system_instruction": {"parts": {"text": "a"}}, "generation_config": {"max_output_tokens": "7", "top_k": 40}},
    configured(maxOutputTokens=7.0, temperature=None, seed=-5),
    declares(parameters={"type": "object", "properties": {"a": {"type": "string", "nullable": True}}}),
    declares(parametersJsonSchema={"type": "object", "properties": {}, "additionalProperties": False}),
    calling(mode="any", allowedFunctionNames=["clock"]),
    asks(USER, model(CALL), user(SAID, {"text": "a"})),
    asks(USER, model(CALL | {"thoughtSignature": "skip_thought_signature_validator"}), user(SAID)),
    # As Google's SDKs write the same word, to which a signature is bytes.
    asks(
        USER,
        model(CALL | {"thoughtSignature": base64.b64encode(b"skip_thought_signature_validator").decode()}),
        user(SAID),
    ),
    asks(user({"inlineData": {"mimeType": "image/png", "data": "-_8"}}, {"text": "a"})),
    {"safetySettings": [{"category": "HARM_CATEGORY_HARASSMENT", "threshold": "BLOCK_NONE"}], "labels": {"a": "b"}},
]


@pytest.mark.parametrize("fields", RIGHT)
async def test_what_google_takes_is_taken(socket: Wire, fields: dict[str, Any]) -> None:
    status, told = await answered(socket, body(**fields))
    assert status == 200, told


@pytest.mark.parametrize("sent", [b"", b"{", b"[]", b"\xff", b'{"contents": "\xff"}', b"[" * 100_000])
async def test_a_body_that_is_no_object_is_refused(socket: Wire, sent: bytes) -> None:
    status, told = await answered(socket, sent)
    assert (status, told["error"]["status"]) == (400, "INVALID_ARGUMENT")


async def test_a_call_of_the_third_generation_comes_back_with_its_signature(socket: Wire) -> None:
    asked = {"tools": TOOLS, "toolConfig": {"functionCallingConfig": {"mode": "ANY"}}}
    _, first = await answered(socket, body(**asked), model=NEW)
    said = first["candidates"][0]["content"]
    result = user({"functionResponse": {"name": "weather", "response": {"output": "rain"}}})
    whole = asks(USER, said, result, tools=TOOLS)
    assert (await answered(socket, body(**whole), model=NEW))[0] == 200
    unsigned = model({"functionCall": said["parts"][0]["functionCall"]})
    status, told = await answered(socket, body(**asks(USER, unsigned, result, tools=TOOLS)), model=NEW)
    assert status == 400
    assert "function call `default_api:weather` , position 2" in told["error"]["message"]
    # Another function's signature is none; an older turn's is not asked for; an older model takes a call without.
    other = model({**said["parts"][0], "functionCall": {"name": "clock", "args": {}}})
    assert (await answered(socket, body(**asks(USER, other, user(SAID))), model=NEW))[0] == 400
    older = asks(USER, unsigned, result, model({"text": "so"}), user({"text": "and?"}), tools=TOOLS)
    assert (await answered(socket, body(**older), model=NEW))[0] == 200
    assert (await answered(socket, body(**asks(USER, unsigned, result, tools=TOOLS)), model=OLD))[0] == 200


@pytest.mark.parametrize(
    ("model", "config", "said"),
    [
        ("gemini-2.0-flash", {"thinkingBudget": 7}, "Thinking is not enabled for models/gemini-2.0-flash"),
        ("gemini-2.5-pro", {"thinkingBudget": 0}, "Budget 0 is invalid. This model only works in thinking mode."),
        (
            OLD,
            {"thinkingBudget": 24577},
            "The thinking budget 24577 is invalid. Please choose a value between 1 and 24576.",
        ),
        (
            "gemini-2.5-pro",
            {"thinkingBudget": 127},
            "The thinking budget 127 is invalid. Please choose a value between 128 and 32768.",
        ),
        (
            "gemini-2.5-flash-lite",
            {"thinkingBudget": 511},
            "The thinking budget 511 is invalid. Please choose a value between 512 and 24576.",
        ),
        (NEW, {"thinkingBudget": 0}, "Budget 0 is invalid. This model only works in thinking mode."),
    ],
)
async def test_thinking_is_as_the_model_has_it(socket: Wire, model: str, config: dict[str, Any], said: str) -> None:
    status, told = await answered(socket, body(**configured(thinkingConfig=config)), model=model)
    assert (status, told["error"]["message"]) == (400, said)


async def test_vertex_demands_a_role_and_a_token(socket: Wire) -> None:
    no_role = body(contents=[{"parts": [{"text": "a"}]}])
    assert (await answered(socket, no_role))[0] == 200
    status, told = await answered(socket, no_role, surface="vertex")
    assert (status, told["error"]["message"]) == (400, "Please use a valid role: user, model.")
    for path, code, status_name in (
        (f"/v1/projects/p/locations/l/publishers/google/models/{OLD}:generateContent", 401, "UNAUTHENTICATED"),
        (f"/v1beta/models/{OLD}:generateContent", 403, "PERMISSION_DENIED"),
    ):
        head = f"POST {path} HTTP/1.1\r\nHost: x\r\nContent-Length: 2\r\n\r\n"
        socket.writer.write(head.encode() + b"{}")
        status, said = await socket.response()
        assert (status, json.loads(said)["error"]["status"]) == (code, status_name)


@pytest.mark.parametrize(
    "path", ["/v1beta/models/{}:generateContent?key=k", "/v1/publishers/google/models/{}:generateContent?key=k"]
)
async def test_a_key_may_be_in_the_query(socket: Wire, gem: Vendor, path: str) -> None:
    sent = body()
    head = f"POST {path.format(OLD)} HTTP/1.1\r\nHost: x\r\nContent-Length: {len(sent)}\r\n\r\n"
    socket.writer.write(head.encode() + sent)
    assert (await socket.response())[0] == 200
    assert (gem.calls[-1].model, gem.calls[-1].key_suffix) == (OLD, "k")


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("POST", "/v1beta/models/a:rawPredict"),
        ("POST", "/v1beta/models"),
        ("GET", "/v1beta/model"),
        ("GET", "/v1/chat/completions"),
        ("POST", "/v1/projects/p/locations/l/publishers/anthropic/models/a:generateContent"),
    ],
)
async def test_what_is_not_there_is_not_found(socket: Wire, method: str, path: str) -> None:
    socket.writer.write(
        f"{method} {path} HTTP/1.1\r\nHost: x\r\nx-goog-api-key: k\r\nContent-Length: 0\r\n\r\n".encode()
    )
    status, said = await socket.response()
    assert (status, json.loads(said)["error"]["status"]) == (404, "NOT_FOUND")


async def test_the_size_of_a_whole_request_can_be_asked_for(socket: Wire) -> None:
    whole = {"model": f"models/{OLD}", "contents": CONTENTS, "systemInstruction": {"parts": [{"text": "be brief"}]}}
    sent = json.dumps({"generateContentRequest": whole}).encode()
    assert (await answered(socket, sent, "countTokens"))[1]["totalTokens"] == 16 + 5
    both = json.dumps({"generateContentRequest": whole, "contents": CONTENTS}).encode()
    assert (await answered(socket, both, "countTokens"))[0] == 400


EMBEDDING: list[tuple[str, dict[str, Any], str]] = [
    ("embedContent", {}, "content"),
    ("embedContent", {"content": {"parts": [{"text": "a"}]}, "outputDimensionality": 4000}, "output_dimensionality"),
    ("batchEmbedContents", {"requests": []}, "requests"),
    ("batchEmbedContents", {"requests": [{"content": {"parts": [{"text": "a"}]}}]}, "requests[0].model"),
    ("predict", {"instances": []}, "requests"),
]


@pytest.mark.parametrize(("method", "sent", "field"), EMBEDDING)
async def test_what_cannot_be_embedded_is_refused(socket: Wire, method: str, sent: dict[str, Any], field: str) -> None:
    status, told = await answered(socket, json.dumps(sent).encode(), method, model="embed")
    violations = told["error"]["details"][0]["fieldViolations"]
    assert (status, [each["field"] for each in violations]) == (400, [field])


async def test_one_content_is_embedded_as_several_are(socket: Wire) -> None:
    content = {"content": {"parts": [{"text": "one"}]}, "outputDimensionality": 4}
    one = await answered(socket, json.dumps(content).encode(), "embedContent", model="embed")
    batch = json.dumps({"requests": [content | {"model": "models/embed"}]}).encode()
    several = await answered(socket, batch, "batchEmbedContents", model="embed")
    assert several[1]["embeddings"] == [one[1]["embedding"]]
    assert len(one[1]["embedding"]["values"]) == 4


async def test_a_page_that_was_never_there_is_refused(socket: Wire) -> None:
    for query in ("pageSize=many", "pageToken=%3F%3F", "pageToken=YWJj"):
        socket.writer.write(f"GET /v1beta/models?{query} HTTP/1.1\r\nHost: x\r\nx-goog-api-key: k\r\n\r\n".encode())
        assert (await socket.response())[0] == 400
