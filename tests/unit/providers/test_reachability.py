"""What the log says of a vendor that cannot be reached."""

import structlog

from resilience.clock import VirtualClock
from resilience.errors import Reason
from services.providers.application.reachability import CALM, Reachability
from services.providers.domain.failure import VendorFailure
from services.providers.domain.provider import ProviderDefinition, WeightedKey

PROVIDER = ProviderDefinition("acme", "main", "openai", "http://gpu-1/v1", (WeightedKey("env:A"),))
REFUSED = VendorFailure(Reason.VENDOR_UNREACHABLE, why="The vendor could not be reached: connection refused.")
UNKNOWN = VendorFailure(Reason.VENDOR_UNREACHABLE)


async def test_each_cause_is_told_once_until_the_vendor_was_reached_for_a_while() -> None:
    clock = VirtualClock()
    reachability = Reachability(PROVIDER, "gpu-1", clock)
    with structlog.testing.capture_logs() as logs:
        for failure in (REFUSED, REFUSED, UNKNOWN, REFUSED):
            reachability.failed(failure)
            reachability.succeeded()
            await clock.advance(CALM / 2)
        assert reachability.lost
        await clock.advance(CALM)
        reachability.succeeded()
        assert not reachability.lost
        reachability.failed(REFUSED)
    assert [(log["log_level"], log.get("cause")) for log in logs] == [
        ("warning", REFUSED.message),
        ("warning", UNKNOWN.message),
        ("info", None),
        ("warning", REFUSED.message),
    ]
    assert {(log["organization"], log["provider"], log["host"]) for log in logs} == {("acme", "main", "gpu-1")}
