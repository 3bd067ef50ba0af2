"""The HTTP pages that every service has: liveness, readiness, metrics."""

import json
from collections.abc import Awaitable, Callable

from chassis.health import Health
from chassis.http import App, Receive, Scope, Send
from chassis.profiling import page
from chassis.telemetry import METRICS_CONTENT_TYPE, metrics_page

JSON = "application/json"

PATHS = frozenset({"/health/live", "/health/liveness", "/health/ready", "/health/readiness", "/metrics"})


async def own_metrics() -> bytes:
    """What this process alone has to tell."""
    return metrics_page()


def pages(health: Health, metrics: Callable[[], Awaitable[bytes]] = own_metrics, *, profile: App | None = None) -> App:
    """An application that serves PATHS, and `profile` at its own; it answers anything else with 404."""

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        match scope["path"]:
            case "/health/live" | "/health/liveness":
                await respond(send, 200, JSON, b'{"status":"live"}')
            case "/health/ready" | "/health/readiness":
                status, state = (200, "ready") if health.ready else (503, "not ready")
                await respond(send, status, JSON, json.dumps({"status": state, "unmet": health.unmet}).encode())
            case "/metrics":
                await respond(send, 200, METRICS_CONTENT_TYPE, await metrics())
            case page.PATH if profile is not None:
                await profile(scope, receive, send)
            case _:
                await respond(send, 404, JSON, b'{"error":{"code":"not_found","message":"There is no such page."}}')

    return app


async def respond(
    send: Send, status: int, content_type: str, body: bytes, headers: tuple[tuple[bytes, bytes], ...] = ()
) -> None:
    """Send a whole answer."""
    await send(
        {
            "type": "http.response.start",
            "status": status,
            "headers": [
                (b"content-type", content_type.encode()),
                (b"content-length", str(len(body)).encode()),
                *headers,
            ],
        }
    )
    await send({"type": "http.response.body", "body": body})
