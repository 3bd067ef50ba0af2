"""Time spans as a person writes them."""

from datetime import timedelta

import pytest
import typer

from cli.commands.keys import age


@pytest.mark.parametrize(
    ("text", "span"), [("30d", timedelta(days=30)), ("12h", timedelta(hours=12)), ("2w", timedelta(weeks=2))]
)
def test_time_spans(text: str, span: timedelta) -> None:
    assert age(text) == span


@pytest.mark.parametrize("text", ["", "30", "d", "0d", "-1d", "1y", "1.5h"])
def test_what_is_no_time_span_is_a_usage_error(text: str) -> None:
    with pytest.raises(typer.BadParameter):
        age(text)
