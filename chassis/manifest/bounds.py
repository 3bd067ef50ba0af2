"""What the parts of a provider, a route and a project may hold, in a file and by RPC: each bound once, for both."""

import re
from dataclasses import dataclass
from datetime import timedelta
from typing import Generic, TypeVar

from chassis.durations import written
from chassis.manifest.vendors import NAMES
from resilience.criticality import Criticality
from resilience.errors import Reason

T = TypeVar("T", float, timedelta)


@dataclass(frozen=True)
class Range(Generic[T]):
    """Values from `least` (or above it, where it is `open`) to `most`, both in the range."""

    least: T
    most: T
    open: bool = False

    def check(self, value: T) -> T:
        """`value`, if it is in the range. Raises ValueError."""
        # Written so that NaN is in no range.
        if not (self.least < value if self.open else self.least <= value) or not value <= self.most:
            least, most = _written(self.least), _written(self.most)
            raise ValueError(
                f"must be more than {least} and at most {most}" if self.open else f"must be from {least} to {most}"
            )
        return value


@dataclass(frozen=True)
class Words:
    """A closed list."""

    known: tuple[str, ...]

    def check(self, word: str) -> str:
        """`word`, if it is one of them. Raises ValueError."""
        if word not in self.known:
            raise ValueError(f"must be one of {', '.join(self.known)}")
        return word


@dataclass(frozen=True)
class Form:
    """Texts of one form, which `told` says in words."""

    pattern: re.Pattern[str]
    told: str

    def check(self, text: str) -> str:
        """`text`, if it has the form. Raises ValueError."""
        if self.pattern.fullmatch(text) is None:
            raise ValueError(self.told)
        return text


def _written(bound: float | timedelta) -> str:
    return written(bound) if isinstance(bound, timedelta) else str(bound)


ORDERED = "ordered"
AUTO = "auto"
OFF = "off"
VENDORS = Words(NAMES)
KEY_WEIGHT = Range(1, 1000)
REGION = Form(
    re.compile(r"(?=.{2,32}\Z)[a-z]+(-[a-z0-9]+)*"),
    "is not a region such as us-east-1: at most 32 lower-case letters, digits and hyphens",
)
"""A part of a host's name, so it holds nothing that would lead to another host."""
CLOUD_PROJECT = Form(
    re.compile(r"([a-z0-9][a-z0-9.-]{0,61}[a-z0-9]:)?[a-z][a-z0-9-]{4,28}[a-z0-9]|[1-9][0-9]{0,19}"),
    "is not the id or the number of a project: 6 to 30 lower-case letters, digits and hyphens, a letter first",
)
"""As cloud.google.com/resource-manager/docs/creating-managing-projects says; old ids have their domain before them."""
API_VERSION = Form(
    re.compile(r"20[0-9]{2}-[01][0-9]-[0-3][0-9](-preview)?|preview"),
    "is not a version such as 2024-10-21, 2025-04-01-preview or preview",
)
"""As learn.microsoft.com/azure/ai-foundry/openai/api-version-lifecycle has them."""
SDK_VENDOR = Form(
    re.compile(r"[a-z0-9][a-z0-9_-]{0,62}"),
    "is not LiteLLM's name of a vendor, such as nvidia_nim: at most 63 lower-case letters, digits, _ and -",
)
"""What stands before the first slash of LiteLLM's names of models, so it holds none: docs.litellm.ai/docs/providers."""
HEADERS = Range(0, 32)
HEADER_NAME = Form(
    re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]{1,128}"),
    "is not the name of a header: at most 128 letters, digits and !#$%&'*+-.^_`|~",
)
"""A token of RFC 9110, section 5.6.2."""
HEADER_VALUE = Form(
    re.compile(r"[!-~]([ -~]{0,4094}[!-~])?"),
    "must be 1 to 4096 printable ASCII characters, a space neither first nor last, or a reference",
)
STRATEGIES = Words((ORDERED, "weighted", "fastest", "cheapest", "balanced"))
HEDGES = Words((AUTO, OFF))
CONTINUATIONS = Words((AUTO, "continue", "error"))
UNSUPPORTED = Words((AUTO, "error", "drop"))
CRITICALITIES = Words(tuple(criticality.label for criticality in sorted(Criticality, reverse=True)))
FALLBACK_REASONS = Words(
    (
        Reason.CONTEXT_LENGTH_EXCEEDED.value,
        Reason.CONTENT_FILTERED.value,
        *(reason.value for reason in Reason if reason.value.startswith("vendor_")),
    )
)
"""What another target can help with."""

TARGETS = Range(1, 32)
WEIGHT = Range(0, 1_000_000)
SHARE = Range(0, 1)
RATE = Range(0, 1, open=True)
"""A share that something is compared with: it would always be reached if it were 0."""
CONTEXT_WINDOW = Range(0, 1_000_000_000)
TIME = Range(timedelta(), timedelta(hours=1), open=True)
RETRIES = Range(0, 10)
MAX_ATTEMPTS = Range(1, 20)
CALLS = Range(1, 10_000)
PROBES = Range(1, 100)
CACHE_TIME = Range(timedelta(), timedelta(hours=168), open=True)
ANSWER = 10_000
"""Characters of a static answer, at most."""
