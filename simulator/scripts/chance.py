"""Scripts by chance: every fault in turn, with plausible shares and durations, the same for the same seed."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from random import Random

from simulator.behaviour import Behaviour
from simulator.faults import (
    Aimed,
    ContentFilter,
    ContextLength,
    Cut,
    ErrorBody,
    ErrorEvent,
    ErrorStatus,
    Filtered,
    GarbageEvent,
    Hang,
    HugeBody,
    InvalidUtf8,
    Malformed,
    NoDone,
    NoFinish,
    RefusesPrefill,
    Reset,
    SlowFirstToken,
    Stall,
)
from simulator.latency import Constant, Lognormal
from simulator.scripts.script import Script, Step
from simulator.splits import Anywhere, Every

# One length for all vendors: only then can one end what another began.
ANSWER_TOKENS = 40
LONGEST_AFTER = 30
QUIET_SECONDS = 6.0
EPISODE_SECONDS = (3.0, 20.0)
OUTAGE_SECONDS = (0.5, 8.0)
SHARES = (0.05, 0.1, 0.2, 0.5, 1.0)

Episode = Callable[[float, float], Iterator[Step]]

_ANYWHERE = tuple(range(LONGEST_AFTER + 1))
_SELDOM = (0.02, 0.05, 0.2)
FAULTS: tuple[tuple[type[Aimed], Mapping[str, Sequence[object]]], ...] = (
    (ErrorStatus, {"status": (429,), "retry_after": (None, 0.3, 2, 30)}),
    (ErrorStatus, {"status": (401, 402, 403)}),
    (ErrorStatus, {"status": (500, 502, 503, 504, 529)}),
    (ErrorBody, {}),
    (ContextLength, {}),
    (ContentFilter, {}),
    (RefusesPrefill, {}),
    (Reset, {}),
    (Hang, {"share": _SELDOM}),
    (SlowFirstToken, {"delay": tuple(Lognormal(median=median, sigma=0.5) for median in (0.5, 3, 10))}),
    (Cut, {"after_chunks": _ANYWHERE, "how": ("closed", "ended")}),
    (Stall, {"after_chunks": _ANYWHERE, "share": _SELDOM}),
    (ErrorEvent, {"after_chunks": _ANYWHERE}),
    (Malformed, {"after_chunks": _ANYWHERE}),
    (InvalidUtf8, {"after_chunks": _ANYWHERE}),
    (HugeBody, {"after_chunks": _ANYWHERE, "bytes": (100_000, 2_000_000, 20_000_000), "share": _SELDOM}),
    (GarbageEvent, {"after_chunks": _ANYWHERE, "what": ("html", "comments", "types")}),
    (NoDone, {"how": ("open", "ended")}),
    (NoFinish, {}),
    (Filtered, {"after_chunks": _ANYWHERE}),
)
"""Every kind of fault, and the values that its fields may have.

What no client could notice, a vendor that silently ignores or repeats a begun answer, is not among them.
"""


def random_script(seed: int, duration: float, vendors: Sequence[str], models: Sequence[str] = ()) -> Script:
    """Return a script of `duration` seconds for `vendors`, towards all calls or those for one of `models`.

    Each vendor has episodes of trouble with quiet between; every kind of trouble comes once before any comes again.
    """
    steps: list[Step] = []
    for vendor in vendors:
        rng = Random(f"{seed}:{vendor}")  # noqa: S311 - draws must be repeatable, and guard nothing
        steps += _Life(rng, vendor, models).steps(duration)
    steps.sort(key=lambda step: step.at)
    about = f"Random faults for {duration:g} s towards {', '.join(vendors)}, from seed {seed}."
    return Script(name=f"random-{seed}", about=about, steps=tuple(steps), duration=duration)


class _Life:
    """The episodes of one vendor."""

    def __init__(self, rng: Random, vendor: str, models: Sequence[str]) -> None:
        self._rng = rng
        self._vendor = vendor
        self._models: tuple[str | None, ...] = (None, *models)
        self._deck: list[Episode] = []

    def steps(self, duration: float) -> Iterator[Step]:
        """Yield what happens until `duration`."""
        yield Step(at=0, vendor=self._vendor, behaviour=self._behaviour())
        now = self._rng.expovariate(1 / QUIET_SECONDS)
        while now < duration:
            last = now
            for step in self._episode(now):
                if step.at < duration:
                    yield step
                last = step.at
            now = last + self._rng.expovariate(1 / QUIET_SECONDS)

    def _episode(self, start: float) -> Iterator[Step]:
        if not self._deck:
            self._deck = [self._faulty(kind, fields) for kind, fields in FAULTS]
            self._deck += [self._outage, self._slow, self._crowded, self._in_pieces]
            self._rng.shuffle(self._deck)
        return self._deck.pop()(start, start + self._rng.uniform(*EPISODE_SECONDS))

    def _faulty(self, kind: type[Aimed], fields: Mapping[str, Sequence[object]]) -> Episode:
        def episode(start: float, end: float) -> Iterator[Step]:
            drawn = {"share": SHARES, **fields}
            fault = kind.model_validate({name: self._rng.choice(values) for name, values in drawn.items()})
            return self._behave(start, end, faults=(fault,))

        return episode

    def _outage(self, start: float, _: float) -> Iterator[Step]:
        yield Step(at=_time(start), vendor=self._vendor, down=True)
        yield Step(at=_time(start + self._rng.uniform(*OUTAGE_SECONDS)), vendor=self._vendor, up=True)

    def _slow(self, start: float, end: float) -> Iterator[Step]:
        slow = Lognormal(median=self._rng.choice((0.3, 1, 3)), sigma=1)
        return self._behave(start, end, first_byte=slow, between_chunks=Constant(seconds=0.02))

    def _crowded(self, start: float, end: float) -> Iterator[Step]:
        return self._behave(start, end, slots=self._rng.randint(1, 4), queue=self._rng.randint(0, 8))

    def _in_pieces(self, start: float, end: float) -> Iterator[Step]:
        split = self._rng.choice((Every(bytes=1), Every(bytes=17), Anywhere()))
        return self._behave(start, end, split=split, gzip=self._rng.choice(("never", "accepted", "always")))

    def _behave(self, start: float, end: float, **changes: object) -> Iterator[Step]:
        model = self._rng.choice(self._models)
        troubled = self._behaviour(**changes)
        yield Step(at=_time(start), vendor=self._vendor, model=model, behaviour=troubled)
        if model is None:
            yield Step(at=_time(end), vendor=self._vendor, behaviour=self._behaviour())
        else:
            yield Step(at=_time(end), vendor=self._vendor, model=model, clear=True)

    def _behaviour(self, **changes: object) -> Behaviour:
        usual = {
            "first_byte": Lognormal(median=0.02, sigma=0.5),
            "between_chunks": Constant(seconds=0.002),
            "answer_tokens": ANSWER_TOKENS,
        }
        return Behaviour.model_validate({**usual, **changes})


def _time(seconds: float) -> float:
    return round(seconds, 3)
