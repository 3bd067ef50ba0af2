"""What Bedrock demands of a request, in its own words where users tell them.

Sources: botocore `data/bedrock-runtime/2023-09-30/service-2.json` (`ConverseRequest`; what its constraints are, and how
services of AWS name one that is not met), docs.aws.amazon.com/bedrock/latest/APIReference/API_runtime_Converse.html,
and for the words langgenius/dify issue 12340, langchain-ai/langchainjs issue 6724, aws-samples/bedrock-engineer issue
8 and aws-samples/bedrock-access-gateway pull 239. What a model refuses itself is in Anthropic's words.
"""

from __future__ import annotations

import msgspec

from simulator.dialects.bedrock.conversation import TOOL_NAME, by_model, check_conversation, check_text, constraint
from simulator.dialects.bedrock.errors import refusal
from simulator.dialects.bedrock.request import ConverseRequest
from simulator.dialects.bedrock.wire import InferenceConfig, TextFormat, ToolConfig
from simulator.dialects.prompt_cache import SECONDS

MAX_MARKS = 4
MAX_STOPS = 2500


def check(request: ConverseRequest) -> None:
    """Raise RejectedError where something is missing, or does not go together."""
    body = request.body
    messages = body.messages or []
    _check_inference(body.inference_config)
    check_conversation(messages)
    for number, block in enumerate(body.system or ()):
        if block.text is not None:
            check_text(f"system.{number}", block.text)
    if body.tool_config is not None:
        _check_tools(body.tool_config)
    elif any(message.calls or message.results for message in messages):
        raise refusal("The toolConfig field must be defined when using toolUse and toolResult content blocks.")
    if body.output_config is not None and body.output_config.text_format is not None:
        _check_format(body.output_config.text_format)
    _check_marks(request)
    if request.prefix != request.prefix.rstrip():
        raise by_model("messages: final assistant content cannot end with trailing whitespace")


def _check_inference(config: InferenceConfig) -> None:
    if config.max_tokens is not None and config.max_tokens < 1:
        raise constraint(config.max_tokens, "inferenceConfig.maxTokens", "have value greater than or equal to 1")
    for name, value in (("temperature", config.temperature), ("topP", config.top_p)):
        if value is not None and not 0 <= value <= 1:
            demand = "greater than or equal to 0" if value < 0 else "less than or equal to 1"
            raise constraint(value, f"inferenceConfig.{name}", f"have value {demand}")
    stops = config.stop_sequences or ()
    if len(stops) > MAX_STOPS:
        raise constraint(len(stops), "inferenceConfig.stopSequences", f"have length less than or equal to {MAX_STOPS}")
    if not all(stops):
        raise constraint("", "inferenceConfig.stopSequences", "have length greater than or equal to 1")


def _check_tools(config: ToolConfig) -> None:
    if not config.tools:
        raise constraint("[]", "toolConfig.tools", "have length greater than or equal to 1")
    names: set[str] = set()
    for number, tool in enumerate(config.tools):
        spec, where = tool.tool_spec, f"toolConfig.tools.{number}.toolSpec"
        if spec is None:
            continue
        name = spec.name or ""
        if not TOOL_NAME.fullmatch(name):
            raise constraint(name, f"{where}.name", f"satisfy regular expression pattern: {TOOL_NAME.pattern}")
        if name in names:
            raise by_model("tools: Tool names must be unique.")
        names.add(name)
        if not isinstance(spec.schema, dict) or spec.schema.get("type") != "object":
            raise refusal(f"The value at {where}.inputSchema.json.type must be one of the following: object.")
    choice = config.tool_choice
    if choice is None:
        return
    if sum(each is not None for each in (choice.auto, choice.any, choice.tool)) != 1:
        raise refusal("The toolConfig.toolChoice must set exactly one member.")
    if choice.tool is not None and choice.tool.name not in names:
        raise refusal(f"The toolChoice.tool.name '{choice.tool.name}' must be that of a tool in toolConfig.tools.")


def _check_format(form: TextFormat) -> None:
    if form.type != "json_schema":
        raise constraint(form.type, "outputConfig.textFormat.type", "satisfy enum value set: [json_schema]")
    wanted = form.structure.json_schema if form.structure is not None else None
    try:
        schema = msgspec.json.decode(wanted.schema or "") if wanted is not None else None
    except msgspec.DecodeError:
        schema = None
    if not isinstance(schema, dict):
        raise refusal("The value at outputConfig.textFormat.structure.jsonSchema.schema is not a JSON schema.")


def _check_marks(request: ConverseRequest) -> None:
    marks = [part.cache_point for _, parts in request.sections for part in parts if part.cache_point is not None]
    if len(marks) > MAX_MARKS:
        raise by_model(f"A maximum of {MAX_MARKS} blocks with cache_control may be provided. Found {len(marks)}.")
    for mark in marks:
        if mark.type != "default":
            raise constraint(mark.type, "cachePoint.type", "satisfy enum value set: [default]")
        if mark.ttl not in SECONDS:
            raise constraint(mark.ttl, "cachePoint.ttl", "satisfy enum value set: [5m, 1h]")
