"""A service's log as a person reads it."""

import json

from cli.embedded.log_lines import readable


def test_structured_line_reads_as_text_with_the_last_words_of_its_stack() -> None:
    line = json.dumps(
        {
            "cause": "A is not set",
            "event": "cannot start",
            "level": "error",
            "timestamp": "2026-01-01T00:00:00Z",
            "service": "config",
            "exception": "Traceback:\n  File x\nFailure: A is not set\n",
        }
    )

    assert readable(line) == "error: cannot start; cause=A is not set; Failure: A is not set"


def test_any_other_line_stays_as_it_is() -> None:
    for line in ("Segmentation fault", '{"no": "event"}', "[]", ""):
        assert readable(line) == line
