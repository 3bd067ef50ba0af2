"""What of a route has no column of its own: kept as one JSON document, without what is as everybody has it."""

from typing import Any

from pydantic import TypeAdapter

from services.config.domain.route import Route

_ROUTES = TypeAdapter(Route)
_COLUMNS: dict[str, Any] = {
    "strategy": True,
    "targets": {"__all__": {"provider", "model"}},
    "policy": {"timeout", "first_token_timeout", "retries"},
}


def rest_of(route: Route) -> dict[str, Any]:
    """The document: by the names of the domain's fields, `targets` as many as the route's."""
    rest: dict[str, Any] = _ROUTES.dump_python(route, mode="json", exclude=_COLUMNS, exclude_defaults=True)
    return rest


def with_rest(route: Route, rest: dict[str, Any] | None) -> Route:
    """`route`, which was made of the columns, with its document; rows that are older than it have none."""
    if not rest:
        return route
    columns = _ROUTES.dump_python(route)
    targets = [named | more for named, more in zip(columns["targets"], rest["targets"], strict=True)]
    policy = columns["policy"] | rest.get("policy", {})
    return _ROUTES.validate_python(columns | rest | {"targets": targets, "policy": policy})
