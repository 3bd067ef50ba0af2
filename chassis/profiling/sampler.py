"""Takes the stacks of all Python threads at a rate, and weighs them by the CPU that the threads used."""

import contextlib
import os
import random
import sys
import threading
import time
from collections import Counter, defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from types import CodeType, FrameType

from chassis.profiling.profile import Stack, Thread

MAX_STACKS = 20_000
"""Different stacks of one thread that are told apart; what is seen beyond is counted as one."""
MAX_DEPTH = 200
"""Frames of a stack, from the innermost; what is outside of them is left out."""
BEYOND = "(further stacks)"
BETWEEN = "(native code)"
"""CPU that was used where no Python function ran inside the one in which the thread waits."""

_SWITCH = 20e-6
"""Seconds after which a running thread lets the sampler in. At Python's 5 ms it would get in only as the running thread
waits for something, and see nothing but waits."""
_PARKED = 20e-6
"""Seconds from one look to the next below which a thread that ran, or could have run had a CPU been free, did nothing
but wait."""
_TICK = 1 / os.sysconf("SC_CLK_TCK")

Code = tuple[CodeType, ...]


@dataclass(slots=True)
class _Seen:
    """What was seen of one thread."""

    clock: int
    name: str
    first: float
    last: float
    looks: int = 0
    delayed: float = 0.0
    stacks: Counter[Code] = field(default_factory=Counter)
    waits: set[Code] = field(default_factory=set)
    """Stacks in which it was while it used no CPU: what it waits in."""

    def look(self, code: Code, cpu: float, delayed: float) -> None:
        self.looks += 1
        if code not in self.stacks and len(self.stacks) >= MAX_STACKS:
            code = ()
        self.stacks[code] += 1
        if cpu - self.last + delayed - self.delayed < _PARKED:
            self.waits.add(code)
        self.last, self.delayed = cpu, delayed


class Sampler:
    """One profile of this process. It knows a thread's CPU by Linux' clocks, so it works there alone.

    A thread in a stack that it waits in is idle. All others of its stacks share the CPU that it used, as far as they
    can have used so much in the time they were seen for; what is left is native code's, and looks too short to be met.
    """

    def __init__(self, *, rate: int, rng: random.Random) -> None:
        self._interval = 1 / rate
        self._rng = rng
        self._seen: dict[int, _Seen] = {}
        self._stop = threading.Event()
        self.samples = 0
        self.seconds = 0.0
        self.native: dict[str, float] = {}

    def stop(self) -> None:
        """End `run` early."""
        self._stop.set()

    def run(self, seconds: float) -> None:
        """Sample. Blocks, so it is for a thread of its own, which is not sampled."""
        began, native = time.monotonic(), native_cpu()
        with _let_in():
            while not self._stop.wait(self._interval * self._rng.uniform(0.5, 1.5)):
                self._look(threading.get_ident())
                if time.monotonic() - began >= seconds:
                    break
        self.seconds = time.monotonic() - began
        self.native = {
            name: used for name, cpu in native_cpu().items() if (used := cpu - native.get(name, 0.0)) >= _TICK
        }

    def threads(self) -> tuple[Thread, ...]:
        """What was seen, by thread."""
        modules = {
            file: name for name, module in list(sys.modules.items()) if (file := getattr(module, "__file__", None))
        }
        return tuple(Thread(seen.name, self._weighed(seen, modules)) for seen in self._seen.values())

    def _look(self, own: int) -> None:
        self.samples += 1
        named = {thread.ident: thread for thread in threading.enumerate()}
        for ident, frame in sys._current_frames().items():  # noqa: SLF001 - there is no other way to ask
            thread = named.get(ident)
            if ident == own or thread is None or thread.native_id is None:
                continue
            # A thread that has just ended is no clock any more. pthread_getcpuclockid would end the process with it.
            with contextlib.suppress(OSError):
                clock = _cpu_clock(thread.native_id)
                cpu, delayed = time.clock_gettime(clock), _delay(thread.native_id)
                seen = self._seen.get(ident)
                if seen is None or seen.clock != clock:
                    seen = self._seen[ident] = _Seen(clock, thread.name, first=cpu, last=cpu, delayed=delayed)
                    continue
                seen.look(_code_of(frame), cpu, delayed)

    def _weighed(self, seen: _Seen, modules: dict[str, str]) -> tuple[Stack, ...]:
        used, seconds = seen.last - seen.first, self.seconds / max(self.samples, 1)
        waited = sum(count for code, count in seen.stacks.items() if code in seen.waits)
        ran = seen.looks - waited
        by_python = min(used, ran * seconds) if waited else used
        stacks, idle = defaultdict[tuple[str, ...], float](float), defaultdict[tuple[str, ...], float](float)
        for code, count in seen.stacks.items():
            frames = tuple(_name_of(one, modules) for one in reversed(code)) or (BEYOND,)
            if code in seen.waits:
                stacks[(*frames, BETWEEN)] += (used - by_python) * count / waited
                idle[frames] += max(0.0, seen.looks * seconds - used) * count / waited
            else:
                stacks[frames] += by_python * count / ran
        return tuple(
            Stack(frames, cpu_seconds=round(stacks[frames], 6), idle_seconds=round(idle[frames], 6))
            for frames in sorted({*stacks, *idle})
        )


def native_cpu() -> dict[str, float]:
    """CPU seconds of this process's threads that never ran Python, by the names that they have."""
    known = {thread.native_id for thread in threading.enumerate()}
    found = defaultdict[str, float](float)
    for task in Path("/proc/self/task").iterdir():
        if int(task.name) not in known:
            with contextlib.suppress(OSError):  # it has just ended
                name, _, rest = (task / "stat").read_text().partition("(")[2].rpartition(")")
                user, system = rest.split()[11:13]
                found[name] += (int(user) + int(system)) * _TICK
    return dict(found)


def _cpu_clock(native_id: int) -> int:
    """The clock of the CPU that a thread uses, as Linux numbers them."""
    return (~native_id << 3) | 0b110


def _delay(native_id: int) -> float:
    """Seconds for which a thread could have run, and others had the CPU; 0 where the kernel does not count them."""
    try:
        with open(f"/proc/self/task/{native_id}/schedstat", "rb", buffering=0) as counted:  # noqa: PTH123 - at each look
            return int(counted.read().split()[1]) / 1e9
    except FileNotFoundError:
        return 0.0


def _code_of(frame: FrameType) -> Code:
    found: list[CodeType] = []
    at: FrameType | None = frame
    while at is not None and len(found) < MAX_DEPTH:
        found.append(at.f_code)
        at = at.f_back
    return tuple(found)


def _name_of(code: CodeType, modules: dict[str, str]) -> str:
    return f"{modules.get(code.co_filename) or Path(code.co_filename).stem}.{code.co_qualname}"


@contextlib.contextmanager
def _let_in() -> Iterator[None]:
    before = sys.getswitchinterval()
    sys.setswitchinterval(_SWITCH)
    try:
        yield
    finally:
        sys.setswitchinterval(before)
