"""Edits of a configuration: what is refused, and that what is kept always holds together."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from resilience.errors import Failure, Reason
from services.config.domain.configuration import Configuration
from services.config.domain.names import KEY, PROJECT, is_id
from services.config.domain.price import Price
from services.config.domain.resource import Resource
from tests.unit.config.strategies import configurations


@given(configurations(), st.data())
def test_after_a_deletion_nothing_names_what_is_gone(configuration: Configuration, data: st.DataObject) -> None:
    name = data.draw(st.sampled_from(sorted(configuration.resources)))
    kind = type(configuration.resources[name])
    users = [one for one in configuration.resources.values() if not isinstance(one, Price) and name in names_of(one)]
    if users:
        with pytest.raises(Failure) as refused:
            configuration.deleted(kind, name)
        assert refused.value.reason is Reason.IN_USE
        assert refused.value.detail["used_by"] in {one.name for one in users}
        return
    left = configuration.deleted(kind, name)
    assert name not in left.resources
    for resource in left.resources.values():
        left.check(resource)


def names_of(resource: Resource) -> set[str]:
    return {reference.name for reference in resource.references}


@given(configurations())
def test_what_is_there_is_not_created_again_and_is_updated_by_itself(configuration: Configuration) -> None:
    for resource in configuration.resources.values():
        with pytest.raises(Failure) as refused:
            configuration.created(resource)
        assert refused.value.reason is Reason.ALREADY_EXISTS
        assert configuration.updated(resource) == configuration


@given(configurations())
def test_nothing_is_created_without_its_owner(configuration: Configuration) -> None:
    for resource in configuration.resources.values():
        if resource.owner is not None:
            with pytest.raises(Failure) as refused:
                Configuration().created(resource)
            assert refused.value.reason in {Reason.NOT_FOUND, Reason.INVALID_REQUEST}


@given(st.text(max_size=70))
def test_an_id_is_lower_case_letters_digits_and_inner_hyphens(text: str) -> None:
    allowed = set("abcdefghijklmnopqrstuvwxyz0123456789-")
    right = 0 < len(text) <= 63 and set(text) <= allowed and not text.startswith("-") and not text.endswith("-")
    assert is_id(text) == right


@given(st.from_regex(r"[a-z0-9]{1,9}", fullmatch=True), st.from_regex(r"[a-z0-9]{1,9}", fullmatch=True))
def test_a_name_is_made_of_its_ids_and_gives_them_back(organization: str, project: str) -> None:
    name = PROJECT.name(organization, project)
    assert PROJECT.ids(name) == (organization, project)
    for wrong in (f"{name}/", f"/{name}", f"{name}/keys/a", name.upper(), name.replace("projects", "models")):
        with pytest.raises(Failure) as refused:
            PROJECT.ids(wrong)
        assert refused.value.reason is Reason.INVALID_REQUEST
    with pytest.raises(Failure):
        KEY.ids(name)
