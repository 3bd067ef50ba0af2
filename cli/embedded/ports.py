"""Ports of this machine."""

import errno
import socket
from collections.abc import Sequence

from cli.problem import Problem

HOST = "127.0.0.1"


def free_ports(count: int) -> list[int]:
    """So many different ports that nobody listens on now."""
    sockets = [socket.socket() for _ in range(count)]
    try:
        for each in sockets:
            each.bind((HOST, 0))
        return [each.getsockname()[1] for each in sockets]
    finally:
        for each in sockets:
            each.close()


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
