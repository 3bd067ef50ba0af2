"""The journal's files: what was written is read back, whatever happened to the file in between."""

import os
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from services.gateway.adapters.journal import JournalTakenError, frame
from services.gateway.adapters.journal.store import Store
from tests.unit.gateway.journal_records import ids, read_all, record


def write(directory: Path, numbers: range, *, segment_bytes: int = 1 << 20) -> None:
    store = Store(directory, segment_bytes=segment_bytes)
    for number in numbers:
        store.write(frame.encode(record(number), 1.0), 1.0)
    store.close()


def segments(directory: Path) -> list[Path]:
    return sorted(path for path in directory.glob("*.log") if path.stat().st_size)


def test_records_come_back_as_they_were_appended(tmp_path: Path) -> None:
    write(tmp_path, range(5))
    assert read_all(tmp_path) == [record(number) for number in range(5)]


def test_a_tail_torn_at_any_byte_loses_only_the_record_it_is_of(tmp_path: Path) -> None:
    write(tmp_path / "whole", range(3))
    data = segments(tmp_path / "whole")[0].read_bytes()
    length = len(data) // 3
    for cut in range(len(data) + 1):
        directory = tmp_path / str(cut)
        directory.mkdir()
        (directory / "1.log").write_bytes(data[:cut])
        assert ids(read_all(directory)) == list(range(cut // length))
        assert not list(directory.glob("*.corrupt")), "a torn record is not damage"


@settings(max_examples=150, deadline=None)
@given(at=st.integers(min_value=0), flip=st.integers(min_value=1, max_value=255))
def test_a_damaged_byte_loses_only_its_record_and_the_damage_is_kept(
    tmp_path_factory: pytest.TempPathFactory, at: int, flip: int
) -> None:
    directory = tmp_path_factory.mktemp("damaged")
    write(directory, range(4))
    path = segments(directory)[0]
    data = bytearray(path.read_bytes())
    length = len(data) // 4
    hit = at % (3 * length)  # not in the last record, whose damage may look like a tear
    data[hit] ^= flip
    path.write_bytes(data)
    lost = hit // length
    assert ids(read_all(directory)) == [number for number in range(4) if number != lost]
    aside = list(directory.glob("*.corrupt"))
    assert [file.read_bytes() for file in aside] == [bytes(data[lost * length : (lost + 1) * length])]


def test_zeros_that_power_loss_left_are_set_aside(tmp_path: Path) -> None:
    write(tmp_path, range(2))
    path = segments(tmp_path)[0]
    with path.open("ab") as file:
        file.write(bytes(500))
    assert ids(read_all(tmp_path)) == [0, 1]
    assert next(tmp_path.glob("*.corrupt")).read_bytes() == bytes(500)


@settings(max_examples=60, deadline=None)
@given(junk=st.binary(max_size=200))
def test_any_bytes_after_the_last_record_leave_all_records(
    tmp_path_factory: pytest.TempPathFactory, junk: bytes
) -> None:
    directory = tmp_path_factory.mktemp("junk")
    write(directory, range(3))
    with segments(directory)[0].open("ab") as file:
        file.write(junk)
    assert ids(read_all(directory)) == [0, 1, 2]


def test_segments_rotate_and_vanish_once_they_are_shipped(tmp_path: Path) -> None:
    store = Store(tmp_path, segment_bytes=500)
    for number in range(50):
        store.write(frame.encode(record(number), 1.0), 1.0)
    assert len(segments(tmp_path)) > 5
    seen = []
    while batch := store.read():
        seen += ids(batch.records)
        store.advance(batch, sync=False)
    assert seen == list(range(50))
    assert len(list(tmp_path.glob("*.log"))) == 1
    store.write(frame.encode(record(50), 1.0), 1.0)
    assert ids(store.read().records) == [50]  # type: ignore[union-attr]
    store.close()


def test_what_is_shipped_is_not_read_after_a_restart(tmp_path: Path) -> None:
    store = Store(tmp_path, segment_bytes=300)
    for number in range(20):
        store.write(frame.encode(record(number), 1.0), 1.0)
    shipped = []
    for _ in range(3):
        batch = store.read(max_records=2)
        assert batch
        shipped += ids(batch.records)
        store.advance(batch, sync=True)
    unshipped = store.read(max_records=2)
    assert unshipped
    store.close()
    assert shipped + ids(read_all(tmp_path)) == list(range(20))


@pytest.mark.parametrize("damage", [b"", b"x" * 7, b"y" * 20])
def test_an_unreadable_position_ships_everything_again(tmp_path: Path, damage: bytes) -> None:
    write(tmp_path, range(3))
    (tmp_path / "position").write_bytes(damage)
    assert ids(read_all(tmp_path)) == [0, 1, 2]


def test_a_position_beyond_what_power_loss_left_hides_no_later_record(tmp_path: Path) -> None:
    store = Store(tmp_path, segment_bytes=1 << 20)
    for number in range(4):
        store.write(frame.encode(record(number), 1.0), 1.0)
    batch = store.read()
    assert batch
    store.advance(batch, sync=False)
    store.close()
    path = segments(tmp_path)[0]
    os.truncate(path, path.stat().st_size // 2)
    write(tmp_path, range(10, 14))
    assert ids(read_all(tmp_path)) == [10, 11, 12, 13]


def test_damage_that_appears_while_running_is_stepped_over(tmp_path: Path) -> None:
    store = Store(tmp_path, segment_bytes=1 << 20)
    for number in range(6):
        store.write(frame.encode(record(number), 1.0), 1.0)
    first = store.read(max_records=1)
    assert first
    store.advance(first, sync=False)
    path = segments(tmp_path)[0]
    length = path.stat().st_size // 6
    with path.open("r+b") as file:
        file.seek(length + 15)
        file.write(b"\x00\x00")
    rest = []
    while batch := store.read():
        rest += ids(batch.records)
        store.advance(batch, sync=False)
    store.write(frame.encode(record(6), 1.0), 1.0)
    assert rest == [2, 3, 4, 5]
    assert store.waiting == 1
    assert list(tmp_path.glob("*.corrupt"))
    store.close()
    assert ids(read_all(tmp_path)) == [6]


def test_a_journal_in_use_is_refused_with_the_holder_named(tmp_path: Path) -> None:
    store = Store(tmp_path, segment_bytes=1 << 20)
    with pytest.raises(JournalTakenError, match=f"process {os.getpid()}"):
        Store(tmp_path, segment_bytes=1 << 20)
    store.close()
    Store(tmp_path, segment_bytes=1 << 20).close()


def test_batches_are_bounded_by_records_and_bytes(tmp_path: Path) -> None:
    store = Store(tmp_path, segment_bytes=1 << 24)
    store.write(b"".join(frame.encode(record(number, size=400_000), 1.0) for number in range(5)), 1.0, records=5)
    sizes = []
    while batch := store.read():
        sizes.append(len(batch.records))
        store.advance(batch, sync=False)
    store.write(b"".join(frame.encode(record(number), 1.0) for number in range(1200)), 1.0, records=1200)
    while batch := store.read():
        sizes.append(len(batch.records))
        store.advance(batch, sync=False)
    assert sizes == [2, 2, 1, 500, 500, 200]
    store.close()
