"""What a run of the suite saw, as docs/conformance.md shows it."""

from collections.abc import Iterable, Sequence
from itertools import groupby

import pytest

from tests.conformance.case import Caller, Case, Count, Joined, Refused, Whole
from tests.conformance.table import CASES

CASE, FIGURE = "case", "figure"
"""What a test records as its properties."""

_HEAD = """# Conformance

Every way in which a vendor fails, and what a caller and the vendors saw of it: the five services as they are shipped,
no policy set except where a line is about one, real HTTP to two simulated vendors. Each line was run with plain HTTP,
OpenAI's SDK and gRPC. `make conformance-report` writes this page; `make test-conformance` runs the same.

*At*: where in the answer the fault strikes: before its first token, in the middle, or at the end, after all text and
before the finish reason. *Calls*: what the vendors counted, at alpha, the route's first target, and at beta, its
second. *Whole by beta*: exactly beta's answer. *Joined by beta*: exactly alpha's answer, which beta finished, under one
id, with a note of who went on and from which character. *Error*: a clear error with this code, before which nothing
came but an exact beginning of the answer, and never `[DONE]`.
"""


def figures(reports: Iterable[pytest.TestReport]) -> list[tuple[str, str]]:
    """What was measured, by name."""
    return [
        (name.removeprefix(f"{FIGURE}: "), str(value))
        for one in reports
        for name, value in one.user_properties
        if name.startswith(FIGURE)
    ]


def document(reports: Sequence[pytest.TestReport]) -> str:
    """The whole page."""
    passed = {(value, one.passed) for one in reports for name, value in one.user_properties if name == CASE}
    results = {str(value): ok for value, ok in passed}
    lines = [_HEAD]
    for row, cases in groupby(CASES, key=lambda case: case.row):
        lines += [f"## {row}", "", "| fault | answer | at | result | calls | http | sdk | grpc |"]
        lines += ["| --- | --- | --- | --- | --- | --- | --- | --- |"]
        for case in cases:
            seen = " | ".join(_mark(results.get(f"{case.name}.{caller}")) for caller in Caller)
            lines.append(
                f"| {case.fault} | {case.shape} | {case.place} | {_result(case)} | {_calls(case.calls)} | {seen} |"
            )
        lines.append("")
    lines += ["## Figures", "", "Of one run, on a machine of two cores that does everything else of the test, too.", ""]
    lines += ["| what | seen |", "| --- | --- |"]
    lines += [f"| {name} | {value} |" for name, value in figures(reports)]
    return "\n".join(lines) + "\n"


def _mark(ok: bool | None) -> str:
    return {True: "✓", False: "✗", None: "not run"}[ok]


def _result(case: Case) -> str:
    match case.expected:
        case Whole(vendor, finish_reason):
            return f"whole by {vendor}" + ("" if finish_reason == "stop" else f", `{finish_reason}`")
        case Joined(vendor, suffix):
            return f"joined by {f'a third, of {vendor}' if suffix else vendor}"
        case Refused(code):
            return f"error `{code}`"


def _calls(calls: tuple[Count, Count]) -> str:
    return " + ".join(str(count) if isinstance(count, int) else f"{count.start} to {count.stop - 1}" for count in calls)
