"""Whose certificates are taken for valid: the system's authorities, and a provider's own beside them."""

import ssl
from weakref import WeakValueDictionary


class Authorities:
    """What was read once is not read again while a provider has it: the system's alone take 20 ms."""

    def __init__(self) -> None:
        self._contexts: WeakValueDictionary[str, ssl.SSLContext] = WeakValueDictionary()

    def trusting(self, pem: str) -> ssl.SSLContext:
        """The system's, and those in `pem`, which may be empty. Raises ValueError, which repeats nothing of it."""
        context = self._contexts.get(pem)
        if context is None:
            context = ssl.create_default_context()
            context.set_alpn_protocols(["http/1.1"])
            if pem:
                try:
                    context.load_verify_locations(cadata=pem)
                except (ssl.SSLError, ValueError):
                    raise ValueError("no certificates in PEM") from None
            self._contexts[pem] = context
        return context
