"""The hop: the way to the providers service, over streams that carry many calls at a time."""

from services.gateway.adapters.hop.hop import ProvidersHop

__all__ = ["ProvidersHop"]
