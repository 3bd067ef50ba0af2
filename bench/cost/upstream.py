"""The vendor behind everything that is measured: a small program in C, compiled when the bench starts."""

import asyncio
import subprocess
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from bench.cost.party import Party
from bench.cost.tools import required
from bench.processes import announced, spawned

SOURCE = Path(__file__).with_name("upstream.c")


@asynccontextmanager
async def upstream(directory: Path) -> AsyncIterator[Party]:
    """One that runs. `directory`: where it is compiled to."""
    program = directory / "upstream"
    compiler = await asyncio.create_subprocess_exec(required("cc"), "-O2", "-o", str(program), str(SOURCE))
    if await compiler.wait():
        raise SystemExit("the bench's upstream could not be compiled")
    async with spawned(str(program), output=subprocess.PIPE) as process:
        yield Party(f"http://127.0.0.1:{await announced(process)}", {"upstream": process.pid})
