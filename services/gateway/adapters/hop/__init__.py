"""The hop: the way to the providers service, over connections that carry many calls at a time."""

from services.gateway.adapters.hop.dial import DialByToken
from services.gateway.adapters.hop.hop import ProvidersHop

__all__ = ["DialByToken", "ProvidersHop"]
