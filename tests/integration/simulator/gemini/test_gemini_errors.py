"""What a vendor of Gemini's dialect refuses, as Google's own SDK tells it."""

from typing import Any

import pytest
from google import genai
from google.genai import errors

from simulator import Access, Behaviour, ContextLength, ErrorBody, ErrorEvent, ErrorStatus, RefusesPrefill, Vendor
from tests.integration.simulator.clients import both, failing
from tests.integration.simulator.gemini.asking import ASKED, OLD, ask, finish, sdk, text
from tests.stack.eventually import eventually

ERRORS: list[tuple[int, type[errors.APIError], str]] = [
    (400, errors.ClientError, "INVALID_ARGUMENT"),
    (401, errors.ClientError, "UNAUTHENTICATED"),
    (403, errors.ClientError, "PERMISSION_DENIED"),
    (404, errors.ClientError, "NOT_FOUND"),
    (408, errors.ClientError, "DEADLINE_EXCEEDED"),
    (409, errors.ClientError, "ABORTED"),
    (413, errors.ClientError, "FAILED_PRECONDITION"),
    (429, errors.ClientError, "RESOURCE_EXHAUSTED"),
    (499, errors.ClientError, "CANCELLED"),
    (500, errors.ServerError, "INTERNAL"),
    (501, errors.ServerError, "UNIMPLEMENTED"),
    (502, errors.ServerError, "INTERNAL"),
    (503, errors.ServerError, "UNAVAILABLE"),
    (504, errors.ServerError, "DEADLINE_EXCEEDED"),
    (529, errors.ServerError, "UNAVAILABLE"),
]


async def refused(client: genai.Client, contents: Any = ASKED, *, stream: bool = False) -> errors.APIError:
    with pytest.raises(errors.APIError) as caught:
        await ask(client, contents, stream=stream)
    return caught.value


def details(error: errors.APIError) -> dict[str, Any]:
    """The details of an error, by their types."""
    said = error.details["error"]
    return {each["@type"].rpartition(".")[2]: each for each in said.get("details", ())}


@both
@pytest.mark.parametrize(("status", "raised", "code"), ERRORS)
async def test_each_error_is_the_sdks_own_exception(
    google: genai.Client, gem: Vendor, stream: bool, status: int, raised: type[errors.APIError], code: str
) -> None:
    gem.set(None, failing(ErrorStatus(status=status)))
    error = await refused(google, stream=stream)
    assert (type(error), error.code, error.status, error.details["error"]["code"]) == (raised, status, code, status)


async def test_the_wait_and_the_quota_are_in_the_details(google: genai.Client, gem: Vendor, surface: str) -> None:
    gem.set(None, failing(ErrorStatus(status=429, retry_after=1.5)))
    told = details(await refused(google))
    assert told["RetryInfo"]["retryDelay"] == "1.5s"
    # Vertex AI does not tell which quota it is.
    assert ("QuotaFailure" in told) == (surface == "gemini")


async def test_an_error_says_what_it_was_told_to_say(google: genai.Client, gem: Vendor) -> None:
    fault = ErrorStatus(
        status=400, type="FAILED_PRECONDITION", message="gone wrong", code="BILLING_DISABLED", param="a.b"
    )
    gem.set(None, failing(fault))
    error = await refused(google)
    assert (error.status, error.message) == ("FAILED_PRECONDITION", "gone wrong")
    assert details(error)["ErrorInfo"]["reason"] == "BILLING_DISABLED"
    assert details(error)["BadRequest"]["fieldViolations"] == [{"field": "a.b", "description": "gone wrong"}]


@both
async def test_a_prompt_that_is_too_long_is_told_in_each_surfaces_words(
    google: genai.Client, gem: Vendor, surface: str, stream: bool
) -> None:
    gem.set(None, Behaviour(context_window=15))
    error = await refused(google, stream=stream)
    words = {
        "gemini": "The input token count (16) exceeds the maximum number of tokens allowed (15).",
        "vertex": "The input token count is 16 but model only supports up to 15.",
    }
    assert (error.code, error.status, error.message) == (400, "INVALID_ARGUMENT", words[surface])
    gem.set(None, failing(ContextLength()))
    assert "exceeds the maximum number of tokens" in str((await refused(google, stream=stream)).message)


@both
async def test_a_begun_answer_may_be_refused(google: genai.Client, gem: Vendor, stream: bool) -> None:
    gem.set(None, failing(RefusesPrefill()))
    begun: Any = [{"role": "user", "parts": [{"text": "a"}]}, {"role": "model", "parts": [{"text": "b"}]}]
    assert "end with a user role" in str((await refused(google, begun, stream=stream)).message)
    assert finish(await ask(google, stream=stream)) == "STOP"


async def test_a_key_that_is_not_known_is_refused(google: genai.Client, gem: Vendor, surface: str) -> None:
    gem.access = Access(keys=frozenset({"another"}))
    error = await refused(google)
    expected = {
        "gemini": (400, "INVALID_ARGUMENT", "API_KEY_INVALID"),
        "vertex": (401, "UNAUTHENTICATED", "ACCESS_TOKEN_TYPE_UNSUPPORTED"),
    }
    info = details(error)["ErrorInfo"]
    assert (error.code, error.status, info["reason"]) == expected[surface]
    service = {"gemini": "generativelanguage.googleapis.com", "vertex": "aiplatform.googleapis.com"}
    assert info["metadata"] == {"service": service[surface]}
    other = sdk(gem, surface, "another")
    assert finish(await ask(other)) == "STOP"
    await other.aio.aclose()


async def test_a_model_that_the_vendor_does_not_have_is_not_found(
    google: genai.Client, gem: Vendor, surface: str
) -> None:
    gem.access = Access(models=("gemini-9",))
    error = await refused(google)
    assert (error.code, error.status) == (404, "NOT_FOUND")
    assert str(error.message).startswith(
        f"models/{OLD} is not found" if surface == "gemini" else f"Publisher Model `publishers/google/models/{OLD}`"
    )
    with pytest.raises(errors.ClientError):
        await google.aio.models.get(model=OLD)


@pytest.mark.parametrize(("kind", "code", "status"), [(None, 503, "UNAVAILABLE"), ("INTERNAL", 500, "INTERNAL")])
async def test_an_error_is_an_exception_in_the_middle_of_a_stream(
    google: genai.Client, gem: Vendor, kind: str | None, code: int, status: str
) -> None:
    gem.set(None, failing(ErrorEvent(after_chunks=2, type=kind)))
    heard: list[str] = []

    async def hear() -> None:
        async for chunk in await google.aio.models.generate_content_stream(model=OLD, contents=ASKED):
            heard.append(text(chunk))  # noqa: PERF401 - what came before the error is kept

    with pytest.raises(errors.ServerError) as caught:
        await hear()
    assert heard == [f"gem/{OLD}", " heard:"]
    assert (caught.value.code, caught.value.status) == (code, status)


async def test_an_error_with_status_200_is_no_answer(google: genai.Client, gem: Vendor) -> None:
    """The SDK has an exception for it in streams alone: a plain answer is one without candidates."""
    gem.set(None, failing(ErrorBody()))
    assert (await ask(google)).candidates is None
    assert (await refused(google, stream=True)).status == "INTERNAL"
    await eventually(lambda: gem.calls[-1].outcome == "faulted:error_body_200")


async def test_a_full_vendor_says_that_it_is_overloaded(google: genai.Client, gem: Vendor) -> None:
    gem.set(None, Behaviour(slots=1, queue=0, full=503, between_chunks=0.05))
    stream = await google.aio.models.generate_content_stream(model=OLD, contents=ASKED)
    assert (await anext(stream)).candidates
    assert (await refused(google)).status == "UNAVAILABLE"
    assert [finish(chunk) async for chunk in stream][-1] == "STOP"
