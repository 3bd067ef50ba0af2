"""Begins a migration: `python -m chassis.storage.revise VERSIONS MESSAGE` writes the file and prints its path."""

import argparse
from pathlib import Path

from alembic import command
from alembic.script import Script

from chassis.storage.migrate import config_of


def revise(versions: Path, message: str) -> Path:
    """Write an empty migration to `versions`, numbered after the last one there."""
    number = 1 + max((int(file.name[:4]) for file in versions.glob("[0-9][0-9][0-9][0-9]_*.py")), default=0)
    config = config_of(versions)
    config.set_main_option("file_template", "%%(rev)s_%%(slug)s")
    script = command.revision(config, message=message, rev_id=f"{number:04}", version_path=str(versions))
    if not isinstance(script, Script):
        raise TypeError(f"one migration was to be written, not {script!r}")
    return Path(script.path)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("versions", type=Path, help="directory of a service's migrations")
    parser.add_argument("message", help="what the migration does")
    given = parser.parse_args()
    print(revise(given.versions, given.message))  # noqa: T201 - a program
