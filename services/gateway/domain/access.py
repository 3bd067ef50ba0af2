"""Who may call what: each RPC that the door offers with the least role that may call it."""

from collections.abc import Mapping
from types import MappingProxyType

from chassis.principal import Principal, Role
from resilience.errors import Failure, Reason

CALLS_MODELS = Role.DEVELOPER
"""The least role that may ask a model."""

_CONFIG = "seawall.config.v1.ConfigService"
_MONITOR = "seawall.monitor.v1.MonitorService"
_ALERTS = "seawall.alerts.v1.AlertService"

LEAST_ROLE: Mapping[str, Role] = MappingProxyType(
    {
        # Reading shows no secret: keys and providers come without theirs.
        f"{_CONFIG}/GetOrganization": Role.VIEWER,
        f"{_CONFIG}/ListProjects": Role.VIEWER,
        f"{_CONFIG}/GetProject": Role.VIEWER,
        f"{_CONFIG}/ListKeys": Role.VIEWER,
        f"{_CONFIG}/ListProviders": Role.VIEWER,
        f"{_CONFIG}/GetProvider": Role.VIEWER,
        f"{_CONFIG}/ListModels": Role.VIEWER,
        f"{_CONFIG}/GetModel": Role.VIEWER,
        f"{_CONFIG}/ListPrices": Role.VIEWER,
        f"{_CONFIG}/ListCataloguePrices": Role.VIEWER,
        f"{_MONITOR}/QueryUsage": Role.VIEWER,
        f"{_MONITOR}/ListTargetHealth": Role.VIEWER,
        f"{_MONITOR}/ListRequests": Role.VIEWER,
        f"{_MONITOR}/GetRequest": Role.VIEWER,
        f"{_MONITOR}/ExplainRequest": Role.VIEWER,
        f"{_ALERTS}/ListAlerts": Role.VIEWER,
        f"{_ALERTS}/GetAlert": Role.VIEWER,
        f"{_ALERTS}/ListReceivers": Role.VIEWER,
        f"{_ALERTS}/ListDeliveries": Role.VIEWER,
        # Handling what happens.
        f"{_ALERTS}/AcknowledgeAlert": Role.MANAGER,
        f"{_ALERTS}/ResolveAlert": Role.MANAGER,
        f"{_ALERTS}/CreateReceiver": Role.MANAGER,
        f"{_ALERTS}/UpdateReceiver": Role.MANAGER,
        f"{_ALERTS}/DeleteReceiver": Role.MANAGER,
        f"{_ALERTS}/TestReceiver": Role.MANAGER,
        f"{_ALERTS}/RetryDelivery": Role.MANAGER,
        f"{_ALERTS}/ApplyManifest": Role.MANAGER,
        # Changing what is set, and seeing who changed it.
        f"{_CONFIG}/CreateProject": Role.ADMIN,
        f"{_CONFIG}/UpdateProject": Role.ADMIN,
        f"{_CONFIG}/DeleteProject": Role.ADMIN,
        f"{_CONFIG}/CreateKey": Role.ADMIN,
        f"{_CONFIG}/RevokeKey": Role.ADMIN,
        f"{_CONFIG}/CreateProvider": Role.ADMIN,
        f"{_CONFIG}/UpdateProvider": Role.ADMIN,
        f"{_CONFIG}/DeleteProvider": Role.ADMIN,
        f"{_CONFIG}/CreateModel": Role.ADMIN,
        f"{_CONFIG}/UpdateModel": Role.ADMIN,
        f"{_CONFIG}/DeleteModel": Role.ADMIN,
        f"{_CONFIG}/SetPrice": Role.ADMIN,
        f"{_CONFIG}/ApplyManifest": Role.ADMIN,
        f"{_CONFIG}/ListAuditRecords": Role.ADMIN,
    }
)
"""Full RPC name → least role. What is not listed here is offered to nobody."""


def check_rpc(principal: Principal, rpc: str, least_role: Mapping[str, Role] = LEAST_ROLE) -> None:
    """Raise Failure(PERMISSION_DENIED) unless `principal` may call `rpc`, a full name."""
    least = least_role.get(rpc)
    if least is None or principal.role < least:
        raise _denied(principal, rpc, least)


def check_calls_models(principal: Principal) -> None:
    """Raise Failure(PERMISSION_DENIED) unless `principal` may ask models."""
    if principal.role < CALLS_MODELS:
        raise _denied(principal, "models", CALLS_MODELS)


def _denied(principal: Principal, what: str, least: Role | None) -> Failure:
    needed = f"; it takes {least.name.lower()} or above" if least else ""
    return Failure(
        Reason.PERMISSION_DENIED,
        f"A {principal.role.name.lower()} key may not call {what}{needed}.",
        detail={"rpc": what, "role": principal.role.name.lower()},
    )
