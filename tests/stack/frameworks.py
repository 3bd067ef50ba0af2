"""The environment of the packages that pin SDKs, and so cannot be in the one that tests run in."""

import os
from pathlib import Path

ROOT = Path(__file__).parents[2]
PYTHON = Path(os.environ.get("SEAWALL_CACHE_DIR") or ROOT / ".cache") / "frameworks" / "bin" / "python"
"""Its interpreter; `make setup-test` makes it."""
