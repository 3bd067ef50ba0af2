"""Runs a command that ends when its parent does, however the parent ends: `launcher.py PARENT_PID COMMAND...`.

Run by path, isolated and without site-packages, so that it costs some ten milliseconds. Linux keeps the promise by
itself once it is asked, also through exec; elsewhere a parent that is killed outright leaves its children running.
"""

import ctypes
import os
import signal
import sys

PR_SET_PDEATHSIG = 1


def main() -> None:
    """Become the command."""
    parent, command = int(sys.argv[1]), sys.argv[2:]
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGTERM)
    if os.getppid() != parent:
        sys.exit("the parent is gone already")
    os.execv(command[0], command)  # noqa: S606 - the command is ours, and there is no shell to be had


if __name__ == "__main__":
    main()
