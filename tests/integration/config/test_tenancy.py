"""Every RPC, made from the descriptors: another organization's names are not found, and nobody is told anything."""

from collections.abc import Iterator
from typing import Any

import pytest
from google.protobuf.descriptor import FieldDescriptor, MethodDescriptor

from chassis.principal import Principal, Role
from resilience.errors import Reason
from seawall.config.v1 import config_pb2 as api
from tests.integration.config.running import Config

EVERYBODYS = {"ListCataloguePrices"}
"""What is no organization's: list prices."""
METHODS = [
    method for method in api.DESCRIPTOR.services_by_name["ConfigService"].methods if method.name not in EVERYBODYS
]
IDS = {
    "Project": "projects/shop",
    "Key": "projects/shop/keys/ci",
    "Provider": "providers/local",
    "Model": "models/chat",
}


def request_about(method: MethodDescriptor, organization: str) -> Any:
    """A request about what `organization` has."""
    request = getattr(api, method.input_type.name)()
    noun = next((noun for noun in IDS if method.name.endswith(noun)), "")
    for field, message in named(request):
        match field.name:
            case "parent":
                message.parent = f"organizations/{organization}{'/projects/shop' if 'Key' in method.name else ''}"
            case "name":
                message.name = "/".join(filter(None, [f"organizations/{organization}", IDS.get(noun)]))
            case _ if field.name.endswith("_id"):
                setattr(message, field.name, "new")
    return request


def named(message: Any) -> Iterator[tuple[FieldDescriptor, Any]]:
    """The fields of `message`, and of what it changes."""
    for field in message.DESCRIPTOR.fields:
        yield field, message
        is_update = message.DESCRIPTOR.name.startswith("Update")
        if is_update and field.message_type is not None and "name" in field.message_type.fields_by_name:
            yield from named(getattr(message, field.name))


@pytest.mark.parametrize("method", METHODS, ids=lambda method: method.name)
async def test_another_organization_has_nothing_to_be_found(acme_and_other: Config, method: MethodDescriptor) -> None:
    config = acme_and_other
    version = await config.version()
    owner = Principal("other", "shop", "owner", Role.OWNER)
    for organization in ("acme", "nobody"):
        failure = await config.refused(method.name, request_about(method, organization), key=owner)
        assert failure.reason is Reason.NOT_FOUND
    nobody = await config.reason(method.name, request_about(method, "acme"), key=None)
    assert nobody is Reason.UNAUTHENTICATED
    assert await config.version() == version


async def test_each_organization_sees_its_own_only(acme_and_other: Config) -> None:
    for organization in ("acme", "other"):
        key = Principal(organization, "shop", "owner", Role.OWNER)
        for noun, field in (("Projects", "projects"), ("Providers", "providers"), ("Models", "models")):
            request = getattr(api, f"List{noun}Request")(parent="organizations/-")
            listed = getattr(await acme_and_other.call(f"List{noun}", request, key=key), field)
            assert {item.name.split("/")[1] for item in listed} == {organization}
        request = api.ListAuditRecordsRequest(parent="organizations/-")
        records = (await acme_and_other.call("ListAuditRecords", request, key=key)).records
        assert {record.resource.split("/")[1] for record in records} == {organization}
