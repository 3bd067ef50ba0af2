"""The collector of cycles and the C library's heap, set for a process that starts once and serves for long."""

import ctypes
import gc
import sys

YOUNG = 10_000
"""Objects made and not ended before the youngest are looked at. A request leaves no cycles behind, so that Python's own
700 would find nothing thirty times for each thousand requests."""
KEPT = 16 * 1024 * 1024
"""Bytes at the end of the C heap that are free and not given back. By itself the C library gives back so much sooner
that pages for a large body are got anew from the system each time, which costs five times what is done with them."""
FROM_HEAP = 4 * 1024 * 1024
"""Bytes up to which a piece comes from that heap, for the same reason."""
GENERATIONS = 10
"""Looks at a generation before the next older one is looked at too, as Python has it."""

_M_TRIM_THRESHOLD, _M_MMAP_THRESHOLD = -1, -3


def after_start_up() -> None:
    """What start-up made stays for good: it is never looked at again. What start-up no longer needs is given back."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(YOUNG, GENERATIONS, GENERATIONS)
    if sys.platform == "linux":
        _settle_heap()


def _settle_heap() -> None:
    """Return what start-up left free, then keep what is needed again and again. For glibc; others have neither call."""
    library = ctypes.CDLL(None)
    trim, option = (getattr(library, name, None) for name in ("malloc_trim", "mallopt"))
    if trim is not None and option is not None:
        trim(0)
        option(_M_TRIM_THRESHOLD, KEPT)
        option(_M_MMAP_THRESHOLD, FROM_HEAP)
