"""References to secrets: where they lead, and that what they lead to is never told."""

from pathlib import Path

import pytest

from chassis.secrets import Secrets, is_reference
from resilience.errors import Failure, Reason

VALUE = "s3cr3t-value"


def refusal(secrets: Secrets, reference: str) -> Failure:
    with pytest.raises(Failure) as caught:
        secrets.resolve(reference)
    assert caught.value.reason is Reason.INVALID_REQUEST
    assert not caught.value.retryable
    return caught.value


def test_variable_is_found() -> None:
    assert Secrets({"OPENAI_API_KEY": VALUE}).resolve("env:OPENAI_API_KEY") == VALUE


def test_environment_of_the_process_is_the_default(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SOME_TEST_SECRET", VALUE)
    assert Secrets().resolve("env:SOME_TEST_SECRET") == VALUE


def test_variable_that_is_not_set_is_named() -> None:
    failure = refusal(Secrets({}), "env:MISSING")
    assert failure.message == "The secret env:MISSING is not set in the environment."
    assert failure.detail == {"reference": "env:MISSING"}


@pytest.mark.parametrize("value", ["", " ", "\t \n"])
def test_empty_variable_is_no_secret(value: str) -> None:
    assert "is empty" in refusal(Secrets({"EMPTY": value}), "env:EMPTY").message


@pytest.mark.parametrize("name", ["SEAWALL_KEY_PEPPER", "SEAWALL_INTERNAL_TOKEN", "SEAWALL_DATABASE_URL"])
def test_own_secrets_of_seawall_are_not_given_out(name: str) -> None:
    failure = refusal(Secrets({name: VALUE}), f"env:{name}")
    assert "not given out" in failure.message
    assert VALUE not in failure.message


@pytest.mark.parametrize(
    "inline",
    [
        "sk-live-abc123",
        "",
        "env:",
        "env:sk-live-abc123",
        "ENV:NAME",
        "env: NAME",
        "env:NAME\n",
        "file:relative/abc123",
        "vault:secret/abc123",
        "https://abc123@example.com",
    ],
)
def test_inline_secret_is_refused_and_not_repeated(inline: str) -> None:
    assert not is_reference(inline)
    failure = refusal(Secrets({"NAME": VALUE}), inline)
    assert "env:NAME or file:/PATH" in failure.message
    assert "abc123" not in failure.message
    assert failure.detail == {}


def test_file_in_the_directory_is_read_without_its_last_newline(tmp_path: Path) -> None:
    (tmp_path / "key").write_text(f"{VALUE}\n")
    assert Secrets({}, directory=tmp_path).resolve(f"file:{tmp_path}/key") == VALUE


def test_file_that_was_replaced_is_read_anew(tmp_path: Path) -> None:
    secrets = Secrets({}, directory=tmp_path)
    (tmp_path / "key").write_text("old")
    assert secrets.resolve(f"file:{tmp_path}/key") == "old"
    (tmp_path / "key").write_text("new")
    assert secrets.resolve(f"file:{tmp_path}/key") == "new"


def test_link_within_the_directory_is_followed_as_kubernetes_makes_them(tmp_path: Path) -> None:
    (tmp_path / "..2026").mkdir()
    (tmp_path / "..2026" / "key").write_text(VALUE)
    (tmp_path / "key").symlink_to(tmp_path / "..2026" / "key")
    assert Secrets({}, directory=tmp_path).resolve(f"file:{tmp_path}/key") == VALUE


def test_file_outside_of_the_directory_is_refused(tmp_path: Path) -> None:
    inside = tmp_path / "secrets"
    inside.mkdir()
    (tmp_path / "outside").write_text(VALUE)
    (inside / "link").symlink_to(tmp_path / "outside")
    secrets = Secrets({}, directory=inside)
    for path in (tmp_path / "outside", inside / "link", f"{inside}/../outside"):
        assert "is not in the directory of secrets" in refusal(secrets, f"file:{path}").message


def test_file_without_a_directory_of_secrets_is_refused(tmp_path: Path) -> None:
    (tmp_path / "key").write_text(VALUE)
    assert "no directory of secrets is set" in refusal(Secrets({}), f"file:{tmp_path}/key").message


def test_what_cannot_be_a_secret_is_refused_with_its_cause(tmp_path: Path) -> None:
    (tmp_path / "binary").write_bytes(b"\xff\xfe")
    (tmp_path / "large").write_bytes(b"a" * (64 * 1024 + 1))
    (tmp_path / "directory").mkdir()
    (tmp_path / "blank").write_text("\n")
    secrets = Secrets({}, directory=tmp_path)
    for name, cause in {
        "binary": "is not text in UTF-8",
        "large": "is larger than 65536 bytes",
        "directory": "is not a file",
        "blank": "is empty",
        "missing": "cannot be read: No such file or directory",
    }.items():
        assert cause in refusal(secrets, f"file:{tmp_path}/{name}").message
