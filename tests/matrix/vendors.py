"""The vendors of the matrix: whose API is simulated, how it is configured, and where it is not as the others."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from resilience.errors import Reason
from simulator import DialectName
from simulator.faults import ErrorStatus, Fault
from tests.matrix.asked import Reader
from tests.matrix.callers import CallerName
from tests.matrix.readers import anthropic, bedrock, cohere, gemini, openai

ALL = frozenset(CallerName)


@dataclass(frozen=True, slots=True)
class Refused:
    """The request has a clear error instead: the reason, and the field that it names."""

    reason: Reason
    param: str = ""


@dataclass(frozen=True, slots=True)
class Dropped:
    """The request is answered without these of its fields, and its caller is told so."""

    fields: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Ignored:
    """These of its fields, which the caller's dialect does not have, reach the vendor as they are written."""

    fields: tuple[str, ...]


Told = Refused | Dropped | Ignored


@dataclass(frozen=True, slots=True)
class Differs:
    """What becomes of a feature that cannot be, for some callers, and `why`."""

    feature: str
    told: Told
    why: str
    callers: frozenset[CallerName] = ALL


@dataclass(frozen=True, slots=True)
class VendorRow:
    """One vendor. `path`: what its API's base URL has after the simulator's root."""

    name: str
    dialect: DialectName
    vendor: str
    """As a provider's manifest entry has it."""
    reader: Reader
    path: str
    secret: str = "sk-any"
    """Empty where it is the key of a service account, which gets tokens that the vendor accepts."""
    fields: Mapping[str, Any] = field(default_factory=dict)
    """Further fields of the provider's manifest entry."""
    model: str = ""
    """What the names of its models begin with, where what it can do is told by them."""
    calls_by_name: bool = False
    """Calls of tools have no ids there: what tools say is told by their names."""
    signs: bool = False
    """The first call of an answer comes with a signature, which is to be given back."""
    differs: tuple[Differs, ...] = ()
    faults: Mapping[str, Fault] = field(default_factory=dict)
    """How an error comes to be, by the feature's name, where the vendor tells it in a way of its own."""
    reasons: Mapping[str, Reason] = field(default_factory=dict)
    """What an error of the vendor's means, by the feature's name, where that is not as with others."""


_NATIVE = (
    Differs(
        "stop",
        Ignored(("stop",)),
        "OpenAI's Responses have no stop sequences; unknown fields pass",
        frozenset({CallerName.RESPONSES}),
    ),
)
"""Of vendors that have Responses of their own."""

VENDORS: tuple[VendorRow, ...] = (
    VendorRow("openai", "openai", "openai", openai.read, "/v1", differs=_NATIVE),
    VendorRow("azure", "azure", "azure", openai.read, "", differs=_NATIVE),
    VendorRow(
        "azure-dated",
        "azure",
        "azure",
        openai.read,
        "",
        fields={"api_version": "2025-04-01-preview"},
        differs=_NATIVE,
    ),
    VendorRow("compatible", "openai", "openai-compatible", openai.read, "/v1"),
    VendorRow("claude", "anthropic", "anthropic", anthropic.read, "/v1", model="claude-opus-4-6-"),
    VendorRow(
        "mistral",
        "mistral",
        "mistral",
        openai.read,
        "/v1",
        differs=(
            Differs(
                "filtered answer",
                Refused(Reason.VENDOR_ERROR),
                "Mistral has no finish reason for it but `error`",
            ),
        ),
    ),
    VendorRow(
        "cohere",
        "cohere",
        "cohere",
        cohere.read,
        "/v2",
        differs=(
            Differs(
                "filtered answer",
                Refused(Reason.VENDOR_ERROR),
                "Cohere has no finish reason for it but `ERROR`",
            ),
        ),
        reasons={"529": Reason.VENDOR_ERROR},  # none of its statuses
    ),
    VendorRow(
        "gemini",
        "gemini",
        "gemini",
        gemini.read,
        "/v1beta",
        secret="AIzaSyExampleExampleExampleExampleExampl",
        model="gemini-2.5-flash-",
        calls_by_name=True,
        faults={"quota": ErrorStatus(status=429, code="QUOTA_EXHAUSTED")},
    ),
    VendorRow(
        "vertex",
        "gemini",
        "vertex",
        gemini.read,
        "",
        secret="",
        fields={"region": "europe-west4", "cloud_project": "ours-123456"},
        model="gemini-3-pro-",
        signs=True,
        faults={"quota": ErrorStatus(status=429, code="QUOTA_EXHAUSTED")},
    ),
    VendorRow(
        "bedrock",
        "bedrock",
        "bedrock",
        bedrock.read,
        "",
        secret="AKIAIOSFODNN7EXAMPLE:wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY",  # the example in AWS's documentation
        fields={"region": "eu-central-1"},
        model="anthropic.claude-opus-4-6-",
        differs=(
            Differs(
                "image address",
                Refused(Reason.UNSUPPORTED_BY_TARGET, "messages.content.image"),
                "Converse takes bytes, or objects of S3",
            ),
        ),
        faults={
            "quota": ErrorStatus(status=400, type="ServiceQuotaExceededException"),
            "529": ErrorStatus(status=429, type="ModelNotReadyException"),
        },
    ),
)

OF_CALLERS: tuple[Differs, ...] = (
    Differs(
        "stop",
        Dropped(("stop",)),
        "OpenAI's Responses have no stop sequences, so the field is none of theirs",
        frozenset({CallerName.RESPONSES}),
    ),
)
"""What callers cannot ask, whoever the vendor is."""
