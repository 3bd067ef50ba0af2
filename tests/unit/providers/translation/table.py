"""docs/translation.md, from `changes.json`: `python -m tests.unit.providers.translation.table > docs/translation.md`.

`--observe` prints `changes.json` anew, as translating is now, with the reasons that it has; what has none is for a
person to write.
"""

import json
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.unit.providers.translation.lines import changes
from tests.unit.providers.translation.pairs import VENDORS, there_and_back
from tests.unit.providers.translation.said import SAID

DATA = Path(__file__).with_name("changes.json")
HEAD = """# Translation

What a conversation loses or changes on its way to a vendor of another dialect: each line says one thing, was written as
that vendor is asked, and read again. What is not listed comes back as it went, whoever asked: between a caller's
dialect and a vendor's there is one form for all, which the callers' dialects say without a loss.

*Told as*: how the caller learns of it under the route's policy `unsupported: auto`: an error, or a warning in
`x-seawall-dropped`; nothing where nothing of it is lost. *Changes*: `-` what went, `+` what came back.

`make translation-report` writes this page; tests hold every line of it, and that there is no other.
"""


@dataclass(frozen=True)
class Change:
    """What becomes of one thing at one vendor. `refused`: the field that the error names."""

    lines: tuple[str, ...] = ()
    dropped: tuple[str, ...] = ()
    refused: str = ""

    def __bool__(self) -> bool:
        return bool(self.lines or self.dropped or self.refused)


def observed(said: str, vendor: str) -> Change:
    """What becomes of it now."""
    outcome = there_and_back(SAID[said], vendor)
    if outcome.back is None:
        return Change(refused=outcome.refused)
    return Change(changes(SAID[said], outcome.back), outcome.dropped)


def listed() -> dict[tuple[str, str], tuple[Change, str]]:
    """What is said to become of it, and why; by what is said and the vendor."""
    return {
        (row["said"], row["to"]): (
            Change(tuple(row["changes"]), tuple(row["dropped"]), row["refused"]),
            row["why"],
        )
        for row in json.loads(DATA.read_text())
    }


def document() -> str:
    """The page."""
    rows = ["| what is said | to | told as | changes | why |", "| --- | --- | --- | --- | --- |"]
    for (said, to), (change, why) in listed().items():
        told = f"error `{change.refused}`" if change.refused else ", ".join(f"`{name}`" for name in change.dropped)
        shown = "<br>".join(f"`{line}`" for line in change.lines)
        rows.append(f"| {said} | {to} | {told} | {shown} | {why} |")
    return HEAD + "\n" + "\n".join(rows) + "\n"


def observe() -> str:
    """`changes.json` as it would be."""
    before = listed() if DATA.exists() else {}
    rows: list[dict[str, Any]] = []
    for said in SAID:
        for to in VENDORS:
            if change := observed(said, to):
                _, why = before.get((said, to), (change, ""))
                rows.append(
                    {
                        "said": said,
                        "to": to,
                        "refused": change.refused,
                        "dropped": change.dropped,
                        "changes": change.lines,
                        "why": why,
                    }
                )
    return json.dumps(rows, indent=1, ensure_ascii=False) + "\n"


if __name__ == "__main__":
    sys.stdout.write(observe() if "--observe" in sys.argv else document())
