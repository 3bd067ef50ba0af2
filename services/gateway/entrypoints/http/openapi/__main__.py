"""Writes docs/openapi.json: `python -m services.gateway.entrypoints.http.openapi [--check]`."""

import argparse
import sys
from pathlib import Path

from services.gateway.entrypoints.http.app import CHATS
from services.gateway.entrypoints.http.openapi import render

DOCUMENT = Path(__file__).parents[5] / "docs" / "openapi.json"
STALE = "docs/openapi.json is not up to date: run `python -m services.gateway.entrypoints.http.openapi`"


def main() -> int:
    """Write the document, or with `--check` tell whether the committed one is it."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--check", action="store_true", help="fail where the committed document is not up to date")
    made = render(CHATS)
    if not parser.parse_args().check:
        DOCUMENT.write_text(made)
        return 0
    if DOCUMENT.exists() and DOCUMENT.read_text() == made:
        return 0
    print(STALE, file=sys.stderr)  # noqa: T201 - a program
    return 1


if __name__ == "__main__":
    sys.exit(main())
