"""The difference between what is set and what is wanted."""

from collections.abc import Iterable
from dataclasses import replace

import pytest
from hypothesis import given

from chassis.principal import Role
from events.config import Action
from resilience.errors import Failure, Reason
from services.config.domain.changes import KINDS, Change, check_rank, plan_changes
from services.config.domain.configuration import Configuration
from services.config.domain.key import Key, Origin, Secret
from services.config.domain.resource import Resource
from tests.unit.config.strategies import NOW, configurations

KEY = Key("organizations/acme/projects/shop/keys/ci", Role.ADMIN, Secret("sw_", b"x" * 32), Origin.RPC, NOW)


def applied(current: Configuration, changes: Iterable[Change]) -> Configuration:
    resources = dict(current.resources)
    for change in changes:
        assert resources.get(change.resource) == change.before
        resources.pop(change.resource, None)
        if change.after is not None:
            resources[change.resource] = change.after
    return Configuration(resources)


@given(configurations(), configurations())
def test_the_changes_make_what_is_wanted_of_what_is_set(current: Configuration, wanted: Configuration) -> None:
    changes = plan_changes(current, wanted)
    assert applied(current, changes) == wanted
    assert len({change.resource for change in changes}) == len(changes)
    assert plan_changes(applied(current, changes), wanted) == ()


@given(configurations())
def test_nothing_is_to_be_done_where_all_is_as_wanted(configuration: Configuration) -> None:
    same = Configuration(dict(reversed(list(configuration.resources.items()))))
    assert plan_changes(configuration, same) == ()


@given(configurations(), configurations())
def test_what_is_used_is_there_before_what_uses_it_and_goes_after_it(
    current: Configuration, wanted: Configuration
) -> None:
    changes = plan_changes(current, wanted)
    deleted = [change.action is Action.DELETE for change in changes]
    assert deleted == sorted(deleted, reverse=True)
    kinds = [KINDS.index(type(_resource(change))) for change in changes]
    count = sum(deleted)
    assert kinds[:count] == sorted(kinds[:count], reverse=True)
    assert kinds[count:] == sorted(kinds[count:])


def test_each_change_has_its_action() -> None:
    revoked = replace(KEY, revoke_time=NOW)
    assert Change(None, KEY).action is Action.CREATE
    assert Change(KEY, None).action is Action.DELETE
    assert Change(KEY, replace(KEY, role=Role.OWNER)).action is Action.UPDATE
    assert Change(KEY, revoked).action is Action.REVOKE
    assert Change(revoked, replace(revoked, role=Role.OWNER)).action is Action.UPDATE


@pytest.mark.parametrize("role", Role)
def test_a_key_is_changed_by_its_equals_only(role: Role) -> None:
    for change in (
        Change(None, KEY),
        Change(KEY, None),
        Change(KEY, replace(KEY, role=Role.VIEWER)),
        Change(replace(KEY, role=Role.VIEWER), KEY),
    ):
        if role >= KEY.role:
            check_rank([change], role)
        else:
            with pytest.raises(Failure) as refused:
                check_rank([change], role)
            assert refused.value.reason is Reason.PERMISSION_DENIED


def _resource(change: Change) -> Resource:
    resource = change.after or change.before
    assert resource is not None
    return resource
