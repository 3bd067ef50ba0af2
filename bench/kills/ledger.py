"""The ledger against what callers were told and against what vendors gave."""

import json
from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from bench.kills.books import Written
from bench.kills.crowd import Asked, Crowd
from bench.kills.findings import Findings
from bench.kills.weather import PRICES
from events.requests import RequestFinished
from simulator import Simulator
from simulator.recorder import COMPLETED, Call


@dataclass(frozen=True)
class Gap:
    """A time in which a service was killed and had not come back. Seconds since 1970."""

    service: str
    begin: float
    end: float


@dataclass(slots=True)
class Story:
    """One key: who asked under it, what the ledger has of it, and what vendors had to do for it."""

    asked: Asked
    entries: list[Any] = field(default_factory=list)
    calls: list[tuple[str, Call]] = field(default_factory=list)

    @property
    def billed(self) -> tuple[int, int]:
        """Tokens in the ledger: input, output."""
        return sum(row["input_tokens"] for row in self.entries), sum(row["output_tokens"] for row in self.entries)

    @property
    def given(self) -> tuple[int, int]:
        """Tokens that vendors count."""
        return sum(call.prompt_tokens for _, call in self.calls), sum(call.completion_tokens for _, call in self.calls)

    def touched(self, gaps: Iterable[Gap]) -> list[str]:
        """Services on its way that were killed while it was waited for."""
        return sorted({gap.service for gap in gaps if self.asked.during(gap.begin, gap.end)})


def calls_by_key(simulator: Simulator) -> dict[str, list[tuple[str, Call]]]:
    """Every call that vendors had, by the key that it was for, which is the text of the question."""
    found: defaultdict[str, list[tuple[str, Call]]] = defaultdict(list)
    for name, vendor in simulator.vendors.items():
        for call in vendor.calls:
            if call.body is None:
                raise RuntimeError("the vendor keeps too few bodies")
            found[json.loads(call.body)["messages"][0]["content"]].append((name, call))
    return dict(found)


def tell(crowd: Crowd, entries: Sequence[Any], calls: dict[str, list[tuple[str, Call]]]) -> list[Story]:
    """The story of each key."""
    stories = [Story(asked, calls=calls.get(asked.key, [])) for asked in crowd.asked]
    by_trace = {story.asked.trace: story for story in stories}
    for row in entries:
        by_trace[row["trace_id"]].entries.append(row)
    return stories


def check_entries(findings: Findings, crowd: Crowd, entries: Sequence[Any]) -> None:
    """What a caller was told is in the ledger, once."""
    times = Counter(row["request_id"] for row in entries)
    told = crowd.told()
    findings.figures["told to callers"] = len(told)
    findings.figures["in the ledger"] = len(entries)
    findings.violated("told to a caller and not in the ledger", [name for name in told if not times[name]])
    findings.violated("in the ledger more than once", [name for name, count in times.items() if count > 1])
    findings.violated("never answered", [one.key for one in crowd.asked if not one.answered_at])
    findings.violated("given again and not the same", crowd.wrong)


def check_topic(findings: Findings, requests: Sequence[Written[RequestFinished]], entries: Sequence[Any]) -> None:
    """The ledger is what the topic says, and each request has one record, which may have come again as it was."""
    data: dict[str, RequestFinished] = {}
    other = [
        one.key for one in requests if data.setdefault(one.event.data.request_id, one.event.data) != one.event.data
    ]
    findings.figures["records of requests"] = len(requests)
    findings.figures["of them come again"] = len(requests) - len(data)
    ledger = {row["request_id"] for row in entries}
    findings.violated("two different records of one request", other)
    findings.violated("in Kafka and not in the ledger", sorted(data.keys() - ledger))
    findings.violated("in the ledger and not in Kafka", sorted(ledger - data.keys()))


def check_vendor(findings: Findings, stories: Sequence[Story], gaps: Sequence[Gap]) -> None:
    """Each vendor's call is one of the ledger's, at its price; what is not was cut off by a kill."""
    on_the_way = [gap for gap in gaps if gap.service in {"gateway", "providers"}]
    lost: Counter[str] = Counter()
    lost_tokens = Counter[str]()
    for story in stories:
        differs = tuple(given - billed for given, billed in zip(story.given, story.billed, strict=True))
        key = story.asked.key
        if differs != (0, 0):
            cause = "+".join(f"{service} was killed" for service in story.touched(on_the_way))
            if not cause:
                findings.violated("tokens differ and nothing explains it", [f"{key}: {differs} {_calls(story)}"])
            lost[cause] += 1
            lost_tokens.update({"input": differs[0], "output": differs[1]})
            findings.explained.append(f"{key}: vendors count {differs} tokens more than the ledger: {cause}")
        late = [call for _, call in story.calls if story.asked.answered_at and call.time > story.asked.answered_at]
        findings.violated("called again after its answer was kept", [f"{key}: {_calls(story)}" for _ in late])
        _check_number_of_calls(findings, story, bool(story.touched(on_the_way)))
    for row in (row for story in stories for row in story.entries):
        _check_cost(findings, row)
    calls = [(vendor, call) for story in stories for vendor, call in story.calls]
    findings.figures["calls at vendors"] = len(calls)
    findings.figures["of them completed"] = sum(call.outcome == COMPLETED for _, call in calls)
    findings.figures["tokens at vendors"] = tuple(map(sum, zip(*(story.given for story in stories), strict=True)))
    findings.figures["tokens in the ledger"] = tuple(map(sum, zip(*(story.billed for story in stories), strict=True)))
    findings.figures["tokens cut"] = dict(lost_tokens)
    findings.figures["keys whose calls were cut"] = dict(lost)
    findings.figures["cost at vendors, in nanodollars"] = sum(
        cost_nanos(vendor, call.prompt_tokens, call.completion_tokens) for vendor, call in calls
    )
    findings.figures["cost in the ledger"] = sum(row["cost_nanos"] or 0 for story in stories for row in story.entries)


def cost_nanos(provider: str, input_tokens: int, output_tokens: int) -> int:
    """What tokens cost, by the prices that were set."""
    price_in, price_out = map(Decimal, PRICES[provider])
    return int((input_tokens * price_in + output_tokens * price_out) * 1000)


def _check_number_of_calls(findings: Findings, story: Story, cut: bool) -> None:
    """Without a kill each call is an attempt of an entry; with one, vendors may have had more, and never fewer."""
    attempts = sum(len(json.loads(row["attempts"])) for row in story.entries)
    answered = sum(row["outcome"] == "succeeded" for row in story.entries)
    if not cut and (attempts != len(story.calls) or answered != 1):
        findings.violated(
            "calls are not the ledger's attempts, and no kill explains it",
            [f"{story.asked.key}: {attempts} attempts, {answered} successes, {_calls(story)}"],
        )


def _check_cost(findings: Findings, row: Any) -> None:
    expected = sum(
        cost_nanos(attempt["target"].partition("/")[0], attempt["tokens"]["input"], attempt["tokens"]["output"])
        for attempt in json.loads(row["attempts"])
        if attempt.get("tokens")
    )
    if (row["cost_nanos"] or 0) != expected:
        findings.violated("cost is not tokens by price", [f"{row['request_id']}: {row['cost_nanos']} != {expected}"])


def _calls(story: Story) -> str:
    calls = [f"{vendor} {call.outcome} {call.prompt_tokens}+{call.completion_tokens}" for vendor, call in story.calls]
    attempts = [
        f"{attempt['target']} {attempt['outcome']} {attempt.get('reason', '')} {attempt.get('tokens', 'no tokens')}"
        for row in story.entries
        for attempt in json.loads(row["attempts"])
    ]
    asked = story.asked
    return f"{len(calls)} calls {calls}, attempts {attempts}, cut {asked.cut}, refused {asked.refusals}"
