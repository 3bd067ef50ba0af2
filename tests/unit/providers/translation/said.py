"""Conversations that say one thing each, beside a question: what the table of changes has a row for."""

import json
from typing import Any

import msgspec

from services.providers.domain.conversation import (
    Citation,
    Conversation,
    Format,
    Media,
    Reasoning,
    Refusal,
    Role,
    Text,
    Thinking,
    Tool,
    ToolCall,
    ToolChoice,
    ToolResult,
    Turn,
)

SCHEMA = msgspec.Raw(json.dumps({"type": "object", "properties": {"city": {"type": "string"}}}).encode())
WEATHER = Tool("weather", "Tells the weather.", SCHEMA)
PNG, WAV, PDF = "iVBORw0KGgo=", "UklGRg==", "JVBERi0="


def user(*parts: Any, name: str = "") -> Turn:
    return Turn(Role.USER, parts, name)


def model(*parts: Any) -> Turn:
    return Turn(Role.ASSISTANT, parts)


def system(text: str) -> Turn:
    return Turn(Role.SYSTEM, (Text(text),))


HI = user(Text("Is it raining?"))
KIEL = ToolCall("calledone", "weather", '{"city": "Kiel"}')
BONN = ToolCall("calledtwo", "weather", '{"city": "Bonn"}')
"""Their ids are such as every vendor takes."""
RAIN, SUN = ToolResult("calledone", (Text("rain"),)), ToolResult("calledtwo", (Text("sun"),))


def asked(*turns: Turn, **settings: Any) -> Conversation:
    return Conversation(turns or (HI,), **{"max_tokens": 2_000, **settings})


def called(*turns: Turn) -> Conversation:
    return asked(HI, *turns, tools=(WEATHER,))


SAID: dict[str, Conversation] = {
    "a system prompt": asked(system("Be brief."), HI),
    "instructions alone": asked(system("Say hi.")),
    "a developer's turn": asked(Turn(Role.DEVELOPER, (Text("Be brief."),)), HI),
    "later instructions": asked(system("Be brief."), HI, model(Text("Yes.")), system("Be long."), HI),
    "turns of one side": asked(HI, user(Text("And in Bonn?")), model(Text("Yes.")), model(Text("No.")), HI),
    "a speaker's name": asked(user(Text("hi"), name="ann")),
    "an answer that is begun": asked(HI, model(Text("It is"))),
    "an image": asked(user(Text("What is it?"), Media("image", "image/png", PNG))),
    "an image's address": asked(user(Text("What?"), Media("image", url="https://example.com/a.png"))),
    "an image's detail": asked(user(Text("What?"), Media("image", "image/png", PNG, detail="low"))),
    "a sound": asked(user(Text("What is said?"), Media("audio", "audio/wav", WAV))),
    "a document": asked(user(Text("What is said?"), Media("document", "application/pdf", PDF, name="a"))),
    "a call and its result": called(model(KIEL), user(RAIN)),
    "calls side by side": called(model(Text("Let me see."), KIEL, BONN), user(RAIN, SUN)),
    "a call's id": called(
        model(ToolCall("toolu_01A09q90", "weather", "{}")), user(ToolResult("toolu_01A09q90", (Text("ok"),)))
    ),
    "words after a call": called(model(KIEL, Text("I am looking.")), user(RAIN)),
    "words beside a result": called(model(KIEL), user(RAIN, Text("Hurry."))),
    "a result that failed": called(model(KIEL), user(ToolResult("calledone", (Text("no"),), failed=True))),
    "an image in a result": called(
        model(KIEL), user(ToolResult("calledone", (Text("see"), Media("image", "image/png", PNG))))
    ),
    "a thought": asked(HI, model(Reasoning("Hm.", "sig"), Text("Yes.")), HI),
    "a secret thought": asked(HI, model(Reasoning(redacted="c2VjcmV0"), Text("Yes.")), HI),
    "a call's signature": called(model(ToolCall("calledone", "weather", "{}", signature="c2ln")), user(RAIN)),
    "a refusal": asked(HI, model(Refusal("No.")), HI),
    "a citation": asked(HI, model(Text("Yes.", citations=(Citation("it rains", "News", "https://example.com"),))), HI),
    "a mark of the cache": asked(user(Text("Long.", "5m"), Text("Short."))),
    "a tool": asked(tools=(WEATHER,)),
    "a strict tool": asked(tools=(Tool("weather", "d", SCHEMA, strict=True),)),
    "no tool may be called": asked(tools=(WEATHER,), tool_choice=ToolChoice("none")),
    "a tool must be called": asked(tools=(WEATHER,), tool_choice=ToolChoice("required")),
    "one tool must be called": asked(
        tools=(WEATHER, Tool("other", "d", SCHEMA)), tool_choice=ToolChoice("tool", "weather")
    ),
    "one call at a time": asked(tools=(WEATHER,), parallel_tools=False),
    "any JSON": asked(format=Format()),
    "a schema without a name": asked(format=Format(SCHEMA)),
    "a schema": asked(format=Format(SCHEMA, "place")),
    "a schema's description": asked(format=Format(SCHEMA, "place", "A place.")),
    "no limit": asked(max_tokens=None),
    "a temperature": asked(temperature=0.5),
    "a high temperature": asked(temperature=1.5),
    "top_p": asked(top_p=0.9),
    "top_k": asked(top_k=5),
    "stop sequences": asked(stop=("END", "STOP")),
    "a seed": asked(seed=7),
    "penalties": asked(frequency_penalty=0.5, presence_penalty=0.5),
    "several answers": asked(choices=2),
    "log probabilities": asked(logprobs=True, top_logprobs=2),
    "a user": asked(user="u-1"),
    "an effort": asked(thinking=Thinking("low")),
    "a budget of thoughts": asked(thinking=Thinking(budget=1_024)),
    "no thoughts": asked(thinking=Thinking(off=True)),
}
