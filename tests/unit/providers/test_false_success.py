"""Whatever is wrong with a stream, the answer is whole or it fails; what came before is the beginning of it."""

from collections import Counter

import pytest

from resilience.errors import Reason
from services.providers.adapters.openai.stream import ChatStreamDecoder
from services.providers.domain.answer import Frame
from services.providers.domain.failure import VendorFailure
from tests.unit.providers.broken_streams import FAULTS, MAX_EVENT, PLACES, Broken, broken

RUNS = 1_000


def read(case: Broken) -> tuple[list[Frame], Reason | None]:
    """The frames of a stream that ends there, and why it failed."""
    decoder = ChatStreamDecoder(choices=1, usage_hidden=True, max_event=MAX_EVENT)
    frames = list[Frame]()
    try:
        for piece in case.pieces:
            for frame in decoder.feed(piece):
                frames.append(frame)
        frames.extend(decoder.close())
    except VendorFailure as failure:
        return frames, failure.reason
    return frames, None


@pytest.mark.parametrize("place", PLACES)
def test_no_broken_stream_ends_as_a_success_and_no_text_is_garbage(place: str) -> None:
    met = Counter[str]()
    for seed in range(RUNS):
        case = broken(seed, place)
        frames, failed = read(case)
        text = "".join(frame.text for frame in frames)
        ends = [frame.end for frame in frames]
        assert (failed is None) is case.whole, case
        if case.whole:
            assert (text, ends.count(True), ends[-1]) == (case.text, 1, True), case
            assert [frame.finish_reason for frame in frames if frame.finish_reason] == ["stop"], case
        else:
            assert case.text.startswith(text), case
            assert not any(ends), case
        assert not any(b"\n" in frame.data or b"\r" in frame.data for frame in frames), case
        met[case.fault] += 1
    assert set(met) == set(FAULTS)
    assert min(met.values()) > RUNS / len(FAULTS) / 2


def test_a_split_changes_nothing() -> None:
    for seed in range(200):
        case = broken(seed)
        whole = Broken(case.seed, case.fault, case.place, (b"".join(case.pieces),), case.text, case.whole)
        assert read(case) == read(whole), case
