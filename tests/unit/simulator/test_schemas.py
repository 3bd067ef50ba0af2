"""What is said where a JSON schema is to be followed, judged by what the schema says."""

import json
from typing import Any

import httpx2
import pytest

from simulator import Simulator
from simulator.answers import Question, compose
from simulator.functions import Function
from simulator.schemas import ANY_OBJECT, SchemaError, around


def told(schema: object, *, length: int = 4) -> Any:
    answer = compose("alpha", "gpt", Question('on "e', in_json=True, schema=schema), length=length)
    assert answer.finish_reason == "stop"
    return json.loads(answer.text)


@pytest.mark.parametrize("schema", [None, {}, {"type": "object"}, True, "no schema", {"$schema": "x", "title": "y"}])
def test_what_asks_for_nothing_gets_an_object_with_an_answer(schema: object) -> None:
    assert around(schema) == ANY_OBJECT
    assert told(schema) == {"answer": 'alpha/gpt heard: on "e'}


WORDS = 'alpha/gpt heard: on "e'
CASES: list[tuple[dict[str, Any], Any]] = [
    ({"properties": {"a": {"type": "string"}, "b": {"type": "string"}}}, {"a": WORDS, "b": "simulated"}),
    ({"properties": {"a": {"enum": ["x", "y"]}, "b": {"const": 7}}}, {"a": "x", "b": 7}),
    ({"properties": {"a": {"type": ["null", "string"]}}}, {"a": None}),
    ({"properties": {"a": {"type": "array", "items": {"type": "string"}, "minItems": 2}}}, {"a": [WORDS, "simulated"]}),
    ({"properties": {"a": {"type": "array", "items": {"type": "integer"}, "maxItems": 0}}}, {"a": []}),
    ({"properties": {"a": {"prefixItems": [{"type": "boolean"}], "type": "array"}}}, {"a": [True]}),
    ({"properties": {"a": {"type": "integer", "minimum": 5}}}, {"a": 5}),
    ({"properties": {"a": {"type": "integer", "exclusiveMinimum": 5}}}, {"a": 6}),
    ({"properties": {"a": {"type": "integer", "maximum": -5}}}, {"a": -5}),
    ({"properties": {"a": {"type": "number", "minimum": 7, "multipleOf": 5}}}, {"a": 10}),
    ({"properties": {"a": {"type": "string", "format": "date"}}}, {"a": "2026-01-01"}),
    ({"properties": {"a": {"type": "string", "maxLength": 3}}}, {"a": "sim"}),
    ({"properties": {"a": {"type": "string", "minLength": 11}}}, {"a": "simulated--"}),
    ({"properties": {"a": {"anyOf": [{"type": "integer"}, {"type": "null"}], "minimum": 3}}}, {"a": 3}),
    ({"properties": {"a": {"$ref": "#/$defs/x~1y"}}, "$defs": {"x/y": {"type": "boolean"}}}, {"a": True}),
    ({"allOf": [{"properties": {"a": {"const": 1}}}, {"properties": {"b": {"const": 2}}}]}, {"a": 1, "b": 2}),
    ({"type": "array", "items": {"properties": {"a": {"type": "string"}}}}, [{"a": WORDS}]),
    ({"enum": ["only"]}, "only"),
]


@pytest.mark.parametrize(("schema", "expected"), CASES)
def test_a_schema_is_followed(schema: dict[str, Any], expected: Any) -> None:
    assert told(schema) == expected


def test_a_schema_that_contains_itself_ends() -> None:
    tree = {"$ref": "#/$defs/node", "$defs": {"node": {"properties": {"next": {"$ref": "#/$defs/node"}}}}}
    assert isinstance(told(tree), dict)
    assert isinstance(told({"properties": {"a": {"$ref": "#/$defs/a"}}, "$defs": {"a": {"$ref": "#/$defs/a"}}}), dict)


@pytest.mark.parametrize("schema", [{"properties": {"a": {"$ref": "#/nowhere"}}}, {"properties": None, "enum": []}])
def test_a_schema_that_is_wrong_breaks_nothing(schema: object) -> None:
    told(schema)


def test_an_answer_without_free_words_has_its_own_length_and_may_be_cut() -> None:
    schema = {"properties": {name: {"const": 1} for name in "abc"}}
    whole = compose("alpha", "gpt", Question("one", in_json=True, schema=schema, limit=5), length=16)
    assert (whole.tokens, whole.finish_reason) == (('{"a":1,', '"b":1,', '"c":1}'), "stop")
    cut = compose("alpha", "gpt", Question("one", in_json=True, schema=schema, limit=2), length=16)
    assert (cut.text, cut.finish_reason) == ('{"a":1,"b":1,', "length")


def test_arguments_follow_the_functions_schema() -> None:
    look = Function("look", {"properties": {"at": {"type": "string"}, "twice": {"type": "boolean"}}})
    call = compose("alpha", "gpt", Question("one", functions=(look, look)), length=3)
    assert [json.loads(block.text) for block in call.blocks] == [
        {"at": "alpha/gpt heard: one", "twice": True},
        {"at": "alpha/gpt#2 heard: one", "twice": True},
    ]


@pytest.mark.parametrize(
    "schema",
    [
        {"properties": 5},
        {"type": "array", "items": {}, "minItems": "2"},
        {"anyOf": 1},
        {"anyOf": [3]},
        {"allOf": [{"properties": 7}, {"properties": {}}]},
        {"properties": {"a": {"type": "number", "multipleOf": 0}}},
        {"properties": {"a": {"type": "integer", "minimum": "1"}}},
        {"properties": {"a": {"type": {}}}, "enum": 4},
    ],
)
def test_what_is_no_schema_is_refused(schema: object) -> None:
    with pytest.raises(SchemaError, match="Invalid schema"):
        around(schema)


async def test_a_vendor_refuses_what_is_no_schema() -> None:
    async with Simulator(vendors=["alpha"]) as simulator:
        url = f"{simulator.vendor('alpha').base_url}/chat/completions"
        form = {"type": "json_schema", "json_schema": {"name": "x", "schema": {"properties": 5}}}
        body = {"model": "m", "messages": [{"role": "user", "content": "hi"}], "response_format": form}
        async with httpx2.AsyncClient() as client:
            answer = await client.post(url, json=body, headers={"authorization": "Bearer any"})
    assert answer.status_code == 400
    assert "Invalid schema" in answer.json()["error"]["message"]
