"""What Gemini demands of a request beyond its form, in the words of its own errors.

Sources: ai.google.dev/api/generate-content (GenerationConfig), ai.google.dev/api/caching (FunctionDeclaration,
FunctionCallingConfig), ai.google.dev/gemini-api/docs/thinking; for the words the errors that users report of the API,
in googleapis/python-genai, google-gemini/gemini-cli and langchain-ai/langchain-google.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from simulator.dialects.gemini.conversation import check_contents
from simulator.dialects.gemini.errors import wrong
from simulator.dialects.gemini.models import HAS_LEVELS, THINKS, budgets, generation
from simulator.dialects.gemini.request import IN_JSON, FunctionDeclaration, GenerateRequest
from simulator.dialects.gemini.surface import Surface
from simulator.dialects.rejected import bad_request

MAX_STOPS = 5
# Name in errors, least and most. Both ends are allowed.
_RANGES: dict[str, tuple[str, float, float]] = {
    "max_output_tokens": ("maxOutputTokens", 1, 2**31 - 1),
    "candidate_count": ("candidateCount", 1, 8),
    "temperature": ("temperature", 0, 2),
    "top_p": ("topP", 0, 1),
    "top_k": ("topK", 1, 1000),
}
_TYPES = {"text/plain", IN_JSON, "application/xml", "application/yaml", "text/x.enum"}
_NAME = re.compile(r"[a-zA-Z_][a-zA-Z0-9_.:-]{0,63}")
_CONFIG = "generation_config"
_BUDGET = f"{_CONFIG}.thinking_config.thinking_budget"
_CALLING = "tool_config.function_calling_config"


def check(request: GenerateRequest, surface: Surface) -> None:
    """Raise RejectedError where something is missing, or does not go together."""
    check_prompt(request, surface)
    _check_config(request)
    _check_thinking(request)


def check_prompt(request: GenerateRequest, surface: Surface) -> None:
    """Raise RejectedError for what is wrong with the prompt alone, whose size can be asked for, too."""
    _check_tools(request)
    check_contents(request, surface)


def _check_config(request: GenerateRequest) -> None:
    config = request.generation_config
    for field, (name, least, most) in _RANGES.items():
        value = getattr(config, field)
        if value is not None and not least <= value <= most:
            raise bad_request(
                f"Unable to submit request because it has a {name} value of {value:g} but the supported range is from "
                f"{least:g} (inclusive) to {most:g} (inclusive). Update the value and try again.",
                f"{_CONFIG}.{field}",
            )
    if len(config.stop_sequences) > MAX_STOPS:
        raise wrong(f"{_CONFIG}.stop_sequences", f"at most {MAX_STOPS} stop sequences are allowed.")
    if not all(config.stop_sequences):
        raise wrong(f"{_CONFIG}.stop_sequences", "stop sequences must not be empty.")
    if config.response_mime_type and config.response_mime_type not in _TYPES:
        raise wrong(
            f"{_CONFIG}.response_mime_type",
            "allowed mimetypes are `text/plain`, `application/json`, `application/xml`, `application/yaml` and "
            "`text/x.enum`.",
        )
    _check_schema(request)


def _check_schema(request: GenerateRequest) -> None:
    config = request.generation_config
    field = f"{_CONFIG}.response_{'json_schema' if config.response_schema is None else 'schema'}"
    if config.response_schema is not None and config.response_json_schema is not None:
        raise wrong(field, "only one of response_schema and response_json_schema may be set.")
    if config.schema is not None and config.response_mime_type not in {IN_JSON, "text/x.enum"}:
        raise wrong(field, "it requires response_mime_type to be `application/json` or `text/x.enum`.")
    _check_objects(field, config.response_schema)
    # https://ai.google.dev/gemini-api/docs/structured-output: together with tools from the third generation on.
    if request.declared and config.response_mime_type == IN_JSON and 0 < generation(request.model) < HAS_LEVELS:
        raise bad_request(f"Function calling with a response mime type: '{IN_JSON}' is unsupported")


def _check_thinking(request: GenerateRequest) -> None:
    thinking, number = request.thinking, generation(request.model)
    if thinking is None:
        return
    if 0 < number < THINKS:
        raise bad_request(f"Thinking is not enabled for models/{request.model}", f"{_CONFIG}.thinking_config")
    if thinking.thinking_level and thinking.thinking_budget is not None:
        raise bad_request("You can only set only one of thinking budget and thinking level.", _BUDGET)
    if thinking.thinking_level and 0 < number < HAS_LEVELS:
        raise bad_request("Thinking level is not supported for this model.", f"{_CONFIG}.thinking_config")
    if thinking.thinking_budget is None:
        return
    if thinking.thinking_budget == 0 and thinking.include_thoughts:
        raise wrong(f"{_CONFIG}.thinking_config.include_thoughts", "it is only enabled when thinking is enabled.")
    _check_budget(thinking.thinking_budget, request.model)


def _check_budget(budget: int, model: str) -> None:
    number = generation(model)
    if budget == 0 and (number >= HAS_LEVELS or (number and "pro" in model)):
        raise bad_request("Budget 0 is invalid. This model only works in thinking mode.", _BUDGET)
    least, most = budgets(model)
    if budget not in {0, -1} and not least <= budget <= most:
        raise bad_request(
            f"The thinking budget {budget} is invalid. Please choose a value between {least} and {most}.", _BUDGET
        )


def _check_tools(request: GenerateRequest) -> None:
    for tool_number, tool in enumerate(request.tools):
        for number, declaration in enumerate(tool.function_declarations):
            _check_declaration(f"tools[{tool_number}].function_declarations[{number}]", declaration)
    names = [declaration.name for declaration in request.declared]
    for number, name in enumerate(names):
        if name in names[:number]:
            raise bad_request(f"Duplicate function declaration found: {name}", "tools")
    calling = request.calling
    if calling.mode in {"ANY", "VALIDATED"} and not names:
        raise bad_request("Function calling config is set without function_declarations.", _CALLING)
    allowed = calling.allowed_function_names
    if allowed and calling.mode not in {"ANY", "VALIDATED"}:
        raise wrong(
            f"{_CALLING}.allowed_function_names", "it should only be set when the function calling mode is ANY."
        )
    for name in allowed:
        if name not in names:
            raise wrong(f"{_CALLING}.allowed_function_names", f"`{name}` is not in function_declarations.")


def _check_declaration(at: str, declaration: FunctionDeclaration) -> None:
    if not _NAME.fullmatch(declaration.name):
        raise wrong(
            f"{at}.name",
            "Invalid function name. Must start with a letter or an underscore. Must be alphanumeric (a-z, A-Z, 0-9), "
            "underscores (_), dots (.), colons (:), or dashes (-), with a maximum length of 64.",
        )
    if declaration.parameters is not None and declaration.parameters_json_schema is not None:
        raise wrong(f"{at}.parameters", "only one of parameters and parameters_json_schema may be set.")
    _check_objects(f"{at}.parameters", declaration.parameters)


def _check_objects(at: str, schema: dict[str, Any] | None) -> None:
    """Google's own kind of schema has no objects without properties, and no lists of anything."""
    for field, part in _parts(at, schema or {}):
        if part.get("type") == "OBJECT" and part.get("properties") == {}:
            raise wrong(f"{field}.properties", "should be non-empty for OBJECT type")
        if part.get("type") == "ARRAY" and "items" not in part:
            raise wrong(f"{field}.items", "missing field.")
        for name in part.get("required", ()):
            if name not in part.get("properties", {}):
                raise wrong(f"{field}.required", f"property is not defined: {name}")


def _parts(at: str, schema: dict[str, Any]) -> Iterator[tuple[str, dict[str, Any]]]:
    yield at, schema
    for name, part in schema.get("properties", {}).items():
        yield from _parts(f"{at}.properties[{name}]", part)
    for number, part in enumerate(schema.get("anyOf", ())):
        yield from _parts(f"{at}.any_of[{number}]", part)
    if "items" in schema:
        yield from _parts(f"{at}.items", schema["items"])
