"""One request on its way to one target."""

from collections.abc import Mapping

import msgspec

from services.providers.domain.dialect import CallerDialect
from services.providers.domain.losses import Unsupported


class Envelope(msgspec.Struct, frozen=True):
    """`body` is the caller's, as it was written; `model` is its name at the vendor.

    `prefix`: text that the answer has already, and that the vendor is to go on after; empty for a new answer.
    `timeout`: seconds that the attempt may take; without limit where None. `traceparent`: W3C trace context; empty
    where the request is not traced. `unsupported`: what becomes of what the target's dialect has no words for.
    `headers`: the caller's, by their lower-case names, that a vendor of the caller's own dialect may be told.
    """

    request_id: str
    attempt: int
    organization: str
    provider: str
    model: str
    body: bytes
    prefix: str
    timeout: float | None
    traceparent: str
    dialect: CallerDialect = CallerDialect.OPENAI_CHAT
    unsupported: Unsupported = Unsupported.AUTO
    headers: Mapping[str, str] = msgspec.field(default_factory=dict)
