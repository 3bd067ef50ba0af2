"""A provider as an operator defines it: an account or endpoint at a vendor."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class ProviderDefinition:
    """`keys` are references such as `env:OPENAI_API_KEY`; the vendor's own URL serves where `base_url` is empty."""

    organization: str
    id: str
    vendor: str
    base_url: str
    keys: tuple[str, ...]
