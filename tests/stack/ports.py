"""Loopback ports for servers that must come back on the port they had."""

import itertools
import os
import random
import socket

# Below the range that systems take the ports of outgoing connections from. Inside it, a client that keeps connecting to
# a stopped server is in time given that very port as its own, connects to itself, and the server cannot come back.
LOWEST, HIGHEST = 15_000, 32_000

# A port is free when it is looked for, and must still be when it is listened on: each test process has its own.
_WORKER = int(os.environ.get("PYTEST_XDIST_WORKER", "gw0").removeprefix("gw"))
_SHARE = (HIGHEST - LOWEST) // int(os.environ.get("PYTEST_XDIST_WORKER_COUNT", "1"))
OWN = range(LOWEST + _WORKER * _SHARE, LOWEST + (_WORKER + 1) * _SHARE)

# Each is handed out once before any is handed out again: who was given one may not listen on it yet.
_next = itertools.cycle(random.sample(OWN, len(OWN)))


def free_port() -> int:
    """A port of 127.0.0.1 that nothing listens on now."""
    for port in itertools.islice(_next, 100):
        with socket.socket() as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind(("127.0.0.1", port))
            except OSError:
                continue
            return port
    raise RuntimeError(f"none of 100 ports tried between {OWN.start} and {OWN.stop} is free")
