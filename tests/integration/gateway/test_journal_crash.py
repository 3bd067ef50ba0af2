"""kill -9 in the middle of appends: what was acknowledged is there, in order."""

import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from services.gateway.adapters.journal.store import BATCH_RECORDS
from tests.unit.gateway.journal_records import ids, read_all

ROOT = Path(__file__).parents[3]


@contextmanager
def writer(*arguments: Path) -> Iterator[subprocess.Popen[bytes]]:
    command = [sys.executable, "-m", "tests.integration.gateway.journal_writer", *map(str, arguments)]
    process = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE)
    try:
        yield process
    finally:
        process.kill()
        process.wait(10)


def run_until(lines: int, *arguments: Path, and_also: Callable[[], bool] = lambda: True) -> list[int]:
    """Kill the writer once it has acknowledged `lines` appends and that holds; what it acknowledged up to its death."""
    with writer(*arguments) as process:
        assert process.stdout
        acknowledged: list[int] = []
        while len(acknowledged) < lines or not and_also():
            acknowledged.append(int(process.stdout.readline()))
        process.kill()
        rest = process.stdout.read().split(b"\n")
        return acknowledged + [int(line) for line in rest[:-1]]


@pytest.mark.parametrize("lines", [1, 17, 400, 3001, 9000])
def test_every_acknowledged_append_survives_kill_9(tmp_path: Path, lines: int) -> None:
    acknowledged = run_until(lines, tmp_path / "journal")
    kept = ids(read_all(tmp_path / "journal"))
    assert kept == list(range(len(kept))), "a gap, a repetition or another order"
    assert set(acknowledged) <= set(kept)
    assert len(acknowledged) >= lines


def test_shipping_through_kill_9_repeats_at_most_a_batch_and_loses_nothing(tmp_path: Path) -> None:
    journal, shipped = tmp_path / "journal", tmp_path / "shipped"
    acknowledged = run_until(
        8000, journal, shipped, and_also=lambda: shipped.exists() and shipped.stat().st_size > 10_000
    )
    first = [int(line[1:]) for line in lines_of(shipped)]
    rest = ids(read_all(journal))
    told = first + rest
    assert set(acknowledged) <= set(told)
    assert set(told) == set(range(max(told) + 1))
    assert first == list(range(len(first)))
    repeated = len(told) - len(set(told))
    assert repeated <= BATCH_RECORDS


def lines_of(path: Path) -> list[bytes]:
    """The whole lines of the file at `path`."""
    return path.read_bytes().split(b"\n")[:-1]
