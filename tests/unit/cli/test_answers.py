"""Streams of answers, cut wherever the network cuts them."""

import pytest

from cli.answers import Receipt, events

STREAM = (
    b'data: {"choices": [{"delta": {"content": "s\xc3\xbc"}}]}\n\n'
    b': a comment\r\n\r\ndata: {"choices": [{"delta": {"content": "\xc3\x9f"}, "finish_reason": "stop"}]}\r\n\r\n'
    b'data: {"choices": [], "usage": {"prompt_tokens": 3, "completion_tokens": 2}}\n\n'
    b"data: [DONE]\n\n"
)


@pytest.mark.parametrize("size", [1, 7, 1000])
def test_stream_reads_the_same_however_it_is_cut(size: int) -> None:
    receipt = Receipt()

    for event in events(STREAM[at : at + size] for at in range(0, len(STREAM), size)):
        receipt.note(event)

    assert receipt.text == "süß"
    assert (receipt.finish_reason, receipt.input_tokens, receipt.output_tokens) == ("stop", 3, 2)


def test_stream_without_its_end_is_not_taken_for_whole() -> None:
    with pytest.raises(ValueError, match="broke off"):
        list(events([STREAM.removesuffix(b"data: [DONE]\n\n")]))


def test_whole_answer_is_read_like_a_stream() -> None:
    receipt = Receipt()
    message = {"role": "assistant", "content": "hello"}

    receipt.note({"choices": [{"message": message, "finish_reason": "stop"}], "usage": {"prompt_tokens": 1}})

    assert receipt.as_dict()["text"] == "hello"
    assert receipt.as_dict()["output_tokens"] is None
