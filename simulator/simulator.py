"""Several simulated vendors and their control API, run as one thing in the running event loop."""

from __future__ import annotations

from collections.abc import Iterable
from contextlib import AsyncExitStack
from types import TracebackType
from typing import Self

from simulator.control import ControlApp
from simulator.dialects import APPS
from simulator.listener import Listener
from simulator.scripts import Script
from simulator.vendor import Vendor, VendorSpec


class Simulator:
    """Vendors on ports of their own, and a control port, open inside `async with`.

    `vendors` are names or specs; with the same `seed` the same calls in the same order meet the same fates. Raises
    ValueError on a bad or repeated name, and OSError on entry if a port is taken.
    """

    def __init__(
        self, vendors: Iterable[str | VendorSpec], *, seed: int = 0, host: str = "127.0.0.1", control_port: int = 0
    ) -> None:
        self.vendors: dict[str, Vendor] = {}
        for given in vendors:
            spec = VendorSpec(name=given) if isinstance(given, str) else given
            if spec.name in self.vendors:
                raise ValueError(f"vendor {spec.name!r} is named twice")
            self.vendors[spec.name] = Vendor(spec, APPS, host=host, seed=seed)
        self._control = Listener(ControlApp(self.vendors), host, control_port)
        self._stack = AsyncExitStack()

    @property
    def control_url(self) -> str:
        """The root URL of the control API."""
        return self._control.url

    def vendor(self, name: str) -> Vendor:
        """Return a vendor by its name; raises KeyError if there is none."""
        return self.vendors[name]

    async def play(self, script: Script) -> None:
        """Play each vendor's part of a script, instead of what it may be playing.

        Raises UnknownVendorError where a step is for a vendor that is not there.
        """
        for name, part in script.parts(self.vendors).items():
            await self.vendors[name].play(part)

    async def __aenter__(self) -> Self:
        async with AsyncExitStack() as stack:
            for vendor in self.vendors.values():
                stack.push_async_callback(vendor.stop)
                await vendor.up()
            stack.push_async_callback(self._control.release)
            await self._control.up()
            self._stack = stack.pop_all()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        await self._stack.aclose()
