"""The life of `seawall up`: start everything, wait until it serves, keep it running, stop it whole."""

import asyncio
import secrets
import signal
import time
from collections.abc import Callable, Coroutine, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from rich.markup import escape

from cli.embedded import programs
from cli.embedded.child import Program, failed
from cli.embedded.data_dir import DataDir
from cli.embedded.greeting import Running
from cli.embedded.manifest import Chosen
from cli.embedded.ports import HOST
from cli.embedded.ready import Readiness
from cli.embedded.supervisor import Supervisor
from cli.output import say
from cli.problem import Problem
from resilience.clock import SystemClock

READY_TIMEOUT = 60.0
"""Seconds from the first process to the last one's readiness."""


@dataclass(frozen=True)
class Plan:
    """What to run."""

    directory: DataDir
    manifest: Path
    chosen: Chosen
    ports: dict[str, programs.Ports]
    pepper: str
    secrets: dict[str, str]
    key: str
    model: str


async def run(plan: Plan, ready: Callable[[Running, float], None]) -> None:
    """Run until SIGINT, SIGTERM or SIGHUP; a second one stops at once. Raises Problem where something fails."""
    stop = asyncio.Event()
    began = time.monotonic()
    async with Supervisor(
        plan.directory.logs, lambda text: say(f"[yellow]{escape(text)}[/]"), SystemClock()
    ) as children:

        def on_signal() -> None:
            if stop.is_set():
                children.kill()
            stop.set()

        loop = asyncio.get_running_loop()
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            loop.add_signal_handler(number, on_signal)

        live = asyncio.create_task(_live(plan, children, ready, began))
        stopped = asyncio.create_task(stop.wait())
        try:
            await asyncio.wait({live, stopped}, return_when=asyncio.FIRST_COMPLETED)
        finally:
            live.cancel()
            stopped.cancel()
            outcome, _ = await asyncio.gather(live, stopped, return_exceptions=True)
        say("[dim]Stopping.[/]")
    if isinstance(outcome, Exception):
        raise outcome


async def _live(plan: Plan, children: Supervisor, ready: Callable[[Running, float], None], began: float) -> None:
    try:
        async with asyncio.timeout(READY_TIMEOUT):
            running = await _start(plan, children)
    except TimeoutError as error:
        raise Problem(
            "not_ready", f"It was not ready after {READY_TIMEOUT:g} s.", hint=f"Read the logs in {plan.directory.logs}."
        ) from error
    plan.directory.publish(running.as_dict())
    ready(running, time.monotonic() - began)
    await children.watch()


async def _start(plan: Plan, children: Supervisor) -> Running:
    kafka = (await children.start(programs.BROKER, announces=True))["kafka"]
    control = ""
    if plan.chosen.simulator_ports:
        simulator = programs.simulator(plan.chosen.simulator_ports)
        control = (await children.start(simulator, announces=True))["control"]
    gateway = plan.ports["gateway"]
    running = Running(
        url=f"http://{HOST}:{gateway.http}",
        grpc=f"{HOST}:{gateway.grpc}",
        kafka=kafka,
        simulator=control,
        key=plan.key,
        model=plan.model,
        manifest=str(plan.manifest),
        data_dir=str(plan.directory.path),
        services={name: f"http://{HOST}:{ports.http}" for name, ports in plan.ports.items()},
        token=secrets.token_urlsafe(32),
    )
    services = programs.services(
        plan.ports,
        {name: plan.directory.of(name) for name in programs.SERVICES},
        kafka=kafka,
        manifest=plan.manifest,
        pepper=plan.pepper,
        token=running.token,
        secrets=plan.secrets,
    )
    await _start_services(services, children, running)
    return running


async def _start_services(services: Sequence[Program], children: Supervisor, running: Running) -> None:
    readiness = Readiness(SystemClock())
    try:
        for service in services:
            if service.name not in programs.RUN_ON_IT:
                await children.start(service)
        await _while_all_live(children, readiness.healthy(s for s in services if s.name == programs.FIRST))
        for service in services:
            if service.name in programs.RUN_ON_IT:
                await children.start(service)
        await _while_all_live(children, readiness.healthy(services))
        if running.key:
            await _while_all_live(children, readiness.opens(running.url, running.key))
    except asyncio.CancelledError:
        if readiness.waiting_for:
            say(f"[yellow]Not ready yet: {escape(', '.join(sorted(readiness.waiting_for)))}.[/]")
        raise


async def _while_all_live(children: Supervisor, waiting: Coroutine[Any, Any, None]) -> None:
    """Wait. Raises Problem for a child that ends meanwhile."""
    waited = asyncio.create_task(waiting)
    ended = asyncio.create_task(children.ended())
    try:
        await asyncio.wait({waited, ended}, return_when=asyncio.FIRST_COMPLETED)
        if ended.done():
            raise failed(ended.result())
        waited.result()
    finally:
        for task in (waited, ended):
            task.cancel()
        await asyncio.gather(waited, ended, return_exceptions=True)
