"""What simulated vendors remember."""

from simulator.recorder import COMPLETED, Recorder


def record(recorder: Recorder, count: int) -> None:
    for number in range(count):
        call, began = recorder.begin("last", "")
        recorder.keep_body(call, b"%d" % number)
        call.outcome, call.prompt_tokens, call.completion_tokens = COMPLETED, 3, 5
        recorder.end(call, began)


def test_old_calls_are_forgotten_but_still_counted() -> None:
    recorder = Recorder(keep=10)
    record(recorder, 25)
    assert [call.number for call in recorder.calls] == list(range(15, 25))
    assert recorder.counters()["calls"] == 25
    assert recorder.counters()["completion_tokens"] == 125


def test_bodies_are_kept_for_the_latest_calls_only() -> None:
    recorder = Recorder(keep_bodies=2)
    record(recorder, 5)
    assert [call.body for call in recorder.calls] == [None, None, None, b"3", b"4"]


def test_the_latest_calls_are_listed_oldest_first() -> None:
    recorder = Recorder()
    record(recorder, 5)
    assert [call.number for call in recorder.latest(2)] == [3, 4]
    assert len(recorder.latest(50)) == 5


def test_a_call_is_timed_from_its_beginning_to_its_end() -> None:
    now = iter([10.0, 12.5])
    recorder = Recorder(wall=lambda: 1_700_000_000.0, monotonic=lambda: next(now))
    call, began = recorder.begin("", "")
    recorder.end(call, began)
    assert (call.time, call.seconds) == (1_700_000_000.0, 2.5)


def test_forgetting_keeps_calls_in_flight_in_the_count() -> None:
    recorder = Recorder()
    record(recorder, 3)
    call, began = recorder.begin("", "")
    recorder.forget()
    assert (recorder.counters()["calls"], recorder.counters()["in_flight"], recorder.calls) == (1, 1, ())
    call.outcome = COMPLETED
    recorder.end(call, began)
    assert (recorder.counters()["completed"], recorder.counters()["in_flight"]) == (1, 0)
