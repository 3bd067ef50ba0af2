"""docs/matrix.md, written from the data that the suite asserts: `python -m tests.matrix.report > docs/matrix.md`."""

import sys
from collections.abc import Iterator

from tests.matrix.callers import CallerName
from tests.matrix.cells import CELLS, Cell
from tests.matrix.features import ANSWERED, ERRORS, FEATURES, Feature
from tests.matrix.vendors import VENDORS, Differs, Dropped, Ignored, Refused

HEAD = """# Matrix

What each vendor's dialect does for each caller: every line is asked with OpenAI's SDK (chat completions and responses),
Anthropic's SDK and gRPC, through all of Seawall, of a simulated vendor; whole and streamed, where it does not say
which. *yes*: the SDK read the answer into its own types, and its content, tool calls, finish reason and
usage are what the vendor said; and the vendor received what was asked, in its own dialect. *`name` dropped*: the same
without that field, of which the answer tells in `x-seawall-dropped`. *`name` ignored*: the field is none of the
dialect's, reaches the vendor as it was written, and changes nothing. A word alone is the [code](errors.md) of the error
that the caller is told.

`make test-matrix` asserts all of it; `make matrix-report` writes this page.
"""


def document() -> str:
    """The whole page."""
    lines = [HEAD, "## Features", ""]
    lines += [f"- **{feature.name}**: {feature.about}" for feature in FEATURES]
    for vendor in VENDORS:
        lines += ["", f"## {vendor.name}", "", f"`vendor: {vendor.vendor}`, simulated as `{vendor.dialect}`.", ""]
        cells = {(cell.feature.name, cell.caller): cell for cell in CELLS if cell.vendor is vendor}
        lines += [f"| feature | {' | '.join(CallerName)} | why |", f"| --- | {'--- | ' * len(CallerName)}--- |"]
        lines += [_row(feature, [cells[feature.name, caller] for caller in CallerName]) for feature in ANSWERED]
        lines += ["", f"| error | {' | '.join(CallerName)} |", f"| --- |{' --- |' * len(CallerName)}"]
        for feature in ERRORS:
            told = " | ".join(result(cells[feature.name, caller]) for caller in CallerName)
            lines.append(f"| {feature.name} | {told} |")
    return "\n".join(lines) + "\n"


def result(cell: Cell) -> str:
    """What becomes of a cell, in a word."""
    match cell.differs.told if cell.differs else None:
        case Dropped(fields):
            return f"`{', '.join(fields)}` dropped"
        case Ignored(fields):
            return f"`{', '.join(fields)}` ignored"
        case Refused(reason, param):
            return f"`{reason}`" + (f" (`{param}`)" if param else "")
        case None:
            return "yes" if cell.refused is None else f"`{cell.refused.reason}`"


def _row(feature: Feature, cells: list[Cell]) -> str:
    why = "; ".join(dict.fromkeys(one.why for one in _differing(cells)))
    return f"| {feature.name} | {' | '.join(map(result, cells))} | {why} |"


def _differing(cells: list[Cell]) -> Iterator[Differs]:
    for cell in cells:
        if cell.differs is not None:
            yield cell.differs


if __name__ == "__main__":
    sys.stdout.write(document())
