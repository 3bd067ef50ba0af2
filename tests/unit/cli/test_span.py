"""Time spans as a person writes them."""

from datetime import timedelta

import pytest
import typer

from cli.span import span


@pytest.mark.parametrize(
    ("text", "expected"), [("30d", timedelta(days=30)), ("12h", timedelta(hours=12)), ("2w", timedelta(weeks=2))]
)
def test_time_spans(text: str, expected: timedelta) -> None:
    assert span(text, "--for") == expected


@pytest.mark.parametrize("text", ["", "30", "d", "0d", "-1d", "1y", "1.5h"])
def test_what_is_no_time_span_is_a_usage_error(text: str) -> None:
    with pytest.raises(typer.BadParameter) as caught:
        span(text, "--for")
    assert caught.value.param_hint == "--for"
