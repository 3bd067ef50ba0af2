"""When a receiver is disabled, and what it may be set to."""

from datetime import timedelta

import pytest

from resilience.errors import Failure
from services.alerts.domain.plan import plan
from services.alerts.domain.receiver import DISABLE_AFTER, Format, Origin, ReceiverSettings, check_receiver_id
from tests.unit.alerts.values import HOOK, T0, receiver


def test_a_receiver_is_disabled_once_it_failed_for_five_days() -> None:
    one = receiver().failed(T0, gone=False)
    one = one.failed(T0 + timedelta(days=5, seconds=-1), gone=False)
    assert not one.disabled
    assert one.failed(T0 + timedelta(days=5), gone=False).disabled


def test_one_success_begins_the_five_days_anew() -> None:
    one = receiver().failed(T0, gone=False).succeeded()
    one = one.failed(T0 + timedelta(days=4), gone=False)
    assert not one.failed(T0 + DISABLE_AFTER + timedelta(hours=1), gone=False).disabled


def test_a_receiver_that_is_gone_is_disabled_at_once() -> None:
    assert receiver().failed(T0, gone=True).disabled


def test_a_late_success_does_not_put_a_disabled_receiver_in_force() -> None:
    assert receiver().failed(T0, gone=True).succeeded().disabled


def test_new_settings_put_a_disabled_receiver_in_force() -> None:
    again = receiver().failed(T0, gone=True).replaced(HOOK, Origin.RPC)
    assert (again.disabled, again.failing_since) == (False, None)


@pytest.mark.parametrize(
    ("kind", "url", "secret", "field"),
    [
        (Format.WEBHOOK, "", "env:S", "url"),
        (Format.WEBHOOK, "https://x", "", "secret"),
        (Format.WEBHOOK, "https://x", "whsec_c2VjcmV0", "secret"),
        (Format.SLACK, "https://x", "env:S", "secret"),
    ],
)
def test_settings_that_cannot_work_are_refused_without_repeating_a_secret(
    kind: Format, url: str, secret: str, field: str
) -> None:
    with pytest.raises(Failure) as failure:
        ReceiverSettings(kind, url, secret)
    assert failure.value.detail["field"] == field
    assert "whsec_c2V" not in failure.value.message


@pytest.mark.parametrize("wrong", ["", "-a", "a-", "A", "a_b", "a" * 64, "a/b"])
def test_a_receiver_id_that_cannot_be_one_is_refused(wrong: str) -> None:
    with pytest.raises(Failure):
        check_receiver_id(wrong)


def test_a_manifest_leaves_receivers_of_rpcs_alone_and_removes_its_own() -> None:
    made_by_rpc, old, kept = (
        receiver("rpc"),
        receiver("old", origin=Origin.MANIFEST),
        receiver("b", origin=Origin.MANIFEST),
    )
    changes = plan("acme", [made_by_rpc, old, kept], {"b": HOOK, "a": HOOK}, T0)
    assert [one.id for one in changes.create] == ["a"]
    assert changes.update == ()
    assert [one.id for one in changes.delete] == ["old"]


def test_a_manifest_takes_over_a_receiver_of_the_same_id() -> None:
    (updated,) = plan("acme", [receiver("a")], {"a": HOOK}, T0).update
    assert updated.origin is Origin.MANIFEST


def test_the_same_manifest_again_changes_nothing() -> None:
    created = plan("acme", [], {"a": HOOK, "b": HOOK}, T0).create
    again = plan("acme", created, {"a": HOOK, "b": HOOK}, T0)
    assert (again.create, again.update, again.delete) == ((), (), ())
