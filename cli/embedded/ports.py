"""Ports of this machine."""

import errno
import itertools
import random
import socket
from collections.abc import Sequence

from cli.problem import Problem

HOST = "127.0.0.1"
_LOWEST, _HIGHEST = 15_000, 32_000
_TRIES = 500


def free_ports(count: int) -> list[int]:
    """So many different ports that nobody listens on now, below those that systems give to outgoing connections.

    Of those, one could be taken before it is listened on; and who keeps connecting to a service that restarts could
    be given that very port as its own, be connected with itself, and so keep the service from coming back.
    """
    free = (port for port in random.sample(range(_LOWEST, _HIGHEST), _TRIES) if is_free(port))
    found = list(itertools.islice(free, count))
    if len(found) < count:
        raise Problem("no_free_port", f"There are no {count} free ports from {_LOWEST} to {_HIGHEST}.")
    return found


def is_free(port: int) -> bool:
    """Whether somebody could listen on `port` now."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((HOST, port))
        except OSError as error:
            if error.errno in {errno.EADDRINUSE, errno.EACCES}:
                return False
            raise
    return True


def require_free(ports: Sequence[tuple[str, int]]) -> None:
    """Raise Problem for the first (option, port) that is taken."""
    for option, port in ports:
        if not is_free(port):
            raise Problem(
                "port_taken", f"Port {port} is taken.", hint=f"Give another with {option}; 0 takes a free one."
            )
