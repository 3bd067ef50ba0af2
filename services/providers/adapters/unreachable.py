"""Why a vendor could not be reached, in a few words of ours: a library's own may hold the URL, and what is in it."""

from pyqwest import ConnectTimeout

_AFTER = "client error (Connect)"
"""What comes after this in a message is of the cause alone, and no part of the URL."""

CAUSES = (
    ("dns error", "its name could not be resolved"),
    ("connection refused", "connection refused"),
    ("connection reset", "connection reset"),
    ("no route to host", "there is no route to it"),
    ("network is unreachable", "there is no route to it"),
    ("certificate", "its TLS certificate is not valid"),
    ("tunnel", "the proxy refused"),
    ("proxy", "the proxy refused"),
    ("handshake", "the TLS handshake failed"),
    ("corrupt message", "the TLS handshake failed"),
    ("received fatal alert", "the TLS handshake failed"),
    ("tls", "the TLS handshake failed"),
)
"""By what reqwest says in the chain of its errors, the more telling first: pyqwest gives all of them one type."""


def cause_of(error: ConnectionError) -> str:
    """Such as `connection refused`; empty where the error does not tell."""
    if isinstance(error, ConnectTimeout):
        return "it did not accept a connection in time"
    _, marker, said = str(error).rpartition(_AFTER)
    said = said.lower()
    return next((cause for told, cause in CAUSES if told in said), "") if marker else ""
