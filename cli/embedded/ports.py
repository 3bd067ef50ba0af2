"""Ports of this machine."""

import errno
import itertools
import random
import socket
from collections.abc import Sequence

from cli.problem import Problem

HOST = "127.0.0.1"
LAST_PORT = 65_535
DEFAULT_RANGE = "15000-32000"
"""Below the ports that systems give to outgoing connections: who keeps connecting to a service that restarts could be
given that very port as its own, be connected with itself, and so keep the service from coming back."""
_TRIES = 500


def port_range(text: str) -> range:
    """The ports of `LOWEST-HIGHEST`. Raises Problem."""
    lowest, _, highest = text.partition("-")
    if not (lowest.isdigit() and highest.isdigit() and 0 < int(lowest) <= int(highest) <= LAST_PORT):
        raise Problem("bad_port_range", f"{text!r} is not a range of ports.", hint=f"Write it as {DEFAULT_RANGE}.")
    return range(int(lowest), int(highest) + 1)


def free_ports(count: int, among: Sequence[int]) -> list[int]:
    """So many different ports that nobody listens on now."""
    free = (port for port in random.sample(among, min(_TRIES, len(among))) if is_free(port))
    found = list(itertools.islice(free, count))
    if len(found) < count:
        raise Problem("no_free_port", f"There are no {count} free ports from {min(among)} to {max(among)}.")
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
