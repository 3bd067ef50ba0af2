"""Configuration coming in: the providers of every organization in a snapshot."""

from collections.abc import Callable, Collection, Iterable, Iterator

from seawall.config.v1.resources_pb2 import Provider, Snapshot
from services.providers.domain.provider import Connection, ProviderDefinition, WeightedKey


def apply_snapshot(
    use: Callable[[Iterable[ProviderDefinition]], None], *, vendors: Collection[str]
) -> Callable[[Snapshot], None]:
    """A SnapshotFollower's `apply` that gives `use` the definitions, of these `vendors` where any are named."""

    def apply(snapshot: Snapshot) -> None:
        use(one for one in _definitions(snapshot) if not vendors or one.vendor in vendors)

    return apply


def _definitions(snapshot: Snapshot) -> Iterator[ProviderDefinition]:
    for organization in snapshot.organizations:
        for provider in organization.providers:
            yield _definition(provider)


def _definition(provider: Provider) -> ProviderDefinition:
    # The name is organizations/{id}/providers/{id}.
    _, organization, _, identifier = provider.name.split("/")
    weights = provider.key_weights or [1] * len(provider.keys)
    return ProviderDefinition(
        organization,
        identifier,
        provider.vendor,
        provider.base_url,
        tuple(map(WeightedKey, provider.keys, weights)),
        region=provider.region,
        cloud_project=provider.cloud_project,
        api_version=provider.api_version,
        sdk_vendor=provider.sdk_vendor,
        connection=Connection(
            provider.proxy, provider.ca, tuple((header.name, header.value) for header in provider.headers)
        ),
    )
