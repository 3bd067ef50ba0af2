"""Waiting until a moment, to some ten microseconds: the loops' own timers know whole milliseconds only."""

import asyncio
import ctypes
import os
from types import TracebackType
from typing import Self

_MONOTONIC = 1
_ABSOLUTE = 1
_NONBLOCKING = os.O_NONBLOCK | os.O_CLOEXEC
_libc = ctypes.CDLL(None, use_errno=True)


class _Timespec(ctypes.Structure):
    _fields_ = (("seconds", ctypes.c_long), ("nanoseconds", ctypes.c_long))


class _Setting(ctypes.Structure):
    _fields_ = (("interval", _Timespec), ("moment", _Timespec))


class Alarm:
    """A timer of the kernel's (Linux), for one waiter at a time; a context manager."""

    def __init__(self) -> None:
        self._fd = _libc.timerfd_create(_MONOTONIC, _NONBLOCKING)
        if self._fd < 0:
            raise OSError(ctypes.get_errno(), "timerfd_create")
        self._waiter: asyncio.Future[None] | None = None

    async def until(self, moment: float) -> None:
        """Return at `moment` of time.monotonic(); without waiting where that is over."""
        self._waiter = asyncio.get_running_loop().create_future()
        seconds, rest = divmod(moment, 1.0)
        # A moment that is over rings at once; all zeros would stop the timer instead.
        setting = _Setting(_Timespec(0, 0), _Timespec(int(seconds), max(1, int(rest * 1e9))))
        if _libc.timerfd_settime(self._fd, _ABSOLUTE, ctypes.byref(setting), None):
            raise OSError(ctypes.get_errno(), "timerfd_settime")
        await self._waiter

    def _ring(self) -> None:
        os.read(self._fd, 8)
        if self._waiter is not None and not self._waiter.done():
            self._waiter.set_result(None)

    def __enter__(self) -> Self:
        asyncio.get_running_loop().add_reader(self._fd, self._ring)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        asyncio.get_running_loop().remove_reader(self._fd)
        os.close(self._fd)
