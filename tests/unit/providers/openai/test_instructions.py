"""Where instructions are told to a vendor that takes them at certain places alone."""

from typing import Any

import pytest

from services.providers.adapters.openai.instructions import led
from services.providers.domain.losses import Losses

FIRST, LATER = {"role": "system", "content": "1"}, {"role": "system", "content": "2"}
USER, SAID, TOOL = ({"role": role, "content": role} for role in ("user", "assistant", "tool"))


@pytest.mark.parametrize(
    ("messages", "expected", "moved"),
    [
        ([FIRST, USER, SAID, USER], [FIRST, USER, SAID, USER], False),
        ([FIRST, LATER, USER], [FIRST, LATER, USER], False),
        ([USER, LATER, SAID, USER], [USER, LATER, SAID, USER], False),
        ([FIRST, USER, SAID, LATER, USER], [FIRST, LATER, USER, SAID, USER], True),
        ([FIRST, USER, SAID, TOOL, LATER, USER], [FIRST, LATER, USER, SAID, TOOL, USER], True),
        ([USER, FIRST, LATER], [FIRST, LATER, USER], True),
        ([FIRST, LATER], [FIRST, LATER], False),
        ([], [], False),
    ],
)
def test_what_is_told_after_an_answer_or_last_of_all_comes_first(
    messages: list[dict[str, Any]], expected: list[dict[str, Any]], moved: bool
) -> None:
    losses = Losses("up/model")
    assert led(messages, losses) == expected
    assert losses.dropped == (["messages.role"] if moved else [])
