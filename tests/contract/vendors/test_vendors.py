"""Every vendor that config takes is one that providers speaks to, in every caller's dialect, and is documented."""

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from chassis.manifest import bounds
from chassis.manifest.vendors import BY_SDK, SELF_HOSTED
from resilience.errors import Reason
from services.providers.adapters.presets import PRESETS
from services.providers.adapters.vendor_table import reference
from services.providers.adapters.vendors import known_vendors
from services.providers.application.ports import Dialect
from services.providers.domain.dialect import CallerDialect
from services.providers.domain.envelope import Envelope

DOCUMENT = Path(__file__).parents[3] / "docs" / "vendors.md"
VENDORS = known_vendors(max_event=100_000, now=lambda: datetime.now(UTC))
QUESTIONS: dict[CallerDialect, dict[str, Any]] = {
    CallerDialect.OPENAI_CHAT: {"messages": [{"role": "user", "content": "Hi 🌊"}], "max_completion_tokens": 9},
    CallerDialect.ANTHROPIC_MESSAGES: {"messages": [{"role": "user", "content": "Hi 🌊"}], "max_tokens": 9},
}


def test_config_takes_the_vendors_that_providers_knows() -> None:
    assert set(bounds.VENDORS.known) == set(VENDORS)
    assert len(bounds.VENDORS.known) == len(VENDORS)


def test_a_vendor_without_an_address_of_its_own_is_one_that_config_wants_an_address_of() -> None:
    without = {vendor.name: vendor.by_sdk for vendor in VENDORS.values() if not vendor.base_url}
    assert without == dict.fromkeys(SELF_HOSTED, False) | dict.fromkeys(BY_SDK, True)


def test_every_preset_has_a_source() -> None:
    assert [preset.name for preset in PRESETS if not preset.source] == []


def test_the_document_is_what_the_data_say() -> None:
    assert DOCUMENT.read_text() == reference(), (
        "write it anew: python -m services.providers.adapters.vendor_table > docs/vendors.md"
    )


def asked(dialect: Dialect, caller: CallerDialect, *, stream: bool) -> dict[str, Any]:
    body = json.dumps({"model": "chat", **QUESTIONS[caller]}).encode()
    envelope = Envelope("r", 1, "acme", "up", "model-x", body, "", None, "", caller)
    said: dict[str, Any] = json.loads(dialect.request(envelope, stream=stream).body)
    return said


@pytest.mark.parametrize("caller", QUESTIONS)
@pytest.mark.parametrize("name", VENDORS)
def test_every_vendor_is_asked_what_callers_of_every_dialect_ask(name: str, caller: CallerDialect) -> None:
    dialect = VENDORS[name].spoken_to(caller)
    for stream in (False, True):
        said = asked(dialect, caller, stream=stream)
        assert "Hi 🌊" in json.dumps(said, ensure_ascii=False)
        assert "9" in json.dumps(said), "how long the answer may be"
    assert any("key-1" in value for _, value in dialect.authenticate("key-1", "https://vendor", b"{}"))
    assert dialect.reason(401, b"{}", lambda _: "") is Reason.VENDOR_AUTHENTICATION
    assert dialect.retry_after(b"{}") is None
