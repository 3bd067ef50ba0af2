"""Loopback ports for servers that must come back on the port they had."""

import random
import socket

# Below the range that systems take the ports of outgoing connections from. Inside it, a client that keeps connecting to
# a stopped server is in time given that very port as its own, connects to itself, and the server cannot come back.
LOWEST, HIGHEST = 15_000, 32_000


def free_port() -> int:
    """A port of 127.0.0.1 that nothing listens on now."""
    for port in random.sample(range(LOWEST, HIGHEST), 100):
        with socket.socket() as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind(("127.0.0.1", port))
            except OSError:
                continue
            return port
    raise RuntimeError(f"none of 100 ports tried between {LOWEST} and {HIGHEST} is free")
