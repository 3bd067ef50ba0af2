"""What a profile tells, as it travels from the service to whoever asked for it."""

from msgspec import Struct


class Stack(Struct, frozen=True, omit_defaults=True):
    """Where a thread was. `frames`: names of functions, the outermost first."""

    frames: tuple[str, ...]
    cpu_seconds: float = 0.0
    idle_seconds: float = 0.0
    """That it waited there, for the time that was profiled."""


class Thread(Struct, frozen=True):
    """One that runs Python."""

    name: str
    stacks: tuple[Stack, ...]


class Profile(Struct, frozen=True):
    """Of one process. `samples`: how often every thread was looked at; `rate`: how often a second it was to be."""

    service: str
    seconds: float
    rate: int
    samples: int
    threads: tuple[Thread, ...]
    native: dict[str, float]
    """CPU seconds of threads that never run Python, such as gRPC's, by the names that they have."""
