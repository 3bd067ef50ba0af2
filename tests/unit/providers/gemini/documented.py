"""Bodies as the documentation has them.

ai.google.dev/gemini-api/docs: text-generation, function-calling, thinking, thought-signatures, troubleshooting;
google-gemini/gemini-cli issues 8437 and 4231, and others' reports of errors, quoted there.
"""

import json
from typing import Any

ANSWER = b"""{
  "candidates": [
    {
      "content": {
        "parts": [
          {
            "text": "AI works by learning from data."
          }
        ],
        "role": "model"
      },
      "finishReason": "STOP",
      "index": 0
    }
  ],
  "usageMetadata": {
    "promptTokenCount": 8,
    "candidatesTokenCount": 7,
    "totalTokenCount": 21,
    "promptTokensDetails": [
      {
        "modality": "TEXT",
        "tokenCount": 8
      }
    ],
    "thoughtsTokenCount": 4,
    "toolUsePromptTokenCount": 2,
    "cachedContentTokenCount": 5
  },
  "modelVersion": "gemini-2.5-flash",
  "responseId": "fhhAaM_aGZ-Jz7IPzJ6AqQc"
}
"""

CALLS = b"""{
  "candidates": [{
    "content": {
      "parts": [
        {"text": "I need the weather in both.", "thought": true},
        {"functionCall": {
            "name": "get_weather",
            "args": {
              "location": "Z\\u00fcrich"
            }
          },
          "thoughtSignature": "Q2lR"},
        {"functionCall": {"name": "get_weather", "args": {"location": "Bern"}}}
      ],
      "role": "model"
    },
    "finishReason": "STOP"
  }],
  "modelVersion": "gemini-3-flash-preview",
  "responseId": "xRS0aZC5BNHVz7IPuaO42Qk"
}"""

BLOCKED = b'{"promptFeedback":{"blockReason":"PROHIBITED_CONTENT"},"usageMetadata":{"promptTokenCount":7}}'

STREAM = (
    b'data: {"candidates":[{"content":{"parts":[{"text":"First, ","thought":true}],"role":"model"},"index":0}],'
    b'"usageMetadata":{"promptTokenCount":9,"totalTokenCount":9},"modelVersion":"gemini-3-flash-preview",'
    b'"responseId":"r1"}\r\n\r\n'
    b'data: {"candidates":[{"content":{"parts":[{"text":"gr\xc3\xbc\xc3\x9f"}],"role":"model"},"index":0}],'
    b'"usageMetadata":{"promptTokenCount":9,"candidatesTokenCount":2,"totalTokenCount":11},"responseId":"r1"}\r\n\r\n'
    b'data: {"candidates":[{"content":{"parts":[{"text":" dich \xf0\x9f\x8c\x8a"},'
    b'{"functionCall":{"name":"f","args":{"a":1}},"thoughtSignature":"c2ln"}],"role":"model"},"index":0}],'
    b'"responseId":"r1"}\r\n\r\n'
    b'data: {"candidates":[{"content":{"parts":[{"text":"","thoughtSignature":"ZW5k"}],"role":"model"},'
    b'"finishReason":"STOP","index":0}],"usageMetadata":{"promptTokenCount":9,"candidatesTokenCount":6,'
    b'"thoughtsTokenCount":4,"totalTokenCount":19},"responseId":"r1"}\r\n\r\n'
)


def error(code: int, status: str, message: str = "", *details: dict[str, Any]) -> bytes:
    """google.rpc.Status as HTTP has it."""
    said: dict[str, Any] = {"code": code, "message": message, "status": status}
    return json.dumps({"error": said | ({"details": details} if details else {})}, indent=2).encode()


def quota(quota_id: str, delay: str = "", value: str = "250") -> bytes:
    """RESOURCE_EXHAUSTED with its details."""
    details: list[dict[str, Any]] = [
        {
            "@type": "type.googleapis.com/google.rpc.QuotaFailure",
            "violations": [
                {
                    "quotaMetric": "generativelanguage.googleapis.com/generate_content_free_tier_requests",
                    "quotaId": quota_id,
                    "quotaDimensions": {"location": "global", "model": "gemini-2.5-flash"},
                    "quotaValue": value,
                }
            ],
        },
        {
            "@type": "type.googleapis.com/google.rpc.Help",
            "links": [{"description": "Learn more", "url": "https://ai.google.dev/gemini-api/docs/rate-limits"}],
        },
    ]
    if delay:
        details.append({"@type": "type.googleapis.com/google.rpc.RetryInfo", "retryDelay": delay})
    return error(429, "RESOURCE_EXHAUSTED", "You exceeded your current quota.", *details)


def info(reason: str, code: int = 400, status: str = "INVALID_ARGUMENT") -> bytes:
    """An error with an ErrorInfo."""
    detail = {
        "@type": "type.googleapis.com/google.rpc.ErrorInfo",
        "reason": reason,
        "domain": "googleapis.com",
        "metadata": {"service": "generativelanguage.googleapis.com"},
    }
    return error(code, status, "No.", detail)
