import pytest

from resilience.errors import Failure, Reason
from services.gateway.domain.dialects.openai_chat import OPENAI_CHAT


@pytest.mark.parametrize(
    ("body", "param"),
    [
        (b"", None),
        (b"{", None),
        (b"\xff\xfe", None),
        (b"[]", None),
        (b'"text"', None),
        (b"{}", None),
        (b'{"model":"m"}', None),
        (b'{"model":1,"messages":[{"role":"user"}]}', "model"),
        (b'{"model":"","messages":[{"role":"user"}]}', "model"),
        (b'{"model":"m","messages":{}}', "messages"),
        (b'{"model":"m","messages":[]}', "messages"),
        (b'{"model":"m","messages":["hi"]}', "messages[0]"),
        (b'{"model":"m","messages":[{"role":7}]}', "messages[0].role"),
        (b'{"model":"m","messages":[{"role":"user"}],"stream":"yes"}', "stream"),
        (
            b'{"model":"m","messages":[{"role":"user"}],"stream_options":{"include_usage":1}}',
            "stream_options.include_usage",
        ),
        (b"[" * 100_000, None),
        (b'{"model":"m","messages":[{"role":"user","content":' + b"[" * 100_000, None),
    ],
)
def test_what_is_not_a_chat_is_told_so_with_its_field(body: bytes, param: str | None) -> None:
    with pytest.raises(Failure) as raised:
        OPENAI_CHAT.read(body)
    assert raised.value.reason is Reason.INVALID_REQUEST
    assert raised.value.detail.get("param") == param


def test_fields_that_the_gateway_does_not_know_are_not_its_business() -> None:
    body = b'{"model":"m","messages":[{"role":"user","content":[{"type":"new"}]}],"brand_new":{"a":1},"stream":true}'
    chat = OPENAI_CHAT.read(body)
    assert (chat.model, chat.stream, chat.body) == ("m", True, body)
