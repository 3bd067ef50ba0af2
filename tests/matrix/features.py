"""What is asked in every cell of the matrix: one row a feature, and one a class of errors."""

import base64
from dataclasses import dataclass
from enum import StrEnum

from resilience.errors import Reason
from simulator import Behaviour, Every
from simulator.faults import ContentFilter, ContextLength, Cut, ErrorStatus, Fault, Filtered, Malformed
from tests.matrix.asked import Asked, Image, Tool


class Shape(StrEnum):
    """How an answer comes."""

    WHOLE = "whole"
    STREAM = "stream"


BOTH = (Shape.WHOLE, Shape.STREAM)
ANSWER_TOKENS = 16
BEGINNING = 5
"""Tokens that come before an answer ends too early."""
LEAST_TOKENS = 16
"""The smallest limit that OpenAI's Responses take."""
QUESTION = "please tell the whole wide world that it is well"
BRIEF = "Be brief."
LOOK = Tool(
    "look",
    "Look something up.",
    {
        "type": "object",
        "properties": {"what": {"type": "string", "description": "What to look up."}},
        "required": ["what"],
        "additionalProperties": False,
    },
)
COUNT = Tool(
    "count",
    "Count things.",
    {
        "type": "object",
        "properties": {"things": {"type": "string"}, "limit": {"type": "integer"}},
        "required": ["things", "limit"],
        "additionalProperties": False,
    },
)
REPORT = {
    "type": "object",
    "properties": {"title": {"type": "string"}, "fine": {"type": "boolean"}},
    "required": ["title", "fine"],
    "additionalProperties": False,
}
PIXEL = Image(
    "image/png",
    base64.b64decode(
        "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=="
    ),
)
HARBOUR = Image("", url="https://images.example.com/harbour.png")
LONG = "\n".join(f"Rule {number}: answer as the harbour master would, and mind the tide." for number in range(600))
SCRIPTS = (
    "naïve e\u0301a\u0308 日本語 中文 שלום مرحبا 🌊 \U0001f469\u200d\U0001f469\u200d\U0001f467\u200d\U0001f466 "
    '\U0001f1e9\U0001f1ea \U0001f44d\U0001f3fd \U0001d518\U0001d52b\U0001d526 \u200bzero \\ "quoted" <tag> & €'
)
"""Composed and combining, CJK, right to left, astral, joined and modified emoji, invisible, and what formats escape."""


def _behaviour(*faults: Fault, **fields: object) -> Behaviour:
    return Behaviour.model_validate({"answer_tokens": ANSWER_TOKENS, "faults": faults, **fields})


SIMPLE = Asked(QUESTION, BRIEF)
WELL = _behaviour()


@dataclass(frozen=True, slots=True)
class Feature:
    """What is asked, how the vendor behaves, and how the answer is to come: in each of the `shapes`.

    `error`: why the call fails; a feature without is answered. `after`: tokens that come before what ends the answer
    too early. `retry_after`: seconds that the error asks to wait.
    """

    name: str
    about: str
    asked: Asked = SIMPLE
    shapes: tuple[Shape, ...] = BOTH
    behaviour: Behaviour = WELL
    error: Reason | None = None
    after: int = 0
    retry_after: float | None = None


TOOLS = Asked("look up the tides of the harbour", BRIEF, tools=(LOOK,))
ONE_CALL, EACH_CALLED = _behaviour(answer="tool_call"), _behaviour(answer="tool_calls")

ANSWERED: tuple[Feature, ...] = (
    Feature("plain", "a system prompt and a question", shapes=(Shape.WHOLE,)),
    Feature("stream", "the same, streamed", shapes=(Shape.STREAM,)),
    Feature(
        "tools",
        "a tool is called, and what it said is heard",
        TOOLS,
        (Shape.WHOLE,),
        ONE_CALL,
    ),
    Feature("streamed tools", "the same, streamed", TOOLS, (Shape.STREAM,), ONE_CALL),
    Feature(
        "parallel tools",
        "two tools are called at once, and both are heard",
        Asked(TOOLS.text, BRIEF, tools=(LOOK, COUNT)),
        behaviour=EACH_CALLED,
    ),
    Feature("image", "an image as bytes", Asked(QUESTION, BRIEF, PIXEL)),
    Feature("image address", "an image that is at an address", Asked(QUESTION, BRIEF, HARBOUR)),
    Feature("JSON schema", "an answer that follows a schema", Asked(QUESTION, BRIEF, schema=REPORT)),
    Feature("long system prompt", "one of 40,000 characters", Asked(QUESTION, LONG)),
    Feature(
        "unicode",
        "all kinds of characters, in prompts and answers; bodies split between and inside them",
        Asked(SCRIPTS, f"Answer in kind: {SCRIPTS}"),
        behaviour=_behaviour(split=Every(bytes=5), answer_tokens=24),
    ),
    Feature("stop", "a stop sequence ends the answer", Asked(QUESTION, BRIEF, stop=("world", "never said"))),
    Feature(
        "length",
        "a limit ends the answer",
        Asked(QUESTION, BRIEF, max_tokens=LEAST_TOKENS),
        behaviour=_behaviour(answer_tokens=2 * LEAST_TOKENS),
    ),
    Feature(
        "filtered answer",
        "the vendor's policy ends the answer",
        behaviour=_behaviour(Filtered(after_chunks=BEGINNING)),
        after=BEGINNING,
    ),
)


def _refused(name: str, about: str, fault: Fault, reason: Reason) -> Feature:
    return Feature(name, about, behaviour=_behaviour(fault), error=reason)


WAIT = 30.0
"""Seconds; longer than the request has."""
ERRORS: tuple[Feature, ...] = (
    _refused("401", "the key is refused", ErrorStatus(status=401), Reason.VENDOR_AUTHENTICATION),
    _refused("403", "the key may not do this", ErrorStatus(status=403), Reason.VENDOR_AUTHENTICATION),
    _refused("quota", "the account has nothing left", ErrorStatus(status=402), Reason.VENDOR_QUOTA_EXHAUSTED),
    _refused("404", "there is no such model", ErrorStatus(status=404), Reason.VENDOR_MODEL_NOT_FOUND),
    _refused("400", "the request is refused", ErrorStatus(status=400), Reason.VENDOR_REJECTED),
    _refused("context length", "the prompt is too long", ContextLength(), Reason.CONTEXT_LENGTH_EXCEEDED),
    _refused("content filter", "the prompt is refused by policy", ContentFilter(), Reason.CONTENT_FILTERED),
    Feature(
        "429",
        "too many requests, and word of how long to wait",
        behaviour=_behaviour(ErrorStatus(status=429, retry_after=WAIT)),
        error=Reason.VENDOR_RATE_LIMITED,
        retry_after=WAIT,
    ),
    _refused("500", "the vendor fails", ErrorStatus(status=500), Reason.VENDOR_ERROR),
    _refused("503", "the vendor is overloaded", ErrorStatus(status=503), Reason.VENDOR_OVERLOADED),
    _refused("529", "the same, with a status of its own", ErrorStatus(status=529), Reason.VENDOR_OVERLOADED),
    Feature(
        "cut stream",
        "the connection closes in the middle",
        shapes=(Shape.STREAM,),
        behaviour=_behaviour(Cut(after_chunks=BEGINNING)),
        error=Reason.VENDOR_STREAM_CUT,
        after=BEGINNING,
    ),
    Feature(
        "malformed",
        "the body is broken JSON",
        shapes=(Shape.WHOLE,),
        behaviour=_behaviour(Malformed()),
        error=Reason.VENDOR_MALFORMED,
    ),
    Feature(
        "malformed stream",
        "an event in the middle is broken",
        shapes=(Shape.STREAM,),
        behaviour=_behaviour(Malformed(after_chunks=BEGINNING)),
        error=Reason.VENDOR_MALFORMED,
        after=BEGINNING,
    ),
)
FEATURES = (*ANSWERED, *ERRORS)
