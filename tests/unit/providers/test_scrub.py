"""No credential leaves in what a vendor says."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.providers.domain.scrub import MASK, scrub

secrets = st.text(st.characters(min_codepoint=0x21, max_codepoint=0x7E), min_size=8, max_size=60)


@given(secrets, st.text(max_size=20), st.text(max_size=20))
def test_a_pools_secrets_are_taken_out_however_they_are_escaped(secret: str, before: str, after: str) -> None:
    said = json.dumps({"error": {"message": f"{before} {secret} {after}"}}).encode()
    shown = scrub(said, [secret])
    assert secret.encode() not in shown
    assert MASK in shown


@pytest.mark.parametrize(
    "said",
    [
        b"Incorrect API key provided: sk-proj-********************abcd.",
        b"Incorrect API key provided: ****0001.",
        b"invalid x-api-key sk-ant-api03-AbC_dEf",
        b"Authorization: Bearer abcdef0123456789",
        b"no such key: gsk_0123456789abcdef",
        b"API key not valid: AIzaSyA0123456789abcdefghijklmnopqrstuvw.",
        b"the token eyJ0eXAiOiJKV1QiLCJhbGciOiJSUzI1NiJ9.eyJhdWQiOiJhYmNkIn0.abcd-0123 is over",
        b"ya29.c.abcd0123_AbC_ is no token",
    ],
)
def test_what_looks_like_a_key_is_taken_out_though_it_is_not_ours(said: bytes) -> None:
    shown = scrub(said, [])
    assert MASK in shown
    assert not any(part in shown for part in (b"abcd", b"0001", b"AbC_", b"0123"))


def test_of_a_secret_that_is_a_document_its_secret_fields_are_taken_out_and_its_names_stay() -> None:
    key = "-----BEGIN PRIVATE KEY-----\nMIIEvQ/abc+==\n-----END PRIVATE KEY-----\n"
    document = json.dumps(
        {"client_email": "chat@project-of-ours.example", "client_secret": "u8Q~VeryLongAndSecret", "private_key": key}
    )
    said = json.dumps({"error": f"no chat@project-of-ours.example, u8Q~VeryLongAndSecret, {key}", "raw": document})
    shown = scrub(said.encode(), [document])
    assert b"chat@project-of-ours.example" in shown
    assert b"VeryLongAndSecret" not in shown
    assert b"MIIEvQ" not in shown


def test_other_words_stay() -> None:
    said = b'{"error":{"message":"The model `gpt-5` does not exist; the key topic is ask-me."}}'
    assert scrub(said, ["sk-1234567890"]) == said
