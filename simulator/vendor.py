"""A simulated vendor: who may call it, how it behaves, what it remembers, and the port it listens on."""

from __future__ import annotations

from collections.abc import Callable
from random import Random
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field

from simulator.behaviour import ActiveBehaviour, Behaviour
from simulator.listener import App, Listener
from simulator.recorder import Call, Recorder

Text = Annotated[str, Field(min_length=1, max_length=500)]


class Access(BaseModel):
    """Which keys a vendor accepts and which models it has; None is every key that is not empty, and every model."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    keys: frozenset[Text] | None = None
    models: tuple[Text, ...] | None = None


class VendorSpec(BaseModel):
    """What a vendor starts with; port 0 takes any free one."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    name: Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9_.-]{0,62}$")]
    port: Annotated[int, Field(ge=0, le=65535)] = 0
    access: Access = Access()


class Vendor:
    """One vendor; everything but its name may be changed while it runs. `app` makes the ASGI app of its dialect."""

    def __init__(self, spec: VendorSpec, app: Callable[[Vendor], App], *, host: str, seed: int) -> None:
        self.name = spec.name
        self.access = spec.access
        self.recorder = Recorder()
        self.rng = Random(f"{seed}:{spec.name}")  # noqa: S311 - draws must be repeatable, and guard nothing
        self._default = ActiveBehaviour(Behaviour())
        self._by_model: dict[str, ActiveBehaviour] = {}
        self._listener = Listener(app(self), host, spec.port)

    @property
    def base_url(self) -> str:
        """What a client of the vendor is configured with."""
        return f"{self._listener.url}/v1"

    @property
    def is_up(self) -> bool:
        """Whether it accepts connections."""
        return self._listener.is_up

    @property
    def calls(self) -> tuple[Call, ...]:
        """The calls for completions that it remembers, oldest first."""
        return self.recorder.calls

    def active(self, model: str) -> ActiveBehaviour:
        """Return the behaviour that a call for `model` meets."""
        return self._by_model.get(model, self._default)

    def set(self, model: str | None, behaviour: Behaviour) -> None:
        """Behave so from the next call on: towards one model, or with None towards all that have none of their own."""
        if model is None:
            self._default = ActiveBehaviour(behaviour)
        else:
            self._by_model[model] = ActiveBehaviour(behaviour)

    def clear(self, model: str | None) -> None:
        """Forget the behaviour of a model, or with None the vendor's own; the default takes its place."""
        if model is None:
            self._default = ActiveBehaviour(Behaviour())
        else:
            self._by_model.pop(model, None)

    def behaviours(self) -> tuple[Behaviour, dict[str, Behaviour]]:
        """Return the vendor's own behaviour, and those of models, as they were set."""
        return self._default.behaviour, {model: active.behaviour for model, active in self._by_model.items()}

    def counters(self) -> dict[str, object]:
        """Return the recorder's counters, and how many calls wait for a slot and connections are open now."""
        waiting = sum(active.capacity.waiting for active in (self._default, *self._by_model.values()))
        return {**self.recorder.counters(), "waiting": waiting, "open_connections": self._listener.open_connections}

    async def down(self) -> None:
        """Break all connections and refuse new ones."""
        await self._listener.down()

    async def up(self) -> None:
        """Accept connections, on the same port as before; raises OSError if the port is taken."""
        await self._listener.up()

    async def stop(self) -> None:
        """Go down for good."""
        await self._listener.release()
