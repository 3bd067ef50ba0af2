"""A simulated vendor: who may call it, how it behaves, what it remembers, and the port it listens on."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from random import Random
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

from simulator.access import Access
from simulator.behaviour import ActiveBehaviour, Behaviour
from simulator.listener import App, Listener, Receive, Scope, Send
from simulator.recorder import Call, Recorder
from simulator.scripts import Player, Script, Step

DialectName = Literal["openai", "anthropic", "azure", "bedrock", "cohere", "gemini", "mistral"]
# What a client adds paths to: OpenAI's names the version, the others do not.
_BASE_PATHS: Mapping[DialectName, str] = {"openai": "/v1"}


class VendorSpec(BaseModel):
    """What a vendor starts with; port 0 takes any free one. `dialect` is whose API it speaks."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    name: Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9_.-]{0,62}$")]
    dialect: DialectName = "openai"
    port: Annotated[int, Field(ge=0, le=65535)] = 0
    access: Access = Access()


class Vendor:
    """One vendor; everything but its name may be changed while it runs. `apps` make the ASGI app of each dialect."""

    def __init__(
        self, spec: VendorSpec, apps: Mapping[DialectName, Callable[[Vendor], App]], *, host: str, seed: int
    ) -> None:
        self.name = spec.name
        self.dialect: DialectName = spec.dialect
        self.access = spec.access
        self.recorder = Recorder()
        self.rng = Random(f"{seed}:{spec.name}")  # noqa: S311 - draws must be repeatable, and guard nothing
        self._default = ActiveBehaviour(Behaviour())
        self._by_model: dict[str, ActiveBehaviour] = {}
        self._ends: dict[str | None, asyncio.TimerHandle] = {}
        self._player: Player | None = None
        self._apps = {name: app(self) for name, app in apps.items()}
        self._listener = Listener(self._serve, host, spec.port)

    @property
    def url(self) -> str:
        """The root URL, whatever the dialect."""
        return self._listener.url

    @property
    def base_url(self) -> str:
        """What the SDK of the dialect's vendor is configured with."""
        return self.url + _BASE_PATHS.get(self.dialect, "")

    @property
    def models(self) -> tuple[str, ...]:
        """The models that it lists; where it answers any, two of its own."""
        models = self.access.models
        return (f"{self.name}-small", f"{self.name}-large") if models is None else models

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

    def set(self, model: str | None, behaviour: Behaviour, *, seconds: float | None = None) -> None:
        """Behave so from the next call on: towards one model, or with None towards all that have none of their own.

        After `seconds`, where they are given, the behaviour is cleared.
        """
        self.clear(model)
        if model is None:
            self._default = ActiveBehaviour(behaviour)
        else:
            self._by_model[model] = ActiveBehaviour(behaviour)
        if seconds is not None:
            self._ends[model] = asyncio.get_running_loop().call_later(seconds, self.clear, model)

    def clear(self, model: str | None) -> None:
        """Forget the behaviour of a model, or with None the vendor's own; the default takes its place."""
        if end := self._ends.pop(model, None):
            end.cancel()
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

    async def play(self, script: Script) -> None:
        """Play a script from now on, instead of one that may be playing.

        Raises UnknownVendorError where a step is for another vendor.
        """
        script.parts([self.name])
        await self.stop_script()
        self._player = Player(script, self._perform, self._restore)

    def script(self) -> dict[str, object] | None:
        """Return the last script that was played and how far it is; None where there was none."""
        return self._player.state() if self._player else None

    async def stop_script(self) -> None:
        """Play no further, and forget the script; all stays as its steps left it."""
        if self._player is not None:
            await self._player.stop()
            self._player = None

    async def heal(self) -> None:
        """Stop the script, forget all behaviours, and be up; raises OSError if the port is taken."""
        await self.stop_script()
        await self._restore()

    async def down(self) -> None:
        """Break all connections and refuse new ones."""
        await self._listener.down()

    async def up(self) -> None:
        """Accept connections, on the same port as before; raises OSError if the port is taken."""
        await self._listener.up()

    async def stop(self) -> None:
        """Go down for good."""
        await self.stop_script()
        for end in self._ends.values():
            end.cancel()
        await self._listener.release()

    async def _serve(self, scope: Scope, receive: Receive, send: Send) -> None:
        await self._apps[self.dialect](scope, receive, send)

    async def _perform(self, step: Step) -> None:
        if step.behaviour is not None:
            self.set(step.model, step.behaviour)
        elif step.access is not None:
            self.access = step.access
        elif step.clear:
            self.clear(step.model)
        elif step.down:
            await self.down()
        else:
            await self.up()

    async def _restore(self) -> None:
        for model in (None, *self._by_model):
            self.clear(model)
        await self.up()
