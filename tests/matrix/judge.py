"""Whether a caller heard what it should, and a vendor received what was asked."""

import json
from collections.abc import Mapping
from dataclasses import replace

from resilience.errors import Reason
from services.gateway.entrypoints.http.errors import ERRORS
from simulator import Call
from simulator.answers import Answer, Question, compose
from simulator.functions import Function
from tests.matrix.asked import Asked, Called, Error, Heard, Image, Received, Result
from tests.matrix.callers import CallerName
from tests.matrix.cells import Cell
from tests.matrix.features import Shape

_OWN_STATUS: Mapping[tuple[CallerName, Reason], int] = {(CallerName.MESSAGES, Reason.VENDOR_OVERLOADED): 529}
"""Of HTTP, where a caller's dialect has one of its own for a reason."""


def judge_error(cell: Cell, shape: Shape, heard: Heard) -> None:
    """An error with its code, status, field and wait; before it nothing but a beginning of the answer."""
    refused, feature = cell.refused, cell.feature
    assert refused is not None
    assert heard.error is not None, "no error was told"
    status = _OWN_STATUS.get((cell.caller, refused.reason), ERRORS[refused.reason].status)
    begun = feature.after > 0 and shape is Shape.STREAM
    expected = Error(refused.reason, 0 if begun else status, refused.param, heard.error.retry_after)
    assert heard.error == expected, f"it is not {expected}"
    if feature.retry_after is not None:
        assert heard.error.retry_after is not None, "it does not say after how long to try again"
        # A moment of it may have passed, and a key rests for up to a fifth longer.
        assert feature.retry_after - 1 <= heard.error.retry_after <= feature.retry_after * 1.2 + 1
    tokens = answer_to(cell, shape, feature.asked).tokens[: feature.after] if begun else ()
    assert heard.text == "".join(tokens), "it is not what the vendor said before"
    assert not heard.finish_reason, "a finish reason, and an error"


def judge_answer(cell: Cell, shape: Shape, asked: Asked, heard: Heard, call: Call) -> None:
    """What was heard is what the vendor said."""
    assert heard.error is None, f"an error: {heard.error}"
    answer = answer_to(cell, shape, asked)
    calls = [block for block in answer.blocks if block.kind == "call"]
    assert heard.text == ("" if calls else answer.text), f"it is not {answer.text!r}"
    assert [(made.name, made.arguments) for made in heard.calls] == [
        (block.function, json.loads(block.text)) for block in calls
    ]
    assert len({made.id for made in heard.calls if made.id}) == len(calls), "calls need ids of their own"
    assert heard.finish_reason == answer.finish_reason
    assert heard.model == call.model
    assert heard.dropped == cell.dropped
    assert (heard.input_tokens, heard.output_tokens) == (call.prompt_tokens, call.completion_tokens), "usage"
    if shape is Shape.STREAM and not calls:
        assert heard.pieces > 1, "it was not streamed"
    if asked.schema is not None:
        assert {name: type(value) for name, value in json.loads(heard.text).items()} == {"title": str, "fine": bool}


def judge_request(cell: Cell, shape: Shape, asked: Asked, received: Received, call: Call) -> None:
    """What the vendor received is what was asked."""
    assert call.stream is (shape is Shape.STREAM)
    assert received.stream in {None, call.stream}
    assert received.model in {"", cell.model(shape)}
    expected = Received(
        model=received.model,
        stream=received.stream,
        system=asked.system,
        text=asked.text,
        images=() if asked.image is None else (_as_received(asked.image, received),),
        tools=asked.tools,
        schema=asked.schema,
        stop=() if "stop" in cell.dropped else asked.stop,
        max_tokens=asked.max_tokens,
        calls=tuple(_as_named(cell, result.call) for result in asked.results),
        signed=1 if asked.results and cell.vendor.signs else 0,
        results={_as_named(cell, result.call).id: result.text for result in asked.results},
    )
    assert received == expected


def answer_to(cell: Cell, shape: Shape, asked: Asked) -> Answer:
    """All that the vendor says."""
    said = replace(asked, stop=()) if "stop" in cell.unheard else asked
    offered = said.tools if cell.behaviour.answer == "tool_calls" else said.tools[:1]
    question = Question(
        asked=" ".join(result.text for result in said.results) or said.text,
        limit=said.max_tokens,
        in_json=said.schema is not None,
        schema=said.schema,
        functions=() if said.results else tuple(Function(tool.name, tool.parameters) for tool in offered),
        stop=said.stop,
    )
    answer = compose(cell.vendor.name, cell.model(shape), question, length=cell.behaviour.answer_tokens)
    if cell.feature.after and cell.feature.error is None:
        return answer.cut(cell.feature.after, "content_filter")
    return answer


def results_of(heard: Heard) -> tuple[Result, ...]:
    """What the caller's tools say to the calls that were made."""
    return tuple(Result(call, f"{call.name} found high water at noon") for call in heard.calls)


def _as_named(cell: Cell, call: Called) -> Called:
    """The call as its vendor knows it."""
    return replace(call, id=call.name) if cell.vendor.calls_by_name else call


def _as_received(image: Image, received: Received) -> Image:
    """An address may come without its type, or with one that follows from it."""
    if image.data or not received.images:
        return image
    return replace(image, media_type=received.images[0].media_type)
