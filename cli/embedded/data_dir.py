"""What `up` keeps between runs: secrets, ports, the manifest, logs; and that one `up` alone uses it."""

import fcntl
import json
import os
import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import TypeVar

from chassis import keys
from cli.connection import UP_FILE
from cli.problem import Problem

T = TypeVar("T")

_PRIVATE = 0o600


@dataclass(frozen=True)
class Secrets:
    """Made once for a data directory."""

    pepper: str
    """Key digests are keyed with it; another one would make every key unknown."""
    key: str
    """The key `up`."""


@dataclass(frozen=True)
class State:
    """What the last `up` chose."""

    simulator_ports: dict[str, int] = field(default_factory=dict)
    """Vendor → port; kept, because the manifest holds the vendors' addresses."""
    manifest_digest: str = ""
    """Of the manifest as `up` wrote it: while it is the file's, nobody has edited it."""


class DataDir:
    """One directory, made where it is missing, readable by its owner only."""

    def __init__(self, path: Path) -> None:
        self.path = path.absolute()
        self.manifest = self.path / "seawall.yaml"
        self.logs = self.path / "logs"

    @contextmanager
    def locked(self) -> Iterator[None]:
        """Hold the directory. Raises Problem where another `up` does; the lock ends with the process."""
        try:
            self.path.mkdir(mode=0o700, parents=True, exist_ok=True)
            self.logs.mkdir(exist_ok=True)
            lock = (self.path / "lock").open("a")
        except OSError as error:
            raise Problem(
                "data_dir_unusable", f"{self.path}: {error.strerror}", hint="Name another with --data-dir."
            ) from error
        with lock:
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError as error:
                raise Problem(
                    "data_dir_in_use",
                    f"Another `seawall up` runs on {self.path}.",
                    hint="Stop it, or give this one its own --data-dir and ports.",
                ) from error
            try:
                yield
            finally:
                (self.path / UP_FILE).unlink(missing_ok=True)

    def of(self, name: str) -> Path:
        """The part of it that belongs to one process."""
        path = self.path / name
        path.mkdir(exist_ok=True)
        return path

    def secrets(self) -> Secrets:
        """The directory's secrets, made at first."""
        file = self.path / "secrets.json"
        if file.exists():
            return _read(file, Secrets)
        made = Secrets(pepper=secrets.token_hex(32), key=keys.generate())
        self._write(file, asdict(made))
        return made

    def state(self) -> State:
        """What the last run left."""
        file = self.path / "state.json"
        return _read(file, State) if file.exists() else State()

    def keep(self, state: State) -> None:
        """Leave it to the next run."""
        self._write(self.path / "state.json", asdict(state))

    def publish(self, addresses: dict[str, object]) -> None:
        """Tell other commands where this one is, until it ends."""
        self._write(self.path / UP_FILE, addresses)

    def _write(self, file: Path, value: object) -> None:
        """Replace a file whole, so that nobody ever reads half of it."""
        draft = file.with_suffix(".new")
        draft.unlink(missing_ok=True)
        with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, _PRIVATE), "w") as stream:
            json.dump(value, stream)
        draft.replace(file)


def _read(file: Path, kind: type[T]) -> T:
    try:
        return kind(**json.loads(file.read_text()))
    except (OSError, ValueError, TypeError) as error:
        raise Problem(
            "data_dir_damaged",
            f"{file} cannot be read: {error}",
            hint="Remove the data directory to begin anew; what it holds is lost then.",
        ) from error
