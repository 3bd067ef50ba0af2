"""What is wanted once a manifest has spoken."""

from dataclasses import replace
from datetime import timedelta

from hypothesis import given

from chassis.principal import Role
from services.config.domain.changes import plan_changes
from services.config.domain.configuration import Configuration
from services.config.domain.declaration import Declaration, Declared, DeclaredKey
from services.config.domain.key import Key, Origin, Secret
from services.config.domain.organization import Organization
from services.config.domain.project import Project
from tests.unit.config.strategies import NOW, configurations

LATER = NOW + timedelta(days=7)


def declared(configuration: Configuration) -> Declaration:
    """A manifest that says what is in `configuration`, with the keys of its own making."""
    return Declaration(
        "acme",
        tuple(
            Declared(name, resource)
            for name, resource in configuration.resources.items()
            if not isinstance(resource, Key)
        ),
        tuple(
            DeclaredKey(key.name, key.name, key.role, key.secret, key.expire_time)
            for key in configuration.each(Key)
            if key.origin is Origin.MANIFEST
        ),
    )


@given(configurations(), configurations())
def test_a_manifest_applied_twice_changes_nothing_more(current: Configuration, said: Configuration) -> None:
    declaration = declared(said)
    once = declaration.wanted(current, NOW)
    assert plan_changes(once, declaration.wanted(once, LATER)) == ()


@given(configurations(), configurations())
def test_everything_but_keys_is_exactly_as_declared(current: Configuration, said: Configuration) -> None:
    wanted = declared(said).wanted(current, NOW)
    assert {name: one for name, one in wanted.resources.items() if not isinstance(one, Key)} == {
        name: one for name, one in said.resources.items() if not isinstance(one, Key)
    }


@given(configurations(), configurations())
def test_keys_of_others_stay_and_keys_no_longer_declared_serve_no_more(
    current: Configuration, said: Configuration
) -> None:
    declaration = declared(said)
    wanted = declaration.wanted(current, LATER)
    names = {key.name for key in declaration.keys}
    moved = {key.secret.digest for key in declaration.keys}
    for key in current.each(Key):
        if key.owner not in said.resources:
            assert key.name not in wanted.resources
        elif key.name not in names:
            stays = key.origin is Origin.RPC or key.revoke_time is not None
            left = None if key.secret.digest in moved else replace(key, revoke_time=LATER)
            assert wanted.resources.get(key.name) == (key if stays else left)


def test_a_revoked_key_needs_another_secret_to_serve_again() -> None:
    project = "organizations/acme/projects/shop"
    old, new = Secret("sw_old", b"o" * 32), Secret("sw_new", b"n" * 32)
    revoked = Key(f"{project}/keys/ci", Role.DEVELOPER, old, Origin.MANIFEST, NOW, revoke_time=NOW)
    said = _shop()
    same = replace(said, keys=(DeclaredKey("k", revoked.name, Role.ADMIN, old, None),))
    other = replace(said, keys=(DeclaredKey("k", revoked.name, Role.ADMIN, new, None),))
    current = Configuration.of([*(one.resource for one in said.resources), revoked])
    assert same.wanted(current, LATER).get(Key, revoked.name) == replace(revoked, role=Role.ADMIN)
    fresh = other.wanted(current, LATER).get(Key, revoked.name)
    assert (fresh.revoke_time, fresh.create_time, fresh.secret) == (None, LATER, new)


def _shop() -> Declaration:
    return Declaration(
        "acme",
        (
            Declared("organization", Organization("organizations/acme")),
            Declared("projects[0]", Project("organizations/acme/projects/shop")),
        ),
        (),
    )
