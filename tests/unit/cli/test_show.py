"""Messages of the API as JSON and as cells of tables."""

from datetime import UTC, datetime, timedelta

from cli.show import NONE, as_dict, dollars, enum_of, id_of, milliseconds_of, time_of, timestamp
from seawall.monitor.v1 import monitor_pb2


def test_json_has_proto_names_numbers_and_every_field() -> None:
    request = monitor_pb2.Request(
        name="organizations/o/requests/r",
        usage=monitor_pb2.Usage(input_tokens=5_000_000_000),
        attempts=[monitor_pb2.Attempt(number=1, usage=monitor_pb2.Usage(output_tokens=7))],
    )

    told = as_dict(request)

    assert told["usage"]["input_tokens"] == 5_000_000_000
    assert told["attempts"][0]["usage"]["output_tokens"] == 7
    assert told["cost_usd"] == ""
    assert told["plan"] == []


def test_numbers_in_maps_are_numbers() -> None:
    health = monitor_pb2.TargetHealth(target="a/b", attempts=3, failures_by_reason={"vendor_error": 2})

    assert as_dict(health)["failures_by_reason"] == {"vendor_error": 2}


def test_what_is_absent_shows_as_a_dash() -> None:
    request = monitor_pb2.Request()

    assert (time_of(request, "start_time"), milliseconds_of(request, "duration"), dollars("")) == (NONE, NONE, NONE)


def test_durations_show_in_milliseconds() -> None:
    request = monitor_pb2.Request()
    request.duration.FromTimedelta(timedelta(seconds=1.5))

    assert milliseconds_of(request, "duration") == "1500 ms"


def test_times_survive_the_way_into_a_message() -> None:
    moment = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)

    assert timestamp(moment).ToDatetime(UTC) == moment


def test_names_show_short() -> None:
    assert id_of("organizations/o/projects/p/keys/k") == "k"
    assert enum_of("VERDICT_DOWN", "VERDICT") == "down"
