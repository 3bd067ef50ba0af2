"""What a service is better without though it may be installed; a service's `__main__` imports this before all else.

structlog imports rich where it finds it, to show tracebacks that no service shows: 7 MB for nothing, in each process.
The images do not have rich; a developer's machine has it, for the `seawall` command.
"""

import sys

sys.modules["rich"] = None  # type: ignore[assignment]  # Python's own way to say that a module is not there
import structlog  # noqa: E402, F401 - it looks for rich once, as it is imported

del sys.modules["rich"]
