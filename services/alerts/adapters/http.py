"""Carries notifications over HTTP."""

import asyncio
from contextlib import AbstractContextManager
from datetime import datetime
from email.utils import parsedate_to_datetime
from types import TracebackType
from typing import Self

import pyqwest
import structlog
from opentelemetry import trace

from chassis.tracecontext import parent_of
from chassis.version import VERSION
from resilience.clock import Clock
from services.alerts.adapters.formats.message import Message
from services.alerts.adapters.formats.slack import slack
from services.alerts.adapters.formats.webhook import webhook
from services.alerts.domain.delivery import Answer, Delivery
from services.alerts.domain.endpoint import Endpoint
from services.alerts.domain.receiver import Format

CONNECT_TIMEOUT = 5.0
"""Seconds to reach an endpoint."""
MAX_ANSWER_BYTES = 64 * 1024
"""What is read of an answer's body, so that the connection can be used again; past that it is closed."""

log = structlog.stdlib.get_logger("http")
_tracer = trace.get_tracer("seawall.alerts")


class HttpChannel:
    """See Channel; an async context manager. `deadline`: seconds for a whole try.

    What an endpoint or the HTTP library says may repeat the URL, which may be a secret. So neither is passed on: the
    answer's error is in words of ours, and the library's own spans, which name the URL, are off.
    """

    def __init__(self, clock: Clock, *, deadline: float) -> None:
        self._clock = clock
        self._deadline = deadline
        self._transport = pyqwest.HTTPTransport(
            tls_include_system_certs=True,
            connect_timeout=min(CONNECT_TIMEOUT, deadline),
            timeout=deadline,
            pool_idle_timeout=60.0,
            follow_redirects=False,
            enable_otel=False,
        )

    async def send(self, endpoint: Endpoint, kind: Format, delivery: Delivery) -> Answer:
        """See Channel."""
        try:
            message = self._compose(endpoint, kind, delivery)
        except Exception:
            log.exception("a notification could not be composed", delivery=delivery.id)
            return Answer(error="The notification could not be composed; the service's log tells more.")
        with self._span(kind, delivery) as span:
            answer = await self._post(endpoint.url, message)
            if answer.status:
                span.set_attribute("http.response.status_code", answer.status)
            if not answer.ok:
                span.set_status(trace.StatusCode.ERROR, answer.error)
        return answer

    def _compose(self, endpoint: Endpoint, kind: Format, delivery: Delivery) -> Message:
        match kind:
            case Format.WEBHOOK:
                return webhook(delivery, endpoint.secret, self._clock.now())
            case Format.SLACK:
                return slack(delivery)

    async def _post(self, url: str, message: Message) -> Answer:
        headers = pyqwest.Headers([*message.headers.items(), ("user-agent", f"seawall/{VERSION}")])
        request = pyqwest.Request("POST", url, headers, message.body)
        try:
            async with asyncio.timeout(self._deadline):
                async with await self._transport.execute(request) as response:
                    status, retry_after = response.status, response.headers.get("retry-after")
                    await _drain(response)
        except (pyqwest.ConnectTimeout, ConnectionError) as error:
            slow = isinstance(error, pyqwest.ConnectTimeout)
            return Answer(error="No connection: it took too long." if slow else "No connection.")
        except TimeoutError:
            return Answer(error=f"No complete answer within {self._deadline:g} s.")
        except (pyqwest.ReadError, pyqwest.WriteError, pyqwest.RemoteProtocolError):
            return Answer(error="The connection broke, or what came over it was not HTTP.")
        except Exception as error:  # noqa: BLE001 - the library's list of errors is not closed; a try must end
            return Answer(error=f"The try failed: {type(error).__name__}.")
        answer = Answer(status=status, retry_after=seconds_of(retry_after, self._clock.now()))
        return answer if answer.ok else Answer(status, f"The endpoint answered {status}.", answer.retry_after)

    def _span(self, kind: Format, delivery: Delivery) -> AbstractContextManager[trace.Span]:
        cause = parent_of(delivery.traceparent)
        return _tracer.start_as_current_span(
            f"deliver {kind.value}",
            context=cause,
            kind=trace.SpanKind.CLIENT,
            attributes={
                "http.request.method": "POST",
                "seawall.delivery.id": delivery.id,
                "seawall.receiver.id": delivery.receiver,
                "seawall.delivery.tries": delivery.tries,
            },
        )

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        await self._transport.aclose()


def seconds_of(header: str | None, now: datetime) -> float | None:
    """What a Retry-After header asks for, in seconds from `now`; None where it is missing or makes no sense."""
    if header is None:
        return None
    text = header.strip()
    if text.isascii() and text.isdigit():
        return float(text)
    try:
        moment = parsedate_to_datetime(text)
        return max(0.0, (moment - now).total_seconds())
    except (TypeError, ValueError):
        return None


async def _drain(response: pyqwest.Response) -> None:
    read = 0
    async for chunk in response.content:
        read += len(memoryview(chunk))
        if read > MAX_ANSWER_BYTES:
            return
