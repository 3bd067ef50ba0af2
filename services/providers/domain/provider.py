"""A provider as an operator defines it: an account or endpoint at a vendor."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class WeightedKey:
    """A reference such as `env:OPENAI_API_KEY`, and how many calls it gets relative to the provider's others."""

    reference: str
    weight: int = 1


@dataclass(frozen=True, slots=True)
class Connection:
    """How a provider's calls travel. Each may be a reference, and is empty where nothing is special.

    `proxy`: URL of an HTTP proxy. `ca`: PEM of authorities that are trusted beside the system's. `headers`: name and
    value of what is sent with every call.
    """

    proxy: str = ""
    ca: str = ""
    headers: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True)
class ProviderDefinition:
    """The vendor's own URL serves where `base_url` is empty.

    `region`, `cloud_project`, `api_version` and `sdk_vendor` (whom an SDK asks) mean something to the vendors that have
    such, and are empty elsewhere.
    """

    organization: str
    id: str
    vendor: str
    base_url: str
    keys: tuple[WeightedKey, ...]
    region: str = ""
    cloud_project: str = ""
    api_version: str = ""
    sdk_vendor: str = ""
    connection: Connection = Connection()
