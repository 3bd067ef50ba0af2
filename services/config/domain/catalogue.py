"""What vendors say in public that their models cost."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from itertools import pairwise

from services.config.domain.tariff import Tariff


@dataclass(frozen=True)
class Entry:
    """A list price: what one model costs, under each of the names that its vendor has for it, from a time on."""

    vendor: str
    models: tuple[str, ...]
    tariff: Tariff
    effective_time: datetime
    source: str
    """Where the vendor says it: a URL."""
    read_date: date
    """When it was read there."""


def contradictions(entries: Sequence[Entry]) -> list[str]:
    """What is wrong between the entries: a model's times must ascend, each once."""
    of_model: dict[tuple[str, str], list[datetime]] = {}
    for entry in entries:
        for model in entry.models:
            of_model.setdefault((entry.vendor, model), []).append(entry.effective_time)
    return [
        f"{vendor} {model}: its prices do not ascend by `effective`"
        for (vendor, model), times in of_model.items()
        if any(later <= earlier for earlier, later in pairwise(times))
    ]
