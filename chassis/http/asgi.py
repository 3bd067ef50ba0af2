"""What a server and an application say to each other: ASGI 3, and one extension."""

from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any

Message = MutableMapping[str, Any]
Scope = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
App = Callable[[Scope, Receive, Send], Awaitable[None]]
"""An ASGI 3 application."""

CANCEL_WHEN_GONE = "seawall.cancel_when_gone"
"""The extension: whether this request's task is cancelled where its caller hangs up. False until it is asked for."""


def cancel_when_gone(scope: Scope) -> None:
    """Have the current request cancelled where its caller hangs up before the end of the answer was sent.

    To be asked for before anything is waited for; a server that has not the extension does nothing. A task that waits
    for the disconnect would cost more than the rest of the request.
    """
    extensions = scope.get("extensions", {})
    if CANCEL_WHEN_GONE in extensions:
        extensions[CANCEL_WHEN_GONE] = True
