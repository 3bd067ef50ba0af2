"""Performs cases against a running system, and judges what was heard and what the vendors saw."""

import asyncio
from collections.abc import Iterable, Sequence
from itertools import pairwise

from simulator import Behaviour, Call, Constant
from simulator.answers import Question as Prompt
from simulator.answers import compose
from simulator.functions import Function
from tests.conformance.callers import QUESTION, Callers, Heard, Question
from tests.conformance.case import ANSWER_TOKENS, Asked, Caller, Case, Count, Joined, Refused, Whole
from tests.conformance.manifest import model_of
from tests.e2e.system import System

WARMING = 25
"""Answers after which a target's limits are learned."""
BURST, WITHIN, MOST = 4, 3.0, 6
"""What no vendor may be asked more often for one request: so many times in so many seconds, and in all."""
TRAVEL = 0.25
"""Seconds by which calls may come closer together on their way."""
_QUICK = Behaviour(between_chunks=Constant(seconds=0.003), answer_tokens=ANSWER_TOKENS)


class Performance:
    """Performs cases, some at a time: so few that no gateway takes them for a crowd, however slow the machine is."""

    def __init__(self, system: System, *, at_once: int = 8) -> None:
        self._system = system
        self._callers = Callers(system)
        self._turn = asyncio.Semaphore(at_once)
        self._tasks: dict[tuple[str, Caller], asyncio.Task[Heard]] = {}

    def begin(self, cases: Iterable[tuple[Case, Caller]]) -> None:
        """Start these, in their order, as turns come free."""
        for case, caller in cases:
            self._tasks[case.name, caller] = asyncio.create_task(self._perform(case, caller))

    async def result(self, case: Case, caller: Caller) -> Heard:
        """What was heard, once that is known to be right. Raises AssertionError where it is not."""
        return await self._tasks[case.name, caller]

    async def close(self) -> None:
        """Nothing is under way."""
        for task in self._tasks.values():
            task.cancel()
        await asyncio.gather(*self._tasks.values(), return_exceptions=True)
        await self._callers.close()

    async def _perform(self, case: Case, caller: Caller) -> Heard:
        model = model_of(case, caller)
        question = Question(model.name, case.shape, case.asked, case.timeout)
        vendors = {name: self._system.simulator.vendor(name) for name in ("alpha", "beta")}
        async with self._turn:
            if case.warm:
                await self._warm(question)
            vendors["alpha"].set(model.name, case.alpha)
            for target in case.targets:
                if target.vendor == "beta":
                    vendors["beta"].set(model.name + target.suffix, case.beta)
            for _ in range(case.earlier):
                await self._ask(caller, question, case.within)
            before = {name: len(self._calls(name, model.name)) for name in vendors}
            heard = await self._ask(caller, question, case.within)
        calls = {name: self._calls(name, model.name)[before[name] :] for name in vendors}
        try:
            judge(case, model.name, heard)
            _judge_calls(case, calls)
            if case.ledger and heard.request_id:
                await self._judge_ledger(case, heard.request_id)
        except AssertionError as wrong:
            seen = {name: [(call.outcome, round(call.time, 2), call.prefix) for call in calls[name]] for name in calls}
            raise AssertionError(f"{wrong}\nheard: {heard}\nvendors saw: {seen}") from None
        return heard

    async def _ask(self, caller: Caller, question: Question, within: float) -> Heard:
        async with asyncio.timeout(within):
            return await self._callers.ask(caller, question)

    async def _warm(self, question: Question) -> None:
        self._system.simulator.vendor("alpha").set(question.model, _QUICK)
        for _ in range(WARMING):
            heard = await self._callers.ask(Caller.HTTP, question)
            assert heard.succeeded, heard

    def _calls(self, vendor: str, model: str) -> list[Call]:
        """Calls for the case's model, or for another of the case."""
        calls = self._system.simulator.vendor(vendor).calls
        return [call for call in calls if call.model == model or call.model.startswith(f"{model}-")]

    async def _judge_ledger(self, case: Case, request_id: str) -> None:
        request = await self._system.request(request_id)
        told = [f"{attempt.get('cause')} {attempt.get('reason', '')}".strip() for attempt in request["attempts"]]
        assert tuple(told) == case.ledger, f"the ledger has {told}"


def answer(vendor: str, model: str, asked: Asked = Asked.TEXT) -> str:
    """The whole text of a vendor's answer."""
    prompt = Prompt(
        QUESTION, in_json=asked is Asked.SCHEMA, functions=(Function("tell"),) if asked is Asked.TOOL else ()
    )
    return compose(vendor, model, prompt, length=ANSWER_TOKENS).text


def judge(case: Case, model: str, heard: Heard) -> None:
    """Whether what was heard is what is expected."""
    expected = case.expected
    assert len(heard.ids) <= 1, "the ids of one answer"
    if isinstance(expected, Refused):
        assert heard.code == expected.code, f"the error is {heard.code!r}, not {expected.code!r}"
        assert not heard.done, "an error, and told to be over as if it were an answer"
        assert not heard.finish_reason, "an error after a finish reason"
        assert answer("alpha", model, case.asked).startswith(heard.text), "not a beginning of alpha's answer"
        assert heard.text or heard.status == expected.status, f"status {heard.status}, not {expected.status}"
        assert expected.says in heard.error, "not in the vendor's words"
        assert not expected.retry_after or heard.retry_after, "it does not say after how long to try again"
        return
    assert heard.succeeded, f"no success: {heard.code}"
    if isinstance(expected, Whole):
        whole = answer(expected.vendor, model, case.asked)
        assert heard.text == (whole if expected.finish_reason != "content_filter" else _words(whole, expected.tokens))
        assert heard.continued is None, "it says to be continued"
        assert heard.finish_reason == ("tool_calls" if case.asked is Asked.TOOL else expected.finish_reason)
        assert heard.tokens == expected.tokens, "usage"
        return
    assert heard.text == answer("alpha", model, case.asked), "text is missing, or there twice"
    assert heard.finish_reason == "stop"
    _judge_note(case, model, expected, heard)


def _judge_note(case: Case, model: str, expected: Joined, heard: Heard) -> None:
    assert heard.continued is not None, "it does not say that another finished it"
    target, at = heard.continued
    assert target == f"{expected.vendor}/{model}{expected.suffix}"
    assert len(answer("alpha", model)[:at].split()) == case.place.chunks, f"continued at {at}"
    assert heard.tokens is not None, "usage"


def _judge_calls(case: Case, calls: dict[str, list[Call]]) -> None:
    seen = tuple(len(calls[name]) for name in ("alpha", "beta"))
    assert all(_is(count, wanted) for count, wanted in zip(seen, case.calls, strict=True)), f"calls: {seen}"
    for vendor in calls.values():
        _judge_pace([call.time for call in vendor])
    times = [call.time for call in calls["alpha"]]
    gaps = [later - earlier for earlier, later in pairwise(times)]
    assert all(gap >= case.apart - TRAVEL for gap in gaps), f"asked again after {gaps} s"


def _judge_pace(times: Sequence[float]) -> None:
    assert len(times) <= MOST, f"{len(times)} calls"
    for first, last in zip(times, times[BURST:], strict=False):
        assert last - first >= WITHIN - TRAVEL, f"{BURST + 1} calls in {last - first:.2f} s"


def _is(count: int, wanted: Count) -> bool:
    return count in wanted if isinstance(wanted, range) else count == wanted


def _words(text: str, count: int) -> str:
    """Its first words."""
    return " ".join(text.split(" ")[:count])
