import pytest
from google.protobuf.duration_pb2 import Duration

from resilience.criticality import Criticality
from resilience.errors import Failure, Reason
from seawall.gateway.v1 import chat_pb2 as pb
from services.gateway.domain.options import Options, Overrides
from services.gateway.domain.route import Continuation, Unsupported
from services.gateway.entrypoints.http.options import options_of
from services.gateway.entrypoints.http.request import RequestHeaders
from services.gateway.entrypoints.typed_options import to_options

WHOLE_POLICY = (
    '{"retries": 0, "max_attempts": 3, "hedge": "off", "continuation": "continue",'
    ' "first_token_timeout": "500ms", "idle_timeout": "5s", "unsupported": "drop"}'
)
OVERRIDES = Overrides(
    retries=0,
    max_attempts=3,
    hedge=False,
    continuation=Continuation.CONTINUE,
    first_token_timeout=0.5,
    idle_timeout=5.0,
    unsupported=Unsupported.DROP,
)


def of_http(*headers: tuple[str, str]) -> Options:
    return options_of(RequestHeaders([(name.encode(), value.encode("latin-1")) for name, value in headers]))


def of_rpc(
    options: pb.Options | None = None, *, remaining: float | None = None, metadata: dict[str, str] | None = None
) -> Options:
    return to_options(options or pb.Options(), metadata or {}, remaining)


def test_who_asks_nothing_gets_the_defaults() -> None:
    assert of_http() == of_rpc() == Options()


def test_every_header_is_read() -> None:
    assert of_http(
        ("x-seawall-timeout", "2.5"),
        ("x-seawall-criticality", "sheddable"),
        ("x-seawall-session", "chat 7"),
        ("x-seawall-policy", WHOLE_POLICY),
        ("cache-control", "No-Store, max-age=0"),
        ("cache-control", "no-cache"),
        ("idempotency-key", "k-1"),
    ) == Options(
        timeout=2.5,
        criticality=Criticality.SHEDDABLE,
        session="chat 7",
        overrides=OVERRIDES,
        no_store=True,
        no_cache=True,
        idempotency_key="k-1",
    )


def test_every_field_of_an_rpc_is_read() -> None:
    options = pb.Options(
        timeout=Duration(seconds=2, nanos=500_000_000),
        criticality="critical",
        session="chat 7",
        policy=pb.PolicyOverrides(
            retries=0,
            max_attempts=3,
            hedge="off",
            continuation="continue",
            first_token_timeout=Duration(nanos=500_000_000),
            idle_timeout=Duration(seconds=5),
            unsupported="drop",
        ),
        no_store=True,
        idempotency_key="k-1",
    )
    assert of_rpc(options, metadata={"idempotency-key": "k-1"}) == Options(
        timeout=2.5,
        criticality=Criticality.CRITICAL,
        session="chat 7",
        overrides=OVERRIDES,
        no_store=True,
        idempotency_key="k-1",
    )


def test_the_lesser_of_option_and_deadline_counts() -> None:
    two = pb.Options(timeout=Duration(seconds=2))
    assert [of_rpc(two, remaining=remaining).timeout for remaining in (1.0, 3.0, None)] == [1.0, 2.0, 2.0]
    assert of_rpc(remaining=3.0).timeout == 3.0


@pytest.mark.parametrize(
    ("name", "value", "param"),
    [
        ("x-seawall-timeout", "0", "x-seawall-timeout"),
        ("x-seawall-timeout", "nan", "x-seawall-timeout"),
        ("x-seawall-timeout", "3601", "x-seawall-timeout"),
        ("x-seawall-timeout", "soon", "x-seawall-timeout"),
        ("x-seawall-criticality", "urgent", "x-seawall-criticality"),
        ("x-seawall-session", "s" * 256, "x-seawall-session"),
        ("x-seawall-session", "s\xe9", "x-seawall-session"),
        ("x-seawall-policy", "{", "x-seawall-policy"),
        ("x-seawall-policy", "[]", "x-seawall-policy"),
        ("x-seawall-policy", "[" * 100_000, "x-seawall-policy"),
        ("x-seawall-policy", '{"retires": 1}', "x-seawall-policy"),
        ("x-seawall-policy", '{"retries": "1"}', "x-seawall-policy"),
        ("x-seawall-policy", '{"retries": 11}', "x-seawall-policy.retries"),
        ("x-seawall-policy", '{"retries": -1}', "x-seawall-policy.retries"),
        ("x-seawall-policy", '{"max_attempts": 0}', "x-seawall-policy.max_attempts"),
        ("x-seawall-policy", '{"hedge": "on"}', "x-seawall-policy.hedge"),
        ("x-seawall-policy", '{"continuation": ""}', "x-seawall-policy.continuation"),
        ("x-seawall-policy", '{"unsupported": "keep"}', "x-seawall-policy.unsupported"),
        ("x-seawall-policy", '{"idle_timeout": "5"}', "x-seawall-policy.idle_timeout"),
        ("x-seawall-policy", '{"first_token_timeout": "0s"}', "x-seawall-policy.first_token_timeout"),
        ("x-seawall-policy", '{"idle_timeout": "999999999h"}', "x-seawall-policy.idle_timeout"),
        ("idempotency-key", "", "idempotency-key"),
        ("idempotency-key", "k" * 256, "idempotency-key"),
        ("idempotency-key", "k\t", "idempotency-key"),
    ],
)
def test_a_header_that_is_wrong_is_the_callers_fault_and_named(name: str, value: str, param: str) -> None:
    with pytest.raises(Failure) as raised:
        of_http((name, value))
    assert (raised.value.reason, raised.value.detail) == (Reason.INVALID_REQUEST, {"param": param})


@pytest.mark.parametrize(
    ("options", "param"),
    [
        (pb.Options(timeout=Duration()), "options.timeout"),
        (pb.Options(timeout=Duration(seconds=-1)), "options.timeout"),
        (pb.Options(timeout=Duration(seconds=10**18)), "options.timeout"),
        (pb.Options(criticality="urgent"), "options.criticality"),
        (pb.Options(session="\n"), "options.session"),
        (pb.Options(policy=pb.PolicyOverrides(retries=-1)), "options.policy.retries"),
        (pb.Options(policy=pb.PolicyOverrides(max_attempts=0)), "options.policy.max_attempts"),
        (pb.Options(policy=pb.PolicyOverrides(hedge="on")), "options.policy.hedge"),
        (pb.Options(policy=pb.PolicyOverrides(continuation="on")), "options.policy.continuation"),
        (pb.Options(policy=pb.PolicyOverrides(unsupported="keep")), "options.policy.unsupported"),
        (pb.Options(policy=pb.PolicyOverrides(idle_timeout=Duration())), "options.policy.idle_timeout"),
        (pb.Options(idempotency_key="\u00e9"), "options.idempotency_key"),
        (pb.Options(idempotency_key="other"), "options.idempotency_key"),
    ],
)
def test_a_field_that_is_wrong_is_the_callers_fault_and_named(options: pb.Options, param: str) -> None:
    with pytest.raises(Failure) as raised:
        of_rpc(options, metadata={"idempotency-key": "k"} if options.idempotency_key == "other" else {})
    assert (raised.value.reason, raised.value.detail) == (Reason.INVALID_REQUEST, {"param": param})
