"""Whole answers read as the services read them: each with the request that it answers."""

from services.providers.application.ports import Dialect, VendorRequest
from services.providers.domain.answer import Answer
from services.providers.domain.envelope import Envelope

ANY = VendorRequest("", b"")
"""For dialects that read every answer alike."""
CHAT = b'{"model":"chat","max_tokens":5,"messages":[{"role":"user","content":"Hi"}]}'
"""What a caller of either chat may ask."""


def answered(dialect: Dialect, body: bytes, vendor_request_id: str = "") -> Answer:
    """`body` as the answer to a chat that was asked of `model`."""
    request = dialect.request(Envelope("r", 1, "acme", "up", "model", CHAT, "", None, ""), stream=False)
    return dialect.answer(request, body, vendor_request_id)
