"""`python -m simulator`: runs vendors until it is told to stop, and prints where they are as one line of JSON."""

from __future__ import annotations

import argparse
import asyncio
import json
import signal
import sys
from pathlib import Path
from typing import get_args

import uvloop
from pydantic import ValidationError

from simulator.scripts import Script, load
from simulator.simulator import Simulator
from simulator.vendor import DialectName, VendorSpec

_LAST_PORT = 65_535
_PORT_DIGITS = 5


def _vendor(text: str) -> VendorSpec:
    named, _, port = text.partition(":")
    name, _, dialect = named.partition("=")
    try:
        return VendorSpec.model_validate({"name": name, "dialect": dialect or "openai", "port": port or 0})
    except ValidationError as invalid:
        problem = invalid.errors()[0]
        raise argparse.ArgumentTypeError(f"{text!r}: {problem['loc'][0]}: {problem['msg']}") from None


def _port(text: str) -> int:
    if not (text.isascii() and text.isdigit() and len(text) <= _PORT_DIGITS and int(text) <= _LAST_PORT):
        raise argparse.ArgumentTypeError(f"{text!r}: a port is a whole number from 0 to {_LAST_PORT}")
    return int(text)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m simulator", description=__doc__)
    parser.add_argument(
        "--vendor", dest="vendors", action="append", type=_vendor, required=True, metavar="NAME[=DIALECT][:PORT]",
        help=f"a vendor ({' or '.join(get_args(DialectName))}), on a free port unless one is given; repeat for more",
    )  # fmt: skip
    parser.add_argument(
        "--control-port", type=_port, default=0, metavar="PORT", help="0, the default, takes a free one"
    )
    parser.add_argument("--host", default="127.0.0.1", help="address to listen on (default: %(default)s)")
    parser.add_argument("--seed", type=int, default=0, help="seed of every draw (default: %(default)s)")
    parser.add_argument("--script", type=Path, metavar="FILE", help="JSON or YAML to play from the start")
    return parser


async def _run(simulator: Simulator, script: Script | None) -> None:
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for name in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(name, stop.set)
    async with simulator:
        if script is not None:
            await simulator.play(script)
        urls = {name: vendor.base_url for name, vendor in simulator.vendors.items()}
        sys.stdout.write(json.dumps({"vendors": urls, "control": simulator.control_url}) + "\n")
        sys.stdout.flush()
        await stop.wait()


def main() -> None:
    """Run the simulator; ends with status 2 on bad arguments, a wrong script or a taken port."""
    parser = _parser()
    given = parser.parse_args()
    try:
        simulator = Simulator(given.vendors, seed=given.seed, host=given.host, control_port=given.control_port)
        script = load(given.script) if given.script else None
        with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
            runner.run(_run(simulator, script))
    except (OSError, ValueError) as problem:
        parser.error(str(problem))


if __name__ == "__main__":
    main()
