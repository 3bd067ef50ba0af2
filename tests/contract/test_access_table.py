"""The role table and the proto files say the same: every RPC of the door is listed, and nothing else is."""

import pytest

from chassis.principal import Principal, Role
from resilience.errors import Failure, Reason
from services.gateway.domain.access import CALLS_MODELS, LEAST_ROLE, check_calls_models, check_rpc
from services.gateway.entrypoints.door import ALERTS, CONFIG, MONITOR

RPCS = sorted(
    f"{service.full_name}/{method.name}" for service in (CONFIG, MONITOR, ALERTS) for method in service.methods
)
READS = ("Get", "List", "Query", "Explain")


def principal(role: Role) -> Principal:
    return Principal("acme", "shop", "ci", role)


def test_every_rpc_is_listed_and_nothing_else() -> None:
    assert sorted(LEAST_ROLE) == RPCS


@pytest.mark.parametrize("rpc", RPCS)
@pytest.mark.parametrize("role", Role)
def test_each_role_may_call_what_the_table_gives_it(role: Role, rpc: str) -> None:
    if role >= LEAST_ROLE[rpc]:
        check_rpc(principal(role), rpc)
        return
    with pytest.raises(Failure) as refused:
        check_rpc(principal(role), rpc)
    assert refused.value.reason is Reason.PERMISSION_DENIED


@pytest.mark.parametrize("rpc", RPCS)
def test_viewers_and_developers_change_nothing(rpc: str) -> None:
    changes = not rpc.split("/")[1].startswith(READS)
    assert (LEAST_ROLE[rpc] > Role.DEVELOPER) >= changes


@pytest.mark.parametrize("rpc", [rpc for rpc in RPCS if rpc.startswith(CONFIG.full_name)])
def test_only_admins_and_owners_change_what_is_set(rpc: str) -> None:
    changes = not rpc.split("/")[1].startswith(READS)
    assert (LEAST_ROLE[rpc] >= Role.ADMIN) >= changes


def test_who_changed_what_is_for_admins() -> None:
    assert LEAST_ROLE[f"{CONFIG.full_name}/ListAuditRecords"] is Role.ADMIN


@pytest.mark.parametrize(
    "rpc", ["seawall.config.v1.SnapshotService/GetSnapshot", "seawall.config.v1.ConfigService/New"]
)
def test_an_unlisted_rpc_is_nobodys(rpc: str) -> None:
    with pytest.raises(Failure):
        check_rpc(principal(Role.OWNER), rpc)


@pytest.mark.parametrize("role", Role)
def test_developers_and_above_call_models(role: Role) -> None:
    assert CALLS_MODELS is Role.DEVELOPER
    if role >= Role.DEVELOPER:
        check_calls_models(principal(role))
        return
    with pytest.raises(Failure):
        check_calls_models(principal(role))
