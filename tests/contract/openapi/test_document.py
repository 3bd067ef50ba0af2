"""The document is OpenAPI 3.1, says what the code says, and only grows."""

import re
from collections import Counter

import msgspec
import pytest

from services.gateway.entrypoints.http.app import CHATS
from services.gateway.entrypoints.http.openapi import render
from tests.contract.openapi import form
from tests.contract.openapi.baseline import BASELINE, facts
from tests.contract.openapi.reading import (
    FILE,
    Operation,
    check_schema,
    committed,
    faults,
    operations,
    references,
    resolved,
    schemas,
)


def identity(operation: Operation) -> str:
    return f"{operation.method} {operation.path}"


def test_the_committed_document_is_what_the_gateway_serves() -> None:
    assert FILE.read_text() == render(CHATS), "write it anew: python -m services.gateway.entrypoints.http.openapi"


def test_the_document_has_openapis_form() -> None:
    assert form.read(FILE.read_text()).openapi == "3.1.0"


def test_a_document_without_a_responses_description_has_not() -> None:
    text = FILE.read_text().replace('"description": "The answer."', '"descriptions": "The answer."')
    with pytest.raises(msgspec.ValidationError):
        form.read(text)


def test_every_schema_is_one() -> None:
    found = list(schemas(committed()))
    assert len(found) > len(committed()["components"]["schemas"])
    for schema in found:
        check_schema(schema)


def test_every_reference_leads_somewhere_and_every_component_is_referred_to() -> None:
    told = set(references(committed()))
    for reference in told:
        resolved({"$ref": reference})
    kinds = ("schemas", "responses", "parameters", "headers")
    there = {f"#/components/{kind}/{name}" for kind in kinds for name in committed()["components"][kind]}
    assert there == told


def test_every_operation_has_an_id_of_its_own_and_a_tag_that_is_told() -> None:
    all_of_them = list(operations())
    assert [
        name for name, count in Counter(each.told["operationId"] for each in all_of_them).items() if count > 1
    ] == []
    assert {tag for each in all_of_them for tag in each.told["tags"]} == {tag["name"] for tag in committed()["tags"]}


@pytest.mark.parametrize("operation", list(operations()), ids=identity)
def test_the_parameters_of_a_path_are_those_that_are_told(operation: Operation) -> None:
    in_path = [each for each in operation.told["parameters"] if each["in"] == "path"]
    assert {each["name"] for each in in_path} == set(re.findall(r"\{(\w+)\}", operation.path))
    assert all(each["required"] for each in in_path)


@pytest.mark.parametrize("operation", [each for each in operations() if each.examples], ids=identity)
def test_an_example_is_of_its_schema_exactly_where_it_is_to_be_answered(operation: Operation) -> None:
    schema = operation.told["requestBody"]["content"]["application/json"]["schema"]
    for name, example in operation.examples.items():
        assert str(example["x-seawall-status"]) in operation.responses, name
        if example["x-seawall-status"] == 200:
            assert faults(schema, example["value"]) == [], name


def test_the_document_only_grows() -> None:
    promised = BASELINE.read_text().splitlines()
    assert len(promised) > 1000
    assert sorted(set(promised) - set(facts(committed()))) == []


def test_nothing_new_is_required_in_a_request() -> None:
    required = {
        name: schema.get("required", [])
        for name, schema in committed()["components"]["schemas"].items()
        if name.endswith(".request")
    }
    assert required == {
        "openai-chat.request": ["model", "messages"],
        "openai-completions.request": ["model"],
        "openai-embeddings.request": ["model", "input"],
        "openai-responses.request": ["model", "input"],
        "anthropic-messages.request": ["model", "messages"],
        "anthropic-count-tokens.request": ["model", "messages"],
    }
