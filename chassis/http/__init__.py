"""HTTP servers: bare ASGI over a protocol of our own, as cheap as it can be and hard on callers who are not fair."""

from chassis.http.asgi import App, Message, Receive, Scope, Send, cancel_when_gone
from chassis.http.limits import Limits
from chassis.http.server import HttpServer

__all__ = ["App", "HttpServer", "Limits", "Message", "Receive", "Scope", "Send", "cancel_when_gone"]
