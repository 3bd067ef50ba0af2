"""Resource names as RPCs write them."""

from resilience.errors import Failure, Reason


def organization_of(parent: str) -> str:
    """The organization's id of `organizations/{id}`. Raises Failure."""
    return _split(parent, "organizations", what="parent")[0]


def child_of(name: str, collection: str) -> tuple[str, str]:
    """Organization and id of `organizations/{id}/{collection}/{id}`. Raises Failure."""
    organization, child = _split(name, "organizations", collection, what="name")
    return organization, child


def child(organization: str, collection: str, child_id: str) -> str:
    """The name that `child_of` takes apart."""
    return f"organizations/{organization}/{collection}/{child_id}"


def _split(name: str, *collections: str, what: str) -> list[str]:
    parts = name.split("/")
    ids = parts[1::2]
    if tuple(parts[::2]) != collections or len(parts) != 2 * len(collections) or not all(ids) or "\0" in name:
        wanted = "/".join(f"{collection}/{{id}}" for collection in collections)
        raise Failure(Reason.INVALID_REQUEST, f"{what} is not of the form {wanted}.", detail={"field": what})
    return ids
