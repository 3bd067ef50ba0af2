"""The snapshot that config sends, as the gateway's own values."""

from services.gateway.adapters.configuration.current import CurrentConfiguration

__all__ = ["CurrentConfiguration"]
