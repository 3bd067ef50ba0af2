"""What a service is better without though it may be installed; a service's `__main__` imports this before all else.

structlog imports rich and greenlet where it finds them, to show tracebacks that no service shows and to keep values
that no service keeps; FastStream imports uvicorn, to run what is not run here, and mocks, for its tests. 8 MB for
nothing in each process. The images have no rich; a developer's machine has it.
"""

import sys
from types import ModuleType

_ABSENT = ("greenlet", "rich")
for _name in _ABSENT:
    sys.modules[_name] = None  # type: ignore[assignment]  # Python's own way to say that a module is not there
import structlog  # noqa: E402, F401 - it looks for them once, as it is imported

for _name in _ABSENT:
    del sys.modules[_name]  # SQLAlchemy, for one, needs greenlet
sys.modules["uvicorn"] = None  # type: ignore[assignment]  # as above

_mocks = ModuleType("unittest.mock")
_mocks.AsyncMock = _mocks.MagicMock = object  # type: ignore[attr-defined]  # for tests to make
sys.modules["unittest.mock"] = _mocks
import faststream.kafka  # noqa: E402, F401 - it takes it as it is imported

del sys.modules["unittest.mock"]
