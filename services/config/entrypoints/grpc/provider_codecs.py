"""Providers between protobuf and the domain."""

from seawall.config.v1 import resources_pb2 as pb
from services.config.domain.connection import Connection, Header
from services.config.domain.faults import invalid
from services.config.domain.provider import Provider, WeightedKey


def decode_provider(message: pb.Provider, name: str) -> Provider:
    """The provider called `name` that `message` describes. Raises Failure(INVALID_REQUEST)."""
    return Provider(
        name,
        message.vendor,
        message.base_url,
        _decode_keys(message),
        region=message.region,
        cloud_project=message.cloud_project,
        api_version=message.api_version,
        sdk_vendor=message.sdk_vendor,
        connection=Connection(
            message.proxy, message.ca, tuple(Header(header.name, header.value) for header in message.headers)
        ),
    )


def encode_provider(provider: Provider) -> pb.Provider:
    """As the API shows it."""
    return pb.Provider(
        name=provider.name,
        vendor=provider.vendor,
        base_url=provider.base_url,
        keys=[key.reference for key in provider.keys],
        key_weights=provider.key_weights,
        region=provider.region,
        cloud_project=provider.cloud_project,
        api_version=provider.api_version,
        sdk_vendor=provider.sdk_vendor,
        proxy=provider.connection.proxy,
        ca=provider.connection.ca,
        headers=[pb.Header(name=header.name, value=header.value) for header in provider.connection.headers],
    )


def _decode_keys(message: pb.Provider) -> tuple[WeightedKey, ...]:
    if not message.key_weights:
        return tuple(map(WeightedKey, message.keys))
    if len(message.key_weights) != len(message.keys):
        raise invalid("key_weights", "must be as many as keys, or none")
    return tuple(map(WeightedKey, message.keys, message.key_weights))
