"""What vendors without callers of their own were asked, read as a Conversation again; by their documentation alone.

Sources: ai.google.dev/api/generate-content; botocore `data/bedrock-runtime/2023-09-30/service-2.json`;
docs.cohere.com/v2/reference/chat.
"""

import json
from collections.abc import Iterator
from typing import Any

import msgspec

from services.providers.domain.conversation import (
    Conversation,
    Format,
    Media,
    Part,
    Reasoning,
    Role,
    Text,
    Thinking,
    Tool,
    ToolCall,
    ToolChoice,
    ToolResult,
    Turn,
)
from tests.unit.providers.openai.world import grammar

JSONObject = dict[str, Any]


def of_openai(body: bytes) -> Conversation:
    """As OpenAI's callers write."""
    return grammar().read_request(body)


def of_mistral(body: bytes) -> Conversation:
    """OpenAI's, but for the seed, and for sounds and documents."""
    said = json.loads(body)
    if "random_seed" in said:
        said["seed"] = said.pop("random_seed")
    for message in said["messages"]:
        if isinstance(message["content"], list):
            message["content"] = [_of_mistral(part) for part in message["content"]]
    return grammar().read_request(json.dumps(said).encode())


def _of_mistral(part: JSONObject) -> JSONObject:
    match part:
        case {"type": "input_audio", "input_audio": data}:
            return {"type": "input_audio", "input_audio": {"data": data, "format": "wav"}}
        case {"type": "document_url", "document_url": url}:
            return {"type": "file", "file": {"file_data": url, "filename": part.get("document_name", "")}}
    return part


def of_cohere(body: bytes) -> Conversation:
    """Its messages are OpenAI's, but for thoughts; some fields have other names."""
    said = json.loads(body)
    for name, usual in (("p", "top_p"), ("k", "top_k"), ("stop_sequences", "stop")):
        if name in said:
            said[usual] = said.pop(name)
    if "tool_choice" in said:
        said["tool_choice"] = said["tool_choice"].lower()
    if said.get("response_format", {}).get("json_schema"):
        said["response_format"] = {
            "type": "json_schema",
            "json_schema": {"name": "", "schema": said["response_format"]["json_schema"]},
        }
    if "token_budget" in said.get("thinking", {}):
        said["thinking"]["budget_tokens"] = said["thinking"].pop("token_budget")
    if said.pop("strict_tools", False):
        for tool in said["tools"]:
            tool["function"]["strict"] = True
    for message in said["messages"]:
        _of_cohere(message)
    return grammar().read_request(json.dumps(said).encode())


def _of_cohere(message: JSONObject) -> None:
    """Have a message's thoughts where OpenAI's compatible vendors have them."""
    thoughts = [message.pop("tool_plan", "")]
    if isinstance(message.get("content"), list):
        thoughts += [part["thinking"] for part in message["content"] if part["type"] == "thinking"]
        message["content"] = [part for part in message["content"] if part["type"] != "thinking"]
    if any(thoughts):
        message["reasoning_content"] = "".join(thoughts)


def of_gemini(body: bytes) -> Conversation:
    """Where a call has no id, its name stands for it."""
    said = json.loads(body)
    config = said.get("generationConfig", {})
    calling = said.get("toolConfig", {}).get("functionCallingConfig", {})
    system = said.get("systemInstruction", {}).get("parts", ())
    turns = [Turn(Role.SYSTEM, tuple(map(_gemini_part, system)))] if system else []
    roles = {"user": Role.USER, "model": Role.ASSISTANT}
    turns += [Turn(roles[each["role"]], tuple(map(_gemini_part, each["parts"]))) for each in said["contents"]]
    schema = config.get("responseJsonSchema")
    return Conversation(
        tuple(turns),
        tuple(
            Tool(each["name"], each.get("description", ""), _raw(each.get("parametersJsonSchema")))
            for tool in said.get("tools", ())
            for each in tool["functionDeclarations"]
        ),
        _gemini_choice(calling) if calling else None,
        format=Format(_raw(schema)) if "responseMimeType" in config else None,
        thinking=_gemini_thinking(config["thinkingConfig"]) if "thinkingConfig" in config else None,
        max_tokens=config.get("maxOutputTokens"),
        temperature=config.get("temperature"),
        top_p=config.get("topP"),
        top_k=config.get("topK"),
        stop=tuple(config.get("stopSequences", ())),
        seed=config.get("seed"),
        frequency_penalty=config.get("frequencyPenalty"),
        presence_penalty=config.get("presencePenalty"),
        choices=config.get("candidateCount", 1),
        logprobs=config.get("responseLogprobs", False),
        top_logprobs=config.get("logprobs"),
    )


def _gemini_thinking(config: JSONObject) -> Thinking:
    return Thinking(config.get("thinkingLevel", "").lower(), config.get("thinkingBudget"))


def _gemini_choice(calling: JSONObject) -> ToolChoice:
    if names := calling.get("allowedFunctionNames"):
        return ToolChoice("tool", *names)
    modes: dict[str, Any] = {"AUTO": "auto", "VALIDATED": "auto", "NONE": "none", "ANY": "required"}
    return ToolChoice(modes[calling["mode"]])


def _gemini_part(part: JSONObject) -> Part:
    match part:
        case {"inlineData": blob}:
            return Media(_kind(blob["mimeType"]), blob["mimeType"], blob["data"])
        case {"fileData": file}:
            return Media(_kind(file.get("mimeType", "image/")), file.get("mimeType", ""), url=file["fileUri"])
        case {"functionCall": call}:
            written = json.dumps(call.get("args", {}))
            return ToolCall(call.get("id", call["name"]), call["name"], written, "", part.get("thoughtSignature", ""))
        case {"functionResponse": result}:
            failed = "error" in result["response"]
            told = result["response"]["error" if failed else "output"]
            texts = [told] if isinstance(told, str) else told
            media = map(_gemini_part, result.get("parts", ()))
            parts: list[Text | Media] = [*map(Text, texts), *(each for each in media if isinstance(each, Media))]
            return ToolResult(result.get("id", result["name"]), tuple(parts), failed)
        case {"thought": True}:
            return Reasoning(part["text"], part.get("thoughtSignature", ""))
    return Text(part["text"])


def of_bedrock(body: bytes) -> Conversation:
    """Points of the cache mark what is before them."""
    said = json.loads(body)
    config, tools = said.get("inferenceConfig", {}), said.get("toolConfig", {})
    system = tuple(_blocks(said.get("system", ())))
    turns = [Turn(Role.SYSTEM, system)] if system else []
    turns += [Turn(Role(each["role"]), tuple(_blocks(each["content"]))) for each in said["messages"]]
    form = said.get("outputConfig", {}).get("textFormat", {}).get("structure", {}).get("jsonSchema")
    additional = said.get("additionalModelRequestFields", {})
    return Conversation(
        tuple(turns),
        tuple(
            Tool(
                each["toolSpec"]["name"],
                each["toolSpec"].get("description", ""),
                _raw(each["toolSpec"]["inputSchema"]["json"]),
                each["toolSpec"].get("strict"),
            )
            for each in tools.get("tools", ())
            if "toolSpec" in each
        ),
        _bedrock_choice(tools["toolChoice"]) if "toolChoice" in tools else None,
        format=Format(_raw(json.loads(form["schema"])), form.get("name", ""), form.get("description", ""))
        if form
        else None,
        thinking=_bedrock_thinking(additional["thinking"], said) if "thinking" in additional else None,
        max_tokens=config.get("maxTokens"),
        temperature=config.get("temperature"),
        top_p=config.get("topP"),
        top_k=additional.get("top_k"),
        stop=tuple(config.get("stopSequences", ())),
    )


def _bedrock_thinking(said: JSONObject, body: JSONObject) -> Thinking:
    """Of Claude."""
    effort = body.get("outputConfig", {}).get("effort", "")
    return Thinking(effort, said.get("budget_tokens"), said["type"] == "disabled")


def _bedrock_choice(choice: JSONObject) -> ToolChoice:
    return ToolChoice("tool", choice["tool"]["name"]) if "tool" in choice else ToolChoice("required")


def _blocks(blocks: Any) -> Iterator[Part]:
    read: list[Any] = []
    for block in blocks:
        match block:
            case {"cachePoint": point}:
                read[-1] = msgspec.structs.replace(read[-1], cache=point.get("ttl", "5m"))
            case {"toolUse": call}:
                read.append(ToolCall(call["toolUseId"], call["name"], json.dumps(call["input"])))
            case {"toolResult": result}:
                parts: Any = tuple(_blocks(result["content"]))
                read.append(ToolResult(result["toolUseId"], parts, result.get("status") == "error"))
            case {"image": media} | {"document": media} | {"audio": media}:
                kind = next(iter(block))
                media_type = f"{_TYPES.get(kind, kind)}/{media['format']}"
                read.append(Media(kind, media_type, media["source"]["bytes"], name=media.get("name", "")))
            case {"reasoningContent": {"reasoningText": thought}}:
                read.append(Reasoning(thought["text"], thought.get("signature", "")))
            case {"reasoningContent": {"redactedContent": secret}}:
                read.append(Reasoning(redacted=secret))
            case _:
                read.append(Text(block["text"]))
    yield from read


_TYPES = {"document": "application"}


def _kind(media_type: str) -> Any:
    kind = media_type.partition("/")[0]
    return kind if kind in {"image", "audio"} else "document"


def _raw(value: Any) -> msgspec.Raw:
    return msgspec.Raw() if value is None else msgspec.Raw(json.dumps(value).encode())
