"""LiteLLM's SDK as a client, with a tool, over either API: `litellm_tools.py openai`, or `anthropic`."""

import json
import os
import sys

import litellm


def tide(harbour: str) -> str:
    """Say when it is high water in a harbour."""
    return f"High water in {harbour} is at noon."


TIDE = {
    "type": "function",
    "function": {
        "name": "tide",
        "description": tide.__doc__,
        "parameters": {"type": "object", "properties": {"harbour": {"type": "string"}}, "required": ["harbour"]},
    },
}
speaks = sys.argv[1] if len(sys.argv) > 1 else "openai"
base_url = os.environ["SEAWALL_URL"] + ("/v1" if speaks == "openai" else "")
messages: list[object] = [{"role": "user", "content": "When is high water in Hamburg?"}]
while True:
    answer = litellm.completion(
        f"{speaks}/chat", messages=messages, tools=[TIDE], base_url=base_url, api_key=os.environ["SEAWALL_KEY"]
    )
    message = answer.choices[0].message
    messages.append(message)
    if not message.tool_calls:
        break
    for call in message.tool_calls:
        said = tide(**json.loads(call.function.arguments))
        print(call.function.name, call.function.arguments, "->", said)
        messages.append({"role": "tool", "tool_call_id": call.id, "content": said})
print(message.content)
