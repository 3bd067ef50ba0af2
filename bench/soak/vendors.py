"""The vendors' own books: which calls each question caused, and the tokens that they counted."""

import re
from collections import defaultdict

from bench.soak.question import MARK
from simulator import Call, Simulator
from simulator.recorder import Recorder

_MODEL = re.compile(rb'"model"\s*:\s*"([^"]+)"')
Tokens = tuple[int, int]
"""Of the prompt, and of the answer."""


class Books:
    """Of all vendors of a simulator; to be opened before anybody asks."""

    def __init__(self, simulator: Simulator) -> None:
        self._calls: dict[tuple[int, str], list[Call]] = defaultdict(list)
        for name, vendor in simulator.vendors.items():
            vendor.recorder = _Numbering(name, self._calls)

    def take(self, number: int, target: str, tokens: Tokens) -> bool:
        """Whether a call of this question at `target` counted exactly so; it is not taken into account again."""
        calls = self._calls.get((number, target), [])
        for call in calls:
            if (call.prompt_tokens, call.completion_tokens) == tokens:
                calls.remove(call)
                return True
        return False

    def going_on(self, number: int, target: str) -> bool:
        """Whether a call of this question at `target` has not ended."""
        return any(not call.finished_at for call in self._calls.get((number, target), ()))

    def counted(self, number: int, target: str) -> list[Tokens]:
        """What is left of this question's calls at `target`."""
        return [(call.prompt_tokens, call.completion_tokens) for call in self._calls.get((number, target), [])]

    def forget(self, number: int, targets: frozenset[str]) -> Tokens:
        """Drop what is left of this question's calls; the sum of their tokens."""
        left = [call for target in targets for call in self._calls.pop((number, target), [])]
        return sum(call.prompt_tokens for call in left), sum(call.completion_tokens for call in left)


class _Numbering(Recorder):
    """Knows a call by the number in its prompt, and keeps no bodies."""

    def __init__(self, vendor: str, calls: dict[tuple[int, str], list[Call]]) -> None:
        super().__init__(keep=1)
        self._vendor = vendor
        self._by_question = calls

    def keep_body(self, call: Call, body: bytes) -> None:
        """See Recorder."""
        if (mark := MARK.search(body)) and (model := _MODEL.search(body)):
            self._by_question[int(mark[1]), f"{self._vendor}/{model[1].decode()}"].append(call)
