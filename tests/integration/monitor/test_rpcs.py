"""MonitorService over real gRPC: what is asked wrongly, whose names are whose, pages."""

from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from google.protobuf.timestamp_pb2 import Timestamp

from chassis.grpc.client import Peer
from chassis.grpc.server import GrpcServer
from chassis.health import Health
from chassis.principal import Principal, Role
from chassis.startup import StartUp
from chassis.storage.database import Database
from chassis.storage.tables import Tables
from events.base import Money, Tokens
from events.requests import Cause, Outcome
from resilience.clock import VirtualClock
from resilience.errors import Failure, Reason
from seawall.monitor.v1 import monitor_pb2 as wire
from seawall.monitor.v1.monitor_pb2_grpc import MonitorServiceStub
from services.monitor.adapters.sql.bench import SqlBench
from services.monitor.adapters.sql.books import SqlBooks
from services.monitor.adapters.sql.breakers import SqlBreakers
from services.monitor.adapters.sql.health import SqlHealthReader
from services.monitor.adapters.sql.reader import SqlLedgerReader
from services.monitor.adapters.sql.tables import TABLES
from services.monitor.application.judge_targets import JudgeTargets
from services.monitor.application.query_usage import QueryUsage
from services.monitor.application.read_health import ReadHealth
from services.monitor.application.read_requests import ReadRequests
from services.monitor.application.record_requests import RecordRequests
from services.monitor.bootstrap import VERSIONS
from services.monitor.entrypoints.grpc import SERVICE, MonitorServicer
from services.monitor.settings import Settings
from tests.stack.eventually import PATIENCE
from tests.unit.monitor.facts import START, attempt, finished

ACME = "organizations/acme"
VIEWER = Principal(organization="acme", project="shop", key="ci", role=Role.VIEWER)


class Monitor:
    """A served MonitorService and what a caller needs of it."""

    def __init__(self, peer: Peer, record: RecordRequests, judge: JudgeTargets) -> None:
        self.record = record
        self.judge = judge
        self._peer = peer
        self._stub = MonitorServiceStub(peer.channel)

    async def call(self, method: str, request: Any, principal: Principal | None = VIEWER) -> Any:
        return await self._peer.call(getattr(self._stub, method), request, timeout=PATIENCE, principal=principal)


@pytest.fixture
async def monitor(db: Database, tables: Tables) -> AsyncIterator[Monitor]:
    clock = VirtualClock(START + timedelta(seconds=30))
    ledger = SqlLedgerReader(db, tables)
    servicer = MonitorServicer(
        QueryUsage(ledger), ReadRequests(ledger), ReadHealth(SqlHealthReader(db, tables), clock), clock
    )
    server = GrpcServer(
        Settings(grpc_address="127.0.0.1:0"),
        Health(),
        add=[servicer.add_to],
        services=[SERVICE],
    )
    async with server, Peer(f"127.0.0.1:{server.port}") as peer:
        yield Monitor(
            peer,
            RecordRequests(SqlBooks(db, tables), clock),
            JudgeTargets(SqlBench(db, told=lambda: None), SqlBreakers(db, tables), clock),
        )


def at(moment: datetime) -> Timestamp:
    found = Timestamp()
    found.FromDatetime(moment)
    return found


@pytest.mark.parametrize(
    ("method", "request_", "field"),
    [
        ("QueryUsage", wire.QueryUsageRequest(parent="acme"), "parent"),
        ("QueryUsage", wire.QueryUsageRequest(parent="organizations/acme/projects/x"), "parent"),
        ("QueryUsage", wire.QueryUsageRequest(parent="organizations/"), "parent"),
        ("QueryUsage", wire.QueryUsageRequest(parent="organizations/A b"), "parent"),
        ("QueryUsage", wire.QueryUsageRequest(parent=ACME, start_time=at(START), end_time=at(START)), "start_time"),
        ("QueryUsage", wire.QueryUsageRequest(parent=ACME, start_time=Timestamp(seconds=2**60)), "start_time"),
        ("QueryUsage", wire.QueryUsageRequest(parent=ACME, end_time=Timestamp(nanos=-1)), "end_time"),
        ("QueryUsage", wire.QueryUsageRequest(parent=ACME, group_by=[wire.USAGE_GROUP_UNSPECIFIED]), "group_by"),
        ("QueryUsage", wire.QueryUsageRequest(parent=ACME, group_by=[99]), "group_by"),  # type: ignore[list-item]  # wrong on purpose
        ("QueryUsage", wire.QueryUsageRequest(parent=ACME, project="a\x00b"), "project"),
        ("ListRequests", wire.ListRequestsRequest(parent=ACME, outcome="ok"), "outcome"),
        ("ListRequests", wire.ListRequestsRequest(parent=ACME, page_size=-1), "page_size"),
        ("ListRequests", wire.ListRequestsRequest(parent=ACME, page_token="!"), "page_token"),
        ("ListTargetHealth", wire.ListTargetHealthRequest(parent=ACME, page_token="e30"), "page_token"),
        ("GetRequest", wire.GetRequestRequest(name=ACME), "name"),
        ("GetRequest", wire.GetRequestRequest(name=f"{ACME}/requests/"), "name"),
        ("ExplainRequest", wire.ExplainRequestRequest(name=ACME), "name"),
    ],
)
async def test_what_is_asked_wrongly_is_an_invalid_request_that_names_the_field(
    monitor: Monitor, method: str, request_: Any, field: str
) -> None:
    with pytest.raises(Failure) as failure:
        await monitor.call(method, request_, principal=None)
    assert failure.value.reason is Reason.INVALID_REQUEST, failure.value.message
    assert failure.value.detail == {"field": field}


@pytest.mark.parametrize("end", [Timestamp(seconds=-62135596800), Timestamp(seconds=253402300799)])
async def test_the_ends_of_time_can_be_asked_for(monitor: Monitor, end: Timestamp) -> None:
    answer = await monitor.call("QueryUsage", wire.QueryUsageRequest(parent=ACME, end_time=end))
    assert answer.rows[0].requests == 0


async def test_usage_of_the_last_day_is_the_default(monitor: Monitor) -> None:
    old = START - timedelta(hours=25)
    await monitor.record(
        [
            finished("new", attempt(), cost=Money(amount="0.1")),
            finished("unpriced", attempt(), cost=None),
            finished("old", started_at=old),
        ]
    )
    ask = wire.QueryUsageRequest(parent="organizations/-", group_by=[wire.USAGE_GROUP_HOUR, wire.USAGE_GROUP_TARGET])
    (row,) = (await monitor.call("QueryUsage", ask)).rows
    assert (row.requests, row.unpriced_requests, row.cost_usd, row.target) == (2, 1, "0.1", "a/m")
    assert row.time.ToDatetime(UTC) == START.replace(minute=0)


async def test_another_organizations_names_do_not_exist(monitor: Monitor) -> None:
    await monitor.record([finished("r", organization="other")])
    for method, request in (
        ("QueryUsage", wire.QueryUsageRequest(parent="organizations/other")),
        ("ListRequests", wire.ListRequestsRequest(parent="organizations/other")),
        ("ListTargetHealth", wire.ListTargetHealthRequest(parent="organizations/other")),
        ("GetRequest", wire.GetRequestRequest(name="organizations/other/requests/r")),
        ("GetRequest", wire.GetRequestRequest(name="organizations/-/requests/r")),
    ):
        with pytest.raises(Failure) as failure:
            await monitor.call(method, request)
        assert failure.value.reason is Reason.NOT_FOUND


async def test_requests_are_listed_by_pages_and_shown_whole_one_by_one(monitor: Monitor) -> None:
    await monitor.record(
        [finished(f"r{number}", attempt(started_at=START + timedelta(seconds=number))) for number in range(7)]
    )
    await monitor.record(
        [
            finished(
                "failed",
                attempt(reason=Reason.VENDOR_TIMEOUT, started_at=START - timedelta(seconds=1)),
                outcome=Outcome.FAILED,
                reason=Reason.VENDOR_TIMEOUT,
                target=None,
                cost=None,
            )
        ]
    )
    names, token = [], ""
    while True:
        ask = wire.ListRequestsRequest(parent="organizations/-", page_size=3, page_token=token)
        answer = await monitor.call("ListRequests", ask)
        names += [request.name for request in answer.requests]
        assert not any(request.attempts or request.plan for request in answer.requests)
        if not (token := answer.next_page_token):
            break
    assert names == [f"{ACME}/requests/{one}" for one in ("r6", "r5", "r4", "r3", "r2", "r1", "r0", "failed")]

    ask = wire.ListRequestsRequest(parent="organizations/-", outcome="failed")
    (failed,) = (await monitor.call("ListRequests", ask)).requests
    whole = (await monitor.call("GetRequest", wire.GetRequestRequest(name=failed.name))).request
    assert (whole.reason, whole.target, whole.cost_usd) == ("vendor_timeout", "", "")
    assert [(one.target, one.outcome, one.reason) for one in whole.attempts] == [("a/m", "failed", "vendor_timeout")]
    assert [one.explanation for one in whole.plan] == ["as ordered"]


async def test_a_request_is_explained_beside_all_that_is_known_of_it(monitor: Monitor) -> None:
    first = attempt(
        "a/m", reason=Reason.VENDOR_OVERLOADED, cause=Cause.FIRST, tokens=Tokens(input=4), tokens_estimated=True
    )
    second = attempt("b/m", number=2, cause=Cause.CONTINUATION)
    went_on = finished(
        *("r", first, second),
        criticality="batch",
        continued_at=40,
        degraded="smaller_model",
        operation="text_completion",
    )
    await monitor.record([went_on])
    name = f"{ACME}/requests/r"
    explained = await monitor.call("ExplainRequest", wire.ExplainRequestRequest(name=name))
    assert explained.request == (await monitor.call("GetRequest", wire.GetRequestRequest(name=name))).request
    told = explained.request
    assert (told.criticality, told.continued_at, told.degraded, told.cache) == ("batch", 40, "smaller_model", "")
    assert told.operation == "text_completion"
    assert [(one.cause, one.usage_estimated) for one in told.attempts] == [("first", True), ("continuation", False)]
    sentences = "\n".join(explained.sentences)
    assert "the vendor said that it is overloaded (vendor_overloaded)" in sentences
    assert "had b/m go on with the answer, which had broken off after 40 characters" in sentences
    with pytest.raises(Failure) as failure:
        await monitor.call("ExplainRequest", wire.ExplainRequestRequest(name=f"{ACME}/requests/other"))
    assert failure.value.reason is Reason.NOT_FOUND


async def test_the_health_of_targets_is_listed(monitor: Monitor) -> None:
    now = START + timedelta(seconds=29)
    await monitor.record(
        [
            finished(
                f"{target}{number}", attempt(target, started_at=now, reason=reason, duration_ms=50, first_token_ms=10)
            )
            for target, reason in (("a/m", Reason.VENDOR_ERROR), ("b/m", None))
            for number in range(6)
        ]
    )
    await monitor.judge()
    first = await monitor.call("ListTargetHealth", wire.ListTargetHealthRequest(parent=ACME, page_size=1))
    (down,) = first.targets
    rest = wire.ListTargetHealthRequest(parent=ACME, page_size=1, page_token=first.next_page_token)
    second = await monitor.call("ListTargetHealth", rest)
    (healthy,) = second.targets
    assert second.next_page_token == ""
    assert (down.target, down.verdict, down.failures) == ("a/m", wire.VERDICT_DOWN, 6)
    assert down.explanation == "6 of 6 attempts failed in the last 5 s, all vendor_error."
    assert dict(down.failures_by_reason) == {"vendor_error": 6}
    assert not down.HasField("latency")
    assert (healthy.target, healthy.verdict, healthy.attempts) == ("b/m", wire.VERDICT_HEALTHY, 6)
    assert healthy.latency.p50.ToTimedelta() / timedelta(milliseconds=50) == pytest.approx(1, rel=0.02)
    assert healthy.window.seconds == 60


async def test_before_the_tables_are_there_every_rpc_says_unavailable(tmp_path: Path) -> None:
    async with Database(f"sqlite+aiosqlite:///{tmp_path / 'monitor.db'}", schema="monitor") as db:
        clock = VirtualClock()
        tables = Tables(db, TABLES, VERSIONS, clock, migrates=True)
        reader = SqlLedgerReader(db, tables)
        for attempt_ in (
            lambda: ReadRequests(reader).one("acme", "r"),
            lambda: RecordRequests(SqlBooks(db, tables), clock)([finished("r")]),
            lambda: ReadHealth(SqlHealthReader(db, tables), clock).page("acme", after="", size=1),
        ):
            with pytest.raises(Failure) as failure:
                await attempt_()
            assert failure.value.reason is Reason.UNAVAILABLE
            assert failure.value.retryable


async def test_a_monitor_that_does_not_migrate_waits_until_somebody_did(db: Database) -> None:
    health, clock = Health(), VirtualClock()
    watching = Tables(db, TABLES, VERSIONS, clock, migrates=False)
    start_up = StartUp(watching.make, condition="storage", health=health, clock=clock)
    assert "storage" in health.unmet
    with pytest.raises(Failure, match="not migrated yet"):
        await watching.make()
    await Tables(db, TABLES, VERSIONS, clock, migrates=True).make()
    await start_up.run()
    assert "storage" not in health.unmet
