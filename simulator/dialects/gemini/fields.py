"""The messages that requests consist of, as data: the fields of each, and what may be in them.

From ai.google.dev/api/generate-content, /api/caching, /api/tokens and /api/embeddings, Vertex AI's REST reference, and
`google/genai/types.py` of googleapis/python-genai. `Name[]` is a list, `Name{}` a map from strings, `any` whatever JSON
has; settings of tools and media that no answer here depends on are `any`, too.
"""

from __future__ import annotations

from collections.abc import Mapping

MESSAGES: Mapping[str, Mapping[str, str]] = {
    "GenerateContentRequest": {
        "model": "string",
        "contents": "Content[]",
        "systemInstruction": "Content",
        "tools": "Tool[]",
        "toolConfig": "ToolConfig",
        "generationConfig": "GenerationConfig",
        "safetySettings": "SafetySetting[]",
        "cachedContent": "string",
        "labels": "any",
        "serviceTier": "string",
        "store": "bool",
        "modelArmorConfig": "any",
    },
    "CountTokensRequest": {
        "contents": "Content[]",
        "generateContentRequest": "GenerateContentRequest",
        # Of Vertex AI alone, which takes a whole request in parts.
        "model": "string",
        "instances": "any",
        "systemInstruction": "Content",
        "tools": "Tool[]",
        "generationConfig": "GenerationConfig",
    },
    "Content": {"parts": "Part[]", "role": "string"},
    "Part": {
        "text": "string",
        "inlineData": "Blob",
        "fileData": "FileData",
        "functionCall": "FunctionCall",
        "functionResponse": "FunctionResponse",
        "executableCode": "any",
        "codeExecutionResult": "any",
        "toolCall": "any",
        "toolResponse": "any",
        "thought": "bool",
        "thoughtSignature": "bytes",
        "videoMetadata": "any",
        "mediaResolution": "any",
        "partMetadata": "any",
    },
    "Blob": {"mimeType": "string", "data": "bytes", "displayName": "string"},
    "FileData": {"mimeType": "string", "fileUri": "string", "displayName": "string"},
    "FunctionCall": {"id": "string", "name": "string", "args": "object"},
    "FunctionResponse": {
        "id": "string",
        "name": "string",
        "response": "object",
        "parts": "FunctionResponsePart[]",
        "willContinue": "bool",
        "scheduling": "string",
    },
    "FunctionResponsePart": {"inlineData": "Blob", "fileData": "FileData"},
    "Tool": {
        "functionDeclarations": "FunctionDeclaration[]",
        **dict.fromkeys(
            (
                "codeExecution", "computerUse", "enterpriseWebSearch", "fileSearch", "googleMaps", "googleSearch",
                "googleSearchRetrieval", "mcpServers", "retrieval", "urlContext",
            ),
            "any",
        ),
    },
    "FunctionDeclaration": {
        "name": "string",
        "description": "string",
        "parameters": "Schema",
        "parametersJsonSchema": "any",
        "response": "Schema",
        "responseJsonSchema": "any",
        "behavior": "string",
    },
    "Schema": {
        "type": "Type",
        "properties": "Schema{}",
        "items": "Schema",
        "anyOf": "Schema[]",
        "additionalProperties": "any",
        "defs": "Schema{}",
        "ref": "string",
        "required": "string[]",
        "propertyOrdering": "string[]",
        "enum": "string[]",
        "format": "string",
        "title": "string",
        "description": "string",
        "nullable": "bool",
        "default": "any",
        "example": "any",
        "pattern": "string",
        "minimum": "number",
        "maximum": "number",
        **dict.fromkeys(
            ("minItems", "maxItems", "minLength", "maxLength", "minProperties", "maxProperties"), "int64"
        ),
    },
    "ToolConfig": {
        "functionCallingConfig": "FunctionCallingConfig",
        "retrievalConfig": "any",
        "includeServerSideToolInvocations": "bool",
    },
    "FunctionCallingConfig": {
        "mode": "FunctionCallingConfig.Mode",
        "allowedFunctionNames": "string[]",
        "streamFunctionCallArguments": "bool",
    },
    "GenerationConfig": {
        "candidateCount": "int32",
        "maxOutputTokens": "int32",
        "stopSequences": "string[]",
        "temperature": "number",
        "topP": "number",
        "topK": "number",
        "seed": "int32",
        "presencePenalty": "number",
        "frequencyPenalty": "number",
        "responseMimeType": "string",
        "responseSchema": "Schema",
        "responseJsonSchema": "any",
        "responseModalities": "string[]",
        "responseLogprobs": "bool",
        "logprobs": "int32",
        "thinkingConfig": "ThinkingConfig",
        "mediaResolution": "MediaResolution",
        **dict.fromkeys(
            ("audioTimestamp", "imageConfig", "modelSelectionConfig", "routingConfig", "speechConfig"), "any"
        ),
    },
    "ThinkingConfig": {"includeThoughts": "bool", "thinkingBudget": "int32", "thinkingLevel": "ThinkingLevel"},
    "SafetySetting": {"category": "string", "threshold": "string", "method": "string"},
    "BatchEmbedContentsRequest": {"requests": "EmbedContentRequest[]"},
    "EmbedContentRequest": {
        "model": "string",
        "content": "Content",
        "taskType": "string",
        "title": "string",
        "outputDimensionality": "int32",
        # Of Vertex AI alone.
        "autoTruncate": "bool",
        "embedContentConfig": "EmbedContentConfig",
    },
    "EmbedContentConfig": {
        "taskType": "string",
        "title": "string",
        "outputDimensionality": "int32",
        "autoTruncate": "bool",
    },
    "PredictRequest": {"instances": "Instance[]", "parameters": "Parameters"},
    "Instance": {"content": "string", "task_type": "string", "title": "string", "mimeType": "string"},
    "Parameters": {"outputDimensionality": "int32", "autoTruncate": "bool"},
}  # fmt: skip

ENUMS: Mapping[str, frozenset[str]] = {
    "Type": frozenset({"TYPE_UNSPECIFIED", "STRING", "NUMBER", "INTEGER", "BOOLEAN", "ARRAY", "OBJECT", "NULL"}),
    "FunctionCallingConfig.Mode": frozenset({"MODE_UNSPECIFIED", "AUTO", "ANY", "NONE", "VALIDATED"}),
    "ThinkingLevel": frozenset({"THINKING_LEVEL_UNSPECIFIED", "MINIMAL", "LOW", "MEDIUM", "HIGH", "XHIGH"}),
    "MediaResolution": frozenset(
        {
            "MEDIA_RESOLUTION_UNSPECIFIED",
            "MEDIA_RESOLUTION_LOW",
            "MEDIA_RESOLUTION_MEDIUM",
            "MEDIA_RESOLUTION_HIGH",
        }
    ),
}
