"""Which functions are called."""

from typing import Any

import pytest

from simulator.functions import Answers, Function, Offer, called

A, B = Function("a"), Function("b")


@pytest.mark.parametrize(
    ("offer", "answers", "expected"),
    [
        ({}, "text", []),
        ({}, "tool_call", ["simulated"]),
        ({"functions": (A, B)}, "text", []),
        ({"functions": (A, B)}, "tool_call", ["a"]),
        ({"functions": (A, B)}, "tool_calls", ["a", "b"]),
        ({"functions": (A,)}, "tool_calls", ["a", "a"]),
        ({"functions": (A, B), "several": False}, "tool_calls", ["a"]),
        ({"functions": (A, B), "choice": "required"}, "text", ["a"]),
        ({"functions": (A, B), "choice": "required", "answered": True}, "text", ["a"]),
        ({"functions": (A, B), "choice": "none"}, "tool_calls", []),
        ({"functions": (A, B), "named": "b"}, "tool_calls", ["b"]),
        ({"functions": (A, B), "answered": True}, "tool_calls", []),
    ],
)
def test_functions_are_called_as_the_request_demands_or_else_the_behaviour(
    offer: dict[str, Any], answers: Answers, expected: list[str]
) -> None:
    assert [function.name for function in called(Offer(**offer), answers)] == expected
