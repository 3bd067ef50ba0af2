"""Why a vendor could not be reached, in a few words of ours: a library's own may hold the URL, and what is in it."""

import errno
import ssl
from socket import gaierror


class NotConnectedError(Exception):
    """No connection could be made, so no byte of a request was sent. `why`: such as `connection refused`."""

    def __init__(self, why: str) -> None:
        super().__init__(why)
        self.why = why


LATE = "it did not accept a connection in time"
PROXY_REFUSED = "the proxy refused"
NO_HANDSHAKE = "the TLS handshake failed"

_BY_NUMBER = {
    errno.ECONNREFUSED: "connection refused",
    errno.ECONNRESET: "connection reset",
    errno.EHOSTUNREACH: "there is no route to it",
    errno.ENETUNREACH: "there is no route to it",
    errno.EADDRNOTAVAIL: "there is no route to it",
    errno.ETIMEDOUT: LATE,
    errno.EMFILE: "this process has no more files to open",
}


def cause_of(error: OSError) -> str:
    """Of one that connecting ended with; empty where it does not tell."""
    if isinstance(error, ssl.SSLCertVerificationError):
        return "its TLS certificate is not valid"
    if isinstance(error, ssl.SSLError):
        return NO_HANDSHAKE
    if isinstance(error, gaierror):
        return "its name could not be resolved"
    return _BY_NUMBER.get(error.errno or 0, "")
