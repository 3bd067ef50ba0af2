"""A provider's credentials, taken in turn."""

from services.providers.domain.key_pool import Credential, KeyPool

A, B = Credential("env:A", "sk-a"), Credential("env:B", "sk-b")


def test_credentials_take_turns() -> None:
    pool = KeyPool([A, B])
    assert [pool.take() for _ in range(4)] == [A, B, A, B]


def test_another_than_the_refused_one_is_given_if_there_is_one() -> None:
    assert KeyPool([A, B]).take(refused=A) == B
    assert KeyPool([A]).take(refused=A) is None
    assert KeyPool([]).take() is None


def test_a_credential_does_not_print_its_secret() -> None:
    assert "sk-a" not in repr(A)
