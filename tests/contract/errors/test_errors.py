"""Every reason is told over HTTP and gRPC, and documented."""

from pathlib import Path

from chassis.grpc.status import CODES
from resilience.errors import Reason
from services.gateway.entrypoints.http.errors import ERRORS, reference

DOCUMENT = Path(__file__).parents[3] / "docs" / "errors.md"


def test_every_reason_has_a_status_over_http_and_over_grpc() -> None:
    assert set(ERRORS) == set(Reason) == set(CODES)


def test_the_document_is_what_the_gateway_serves() -> None:
    assert DOCUMENT.read_text() == reference(), (
        "write it anew: python -m services.gateway.entrypoints.http.errors > docs/errors.md"
    )
