"""What LiteLLM's SDK raises, as what a vendor of OpenAI's dialect would have answered.

Source: `litellm.exceptions`, whose classes are those of OpenAI's SDK, each with the vendor's status.
"""

import re
from collections.abc import Iterator, Mapping

import msgspec

from resilience.errors import Reason
from services.providers.domain.failure import VendorFailure

BROKEN: dict[str, Reason] = {
    "ConnectError": Reason.VENDOR_UNREACHABLE,
    "ConnectTimeout": Reason.VENDOR_UNREACHABLE,
    "ProxyError": Reason.VENDOR_UNREACHABLE,
    "UnsupportedProtocol": Reason.VENDOR_UNREACHABLE,
    "ReadError": Reason.VENDOR_CONNECTION_LOST,
    "WriteError": Reason.VENDOR_CONNECTION_LOST,
    "CloseError": Reason.VENDOR_CONNECTION_LOST,
    "RemoteProtocolError": Reason.VENDOR_CONNECTION_LOST,
    "ReadTimeout": Reason.VENDOR_TIMEOUT,
    "WriteTimeout": Reason.VENDOR_TIMEOUT,
    "PoolTimeout": Reason.VENDOR_TIMEOUT,
}
"""By httpx's name (www.python-httpx.org/exceptions) of what began it: the SDK gives all of them a status of 500."""

CODES = {
    "ContextWindowExceededError": "context_length_exceeded",
    "ContentPolicyViolationError": "content_policy_violation",
}
"""By the exception's name: the `code` that OpenAI has for it."""

_UNSUPPORTED = "UnsupportedParamsError"
_WRAPPED = "MidStreamFallbackError"
_LISTED = re.compile(r"parameters: \[([^\]]*)\]|Setting (\w+) is not supported")
_STACK = "Traceback (most recent call last)"
"""From here on a message is the SDK's own stack, which is for nobody outside."""
_ERRORS = range(400, 600)
_ITS_OWN = 500


def status_of(error: Exception) -> int:
    """The vendor's status; 500 where it gave none. Raises VendorFailure where the vendor did not answer at all."""
    named = type(error).__name__
    if named == _UNSUPPORTED:
        listed = _LISTED.search(str(error))
        what = (listed[1] or listed[2]).replace("'", "") if listed else "all that is asked"
        raise VendorFailure(
            Reason.UNSUPPORTED_BY_TARGET, why=f"The vendor, or the model, has nothing for {what}."
        ) from None
    for cause in _chain(error):
        if reason := BROKEN.get(type(cause).__name__):
            raise VendorFailure(reason) from None
    status = getattr(error, "status_code", None)
    return status if isinstance(status, int) and status in _ERRORS else _ITS_OWN


def body_of(error: Exception, status: int) -> bytes:
    """The body of an error in OpenAI's format; its code is a word, or the status where there is none."""
    told = getattr(error, "body", None)
    own = told.get("code") if isinstance(told, dict) else None
    code = CODES.get(type(error).__name__) or own or status
    message, _, _ = str(error).partition(_STACK)
    return msgspec.json.encode({"error": {"message": message.rstrip(), "type": None, "param": None, "code": code}})


def headers_of(error: Exception) -> Mapping[str, str]:
    """The headers of the vendor's answer, in lower case; none where the SDK does not give them on."""
    response = getattr(error, "response", None)
    for headers in (getattr(error, "litellm_response_headers", None), getattr(response, "headers", None)):
        if headers:
            return {str(name).lower(): str(value) for name, value in headers.items()}
    return {}


def unwrapped(error: Exception) -> Exception:
    """What the vendor did, where the SDK says around it that another vendor could be asked."""
    inner = getattr(error, "original_exception", None)
    return inner if type(error).__name__ == _WRAPPED and isinstance(inner, Exception) else error


def _chain(error: BaseException) -> Iterator[BaseException]:
    cause: BaseException | None = error
    while cause is not None:
        yield cause
        cause = cause.__cause__ or cause.__context__
