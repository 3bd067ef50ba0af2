"""Compares what callers were told and what vendors counted with what the ledger says."""

import asyncio
import json
import time
from collections import Counter
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

import pyqwest

from bench.callers import LOST
from bench.site import Site
from bench.soak.callers import Told
from bench.soak.question import wrong_text
from bench.soak.vendors import Books

PRICES = {
    "alpha/small": ("0.25", "2"),
    "alpha/large": ("1.25", "10"),
    "beta/small": ("0.3", "2.4"),
    "beta/large": ("1.1", "8.8"),
}
"""Target → US dollars for a million tokens of the prompt, and of the answer."""
TARGETS = frozenset(PRICES)
GRACE = 2.0
"""Seconds beyond what was allowed in which an end must have been told."""
SETTLING = 6.0
"""Seconds after a caller's end when vendors must know of it, too."""
LEDGER_WITHIN = 60.0
"""Seconds in which the ledger must have a request."""
UNPLANNED = frozenset({"overloaded"})
"""What a request may be told that the ledger does not have: it was refused before it was planned."""
NEVER = frozenset({"internal", "other", "unauthenticated", "permission_denied", "model_not_found", "invalid_request"})
"""What no vendor's fault is a reason to tell."""
MOST_KEPT = 200


@dataclass
class Sums:
    """Tokens."""

    input: int = 0
    output: int = 0

    def add(self, input_: int, output: int) -> None:
        """Count these too."""
        self.input += input_
        self.output += output


@dataclass
class Findings:
    """What was seen."""

    ends: Counter[str] = field(default_factory=Counter)
    """How callers' requests ended."""
    causes: Counter[str] = field(default_factory=Counter)
    """Of attempts, by cause and outcome."""
    violations: Counter[str] = field(default_factory=Counter)
    examples: list[dict[str, Any]] = field(default_factory=list)
    compared: int = 0
    """Requests whose record was compared with what was told of them."""
    longest: float = 0.0
    """Seconds beyond what was allowed; negative where there were none."""
    told: Sums = field(default_factory=Sums)
    """By vendors, of attempts that succeeded; each is exactly what the vendor counted, or a violation."""
    estimated: Sums = field(default_factory=Sums)
    """By the ledger, of attempts that broke off or were cancelled."""
    actual: Sums = field(default_factory=Sums)
    """What the vendors counted for those."""
    nameless: Sums = field(default_factory=Sums)
    """What the vendors counted for requests whose callers left before they knew an id."""

    def violation(self, kind: str, told: Told, **about: object) -> None:
        """Something that must not be."""
        self.violations[kind] += 1
        if len(self.examples) < MOST_KEPT:
            question = told.question
            asked = {"number": question.number, "caller": question.caller, "model": question.model}
            ended = {"stream": question.stream, "timeout": question.timeout, "request_id": told.request_id}
            self.examples.append({"kind": kind, **asked, **ended, **about})


class Auditor:
    """Looks at each request twice: when its caller has its end, and when all others must know of it."""

    def __init__(self, site: Site, books: Books, findings: Findings, *, usual: float) -> None:
        self._site = site
        self._books = books
        self._findings = findings
        self._usual = usual
        self._client = pyqwest.Client(pyqwest.HTTPTransport(timeout=10.0))

    def heard(self, told: Told) -> None:
        """What a caller was told, by itself."""
        findings, question = self._findings, told.question
        end = (
            "left" if told.left else told.code or (told.finish if told.done else "garbage" if told.garbage else "none")
        )
        findings.ends[end] += 1
        seconds, allowed = told.ended - told.began, question.allowed(self._usual)
        findings.longest = max(findings.longest, seconds - allowed)
        if seconds > allowed + GRACE:
            findings.violation("it hung", told, seconds=round(seconds, 3), end=end)
        if told.garbage:
            findings.violation("garbage", told, garbage=told.garbage)
        elif not told.left and not told.done and not told.code:
            findings.violation("no end was told", told, text=told.text[-200:])
        if told.done and not told.finish:
            findings.violation("a success without a finish reason", told, text=told.text[-200:])
        if told.code in NEVER:
            findings.violation(f"an error of Seawall's own: {told.code}", told)
        finish = told.finish if told.done else ""
        if (told.text or finish) and (wrong := wrong_text(question, told.text, TARGETS, finish=finish)):
            kind = "a false success" if finish else "a wrong beginning"
            findings.violation(kind, told, finish=finish, code=told.code, wrong=wrong[:1500])

    async def settled(self, told: Told) -> None:
        """What the ledger says of it, once it does."""
        number = told.question.number
        going_on = [target for target in TARGETS if self._books.going_on(number, target)]
        if going_on:
            self._findings.violation("a vendor still answers", told, targets=going_on, left=told.left, code=told.code)
        record = await self._record(told) if told.request_id else None
        if record is not None:
            self._compare(told, record)
            self._findings.compared += 1
        left = self._books.forget(number, TARGETS)
        (self._findings.nameless if record is None else self._findings.actual).add(*left)

    async def requests(self) -> int:
        """How many requests the ledger has."""
        rows = (await self._rpc("QueryUsage", {"parent": "organizations/-"}))["rows"]
        return int(rows[0]["requests"]) if rows else 0

    async def _record(self, told: Told) -> Any:
        deadline = time.monotonic() + LEDGER_WITHIN
        while time.monotonic() < deadline:
            found = await self._rpc("GetRequest", {"name": f"organizations/-/requests/{told.request_id}"})
            if found is not None:
                return found["request"]
            await asyncio.sleep(1.0)
        if told.code not in UNPLANNED:
            self._findings.violation("not in the ledger", told, code=told.code, left=told.left)
        return None

    def _compare(self, told: Told, record: Any) -> None:
        findings = self._findings
        attempts = record.get("attempts", ())
        outcome = record["outcome"]
        if told.done != (outcome == "succeeded") and not told.left:
            findings.violation("the ledger tells another outcome", told, outcome=outcome, code=told.code)
        total, input_, output = Decimal(0), 0, 0
        for attempt in attempts:
            cost = Decimal(attempt.get("costUsd") or "0")
            given = _tokens(attempt)
            findings.causes[f"{attempt['cause']} {attempt['outcome']}"] += 1
            if attempt["outcome"] == "succeeded" and not attempt.get("costUsd"):
                findings.violation("a success without a cost", told, attempt=attempt)
            if cost != _price(attempt["target"], given):
                findings.violation(
                    "a wrong cost", told, attempt=attempt, expected=str(_price(attempt["target"], given))
                )
            total, input_, output = total + cost, input_ + given[0], output + given[1]
            self._count(told, attempt, given)
        if _tokens(record) != (input_, output) or Decimal(record.get("costUsd") or "0") != total:
            findings.violation("sums that differ from their parts", told, usage=record.get("usage"), cost=str(total))

    def _count(self, told: Told, attempt: Any, given: tuple[int, int]) -> None:
        number, target = told.question.number, attempt["target"]
        if attempt.get("usageEstimated"):
            self._findings.estimated.add(*given)
        elif any(given):
            if self._books.take(number, target, given):
                self._findings.told.add(*given)
            else:
                counted = self._books.counted(number, target)
                self._findings.violation("tokens that no vendor counted", told, attempt=attempt, counted=counted)

    async def _rpc(self, method: str, fields: dict[str, Any]) -> Any:
        """Its answer; None where there is no such thing, or nobody to tell."""
        url = f"{self._site.url}/seawall.monitor.v1.MonitorService/{method}"
        try:
            answer = await self._client.post(url, self._site.headers(), json.dumps(fields).encode())
        except LOST:
            return None
        return json.loads(answer.content) if answer.status == 200 else None


def _tokens(of: Any) -> tuple[int, int]:
    usage = of.get("usage") or {}
    return int(usage.get("inputTokens", 0)), int(usage.get("outputTokens", 0))


def _price(target: str, tokens: tuple[int, int]) -> Decimal:
    input_, output = PRICES[target]
    return (Decimal(input_) * tokens[0] + Decimal(output) * tokens[1]) / 1_000_000
