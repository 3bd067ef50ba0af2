"""Records for the journal's tests, and what a journal's directory reads back as."""

from pathlib import Path

from events.cloudevents import Record
from services.gateway.adapters.journal.store import Store


def record(number: int, size: int = 40) -> Record:
    return Record("seawall.requests.v1", f"r{number}".encode(), b"v" * size, {"ce_id": f"r{number}"})


def ids(records: list[Record]) -> list[int]:
    return [int(item.key[1:]) for item in records]


def read_all(directory: Path) -> list[Record]:
    """Open the journal in `directory` as a new process would, read all that waits, ship nothing."""
    store = Store(directory, segment_bytes=1 << 20)
    try:
        found: list[Record] = []
        while batch := store.read():
            found += batch.records
            store.advance(batch, sync=False)
        return found
    finally:
        store.close()


def set_aside(directory: Path) -> list[Path]:
    """Files of bytes that could not be read."""
    return list(directory.glob("*.corrupt"))
