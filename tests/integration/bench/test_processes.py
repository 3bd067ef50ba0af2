"""What the bench counts of processes: CPU of all threads, those below a process, and none left behind."""

import asyncio
import os
import signal
import subprocess
import sys
from contextlib import AsyncExitStack

import pytest

from bench.client import Run
from bench.cost.party import Party
from bench.cost.rounds import costed
from bench.processes import announced, cpu_seconds, resident_mb, spawned, tree

BUSY = """
import threading, time
def burn():
    while time.thread_time() < 0.2: pass
threads = [threading.Thread(target=burn) for _ in range(2)]
for thread in threads: thread.start()
for thread in threads: thread.join()
print("burnt", flush=True)
time.sleep(600)
"""
PARENT = """
import subprocess, sys
child = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(600)"])
print(child.pid, flush=True)
child.wait()
"""


async def test_cpu_is_of_all_threads_also_those_that_ended() -> None:
    async with spawned(sys.executable, "-c", BUSY, output=subprocess.PIPE) as process:
        assert await announced(process, 60.0) == "burnt"
        assert cpu_seconds(process.pid) >= 0.4
        assert resident_mb(process.pid) > 1


async def test_a_tree_has_the_children() -> None:
    async with spawned(sys.executable, "-c", PARENT, output=subprocess.PIPE) as process:
        child = int(await announced(process, 60.0))
        try:
            assert tree(process.pid) == (process.pid, child)
        finally:
            os.kill(child, signal.SIGKILL)


async def test_a_process_that_came_while_it_was_measured_is_noticed() -> None:
    async with AsyncExitStack() as stack:

        async def comes() -> Run:
            await stack.enter_async_context(spawned("/bin/sleep", "600"))
            return Run()

        with pytest.raises(RuntimeError, match="came or went"):
            await costed(Party("http://127.0.0.1:1", {"this": os.getpid()}), comes())


async def test_what_was_spawned_ends_when_it_is_left() -> None:
    async with spawned("/bin/sleep", "600") as process:
        pass
    assert process.returncode is not None


async def test_what_ended_by_itself_is_no_error() -> None:
    async with spawned("/bin/true") as process:
        await asyncio.wait_for(process.wait(), 60.0)
    assert process.returncode == 0
