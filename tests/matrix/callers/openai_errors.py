"""What OpenAI's SDK raises, and what Seawall's headers say beside its answers."""

from collections.abc import Mapping

import openai

from tests.matrix.asked import Error


def error_of(error: openai.APIError) -> Error:
    """What was raised."""
    assert isinstance(error.body, dict), f"an error that is no object: {error.body!r}"
    code, param = error.code or "", error.param or ""
    assert error.body["request_id"], "an error without the request's id"
    assert error.body["doc_url"], "an error that leads nowhere"
    if not isinstance(error, openai.APIStatusError):
        return Error(code, 0, param)
    status = error.status_code
    assert type(error) is not openai.APIStatusError, "a status that the SDK has no class for"
    return Error(code, status, param, retry_after(error.response.headers))


def retry_after(headers: Mapping[str, str]) -> float | None:
    """Seconds that the answer asks to wait."""
    seconds = headers.get("retry-after")
    return None if seconds is None else float(seconds)


def dropped(headers: Mapping[str, str]) -> tuple[str, ...]:
    """Fields of the request that the vendor was not told."""
    named = headers.get("x-seawall-dropped", "")
    return tuple(filter(None, (name.strip() for name in named.split(","))))
