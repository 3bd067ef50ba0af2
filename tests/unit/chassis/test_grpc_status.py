import grpc
import pytest
from google.rpc.error_details_pb2 import ErrorInfo
from google.rpc.status_pb2 import Status
from grpc.aio import AioRpcError, Metadata

from chassis.grpc.status import CODES, from_error, to_status
from resilience.errors import Failure, Reason


def as_error(failure: Failure) -> AioRpcError:
    status = to_status(failure)
    return AioRpcError(status.code, Metadata(), Metadata(*status.trailing_metadata), details=status.details)


@pytest.mark.parametrize("reason", list(Reason))
def test_a_failure_arrives_as_it_was_sent(reason: Reason) -> None:
    sent = Failure(reason, "what happened", retryable=True, retry_after=1.5, detail={"param": "model"})
    got = from_error(as_error(sent))
    assert (got.reason, got.message, got.retryable, got.retry_after, got.detail) == (
        reason,
        "what happened",
        True,
        1.5,
        {"param": "model"},
    )


def test_each_reason_has_a_code() -> None:
    assert set(CODES) == set(Reason)


@pytest.mark.parametrize(
    ("code", "reason", "retryable"),
    [
        (grpc.StatusCode.UNAVAILABLE, Reason.UNAVAILABLE, True),
        (grpc.StatusCode.DEADLINE_EXCEEDED, Reason.DEADLINE_EXCEEDED, False),
        (grpc.StatusCode.DATA_LOSS, Reason.INTERNAL, False),
    ],
)
def test_what_the_library_says_by_itself_becomes_the_nearest_reason(
    code: grpc.StatusCode, reason: Reason, retryable: bool
) -> None:
    got = from_error(AioRpcError(code, Metadata(), Metadata(), details="it says"))
    assert (got.reason, got.message, got.retryable) == (reason, "it says", retryable)


def test_a_reason_of_a_newer_version_becomes_the_nearest_one_of_this_version() -> None:
    error = as_error(Failure(Reason.UNAVAILABLE, "x"))
    details = Status.FromString(dict(error.trailing_metadata())["grpc-status-details-bin"])
    details.details[0].Pack(ErrorInfo(reason="not_invented_yet", domain="seawall"))
    trailing = Metadata(("grpc-status-details-bin", details.SerializeToString()))
    newer = AioRpcError(error.code(), Metadata(), trailing, details="x")
    assert from_error(newer).reason is Reason.UNAVAILABLE
