"""What RPCs ask, in the domain's words. Everything here raises Failure(INVALID_REQUEST or NOT_FOUND)."""

import re
from datetime import UTC, datetime

from google.protobuf.timestamp_pb2 import Timestamp
from pydantic import BaseModel, ConfigDict, Field

from events.requests import Outcome
from resilience.errors import Failure, Reason
from seawall.monitor.v1.monitor_pb2 import ListRequestsRequest, QueryUsageRequest
from seawall.monitor.v1.monitor_pb2 import UsageGroup as WireGroup
from services.monitor.domain.ledger import Position, RequestFilter
from services.monitor.domain.usage import DEFAULT_RANGE, UsageGroup, UsageQuery

_ID = r"[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?"
_PARENT = re.compile(rf"organizations/({_ID})")
_REQUEST = re.compile(rf"organizations/({_ID})/requests/([A-Za-z0-9_.:-]{{1,128}})")

_GROUPS = {
    WireGroup.USAGE_GROUP_PROJECT: UsageGroup.PROJECT,
    WireGroup.USAGE_GROUP_MODEL: UsageGroup.MODEL,
    WireGroup.USAGE_GROUP_KEY: UsageGroup.KEY,
    WireGroup.USAGE_GROUP_TARGET: UsageGroup.TARGET,
    WireGroup.USAGE_GROUP_HOUR: UsageGroup.HOUR,
    WireGroup.USAGE_GROUP_DAY: UsageGroup.DAY,
}


class RequestsCursor(BaseModel):
    """Page token of ListRequests."""

    model_config = ConfigDict(extra="forbid")

    finished_ms: int = Field(ge=-(2**62), le=2**62)
    request_id: str

    @classmethod
    def at(cls, position: Position) -> "RequestsCursor":
        """The cursor of `position`."""
        return cls(finished_ms=position.finished_ms, request_id=position.request_id)

    def position(self) -> Position:
        """Where it points."""
        return Position(self.finished_ms, self.request_id)


class TargetsCursor(BaseModel):
    """Page token of ListTargetHealth."""

    model_config = ConfigDict(extra="forbid")

    target: str


def organization_of(parent: str) -> str:
    """The organization that `organizations/{id}` names."""
    found = _PARENT.fullmatch(parent)
    if found is None:
        raise _invalid("parent", f"parent must be organizations/{{id}}, not {parent!r}.")
    return found[1]


def request_of(name: str) -> tuple[str, str]:
    """Organization and request id of `organizations/{id}/requests/{request_id}`."""
    found = _REQUEST.fullmatch(name)
    if found is None:
        raise _invalid("name", f"name must be organizations/{{id}}/requests/{{request_id}}, not {name!r}.")
    return found[1], found[2]


def usage_query(request: QueryUsageRequest, now: datetime) -> UsageQuery:
    """What QueryUsage asks."""
    end = _moment("end_time", request.end_time) if request.HasField("end_time") else now
    start = _moment("start_time", request.start_time) if request.HasField("start_time") else end - DEFAULT_RANGE
    return UsageQuery(
        organization=organization_of(request.parent),
        start=start,
        end=end,
        group_by=frozenset(_group(group) for group in request.group_by),
        project=_text("project", request.project),
        model=_text("model", request.model),
        key=_text("key", request.key),
    )


def request_filter(request: ListRequestsRequest) -> RequestFilter:
    """What ListRequests asks."""
    outcomes = {outcome.value: outcome for outcome in Outcome}
    if request.outcome and request.outcome not in outcomes:
        raise _invalid("outcome", f"outcome must be one of {', '.join(outcomes)}, not {request.outcome!r}.")
    return RequestFilter(
        organization=organization_of(request.parent),
        project=_text("project", request.project),
        model=_text("model", request.model),
        key=_text("key", request.key),
        outcome=outcomes.get(request.outcome),
    )


def _group(value: int) -> UsageGroup:
    try:
        return _GROUPS[WireGroup.ValueType(value)]
    except KeyError as error:
        raise _invalid("group_by", "group_by holds a value that is no group.") from error


def _moment(field: str, value: Timestamp) -> datetime:
    try:
        moment = value.ToDatetime(UTC)
        # A range before the first day has no default start.
        return max(moment, datetime.min.replace(tzinfo=UTC) + DEFAULT_RANGE)
    except (ValueError, OverflowError) as error:
        raise _invalid(field, f"{field} is not a moment between the years 1 and 9999.") from error


def _text(field: str, value: str) -> str:
    if "\x00" in value:
        raise _invalid(field, f"{field} holds a NUL.")
    return value


def _invalid(field: str, message: str) -> Failure:
    return Failure(Reason.INVALID_REQUEST, message, detail={"field": field})
