"""What an audit found."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any


@dataclass
class Findings:
    """Figures by what they are of; what is wrong, by what is wrong with it; and what a kill explains."""

    figures: dict[str, Any] = field(default_factory=dict)
    violations: dict[str, list[str]] = field(default_factory=dict)
    explained: list[str] = field(default_factory=list)

    def violated(self, rule: str, cases: Sequence[object]) -> None:
        """Note `cases`, if there are any."""
        if cases:
            self.violations.setdefault(rule, []).extend(map(str, cases))

    def add(self, other: "Findings") -> None:
        """Take over what another audit found."""
        self.figures |= other.figures
        self.explained += other.explained
        for rule, cases in other.violations.items():
            self.violated(rule, cases)
