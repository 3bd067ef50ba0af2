"""The API's page in a browser: it lists what there is, sends what is typed in, and asks nobody but its own gateway."""

from collections.abc import AsyncIterator

import pytest
from playwright.async_api import ConsoleMessage, Page, Request, expect

from simulator import Behaviour, Constant
from tests.e2e.system import System
from tests.stack.browser import browser

PATIENCE = 20_000
"""Milliseconds."""


class Visit:
    """A page, and what it complained of and asked for since it was opened."""

    def __init__(self, page: Page) -> None:
        self.page = page
        self.complaints: list[str] = []
        self.asked: list[Request] = []
        page.on("console", self._heard)
        page.on("pageerror", lambda error: self.complaints.append(str(error)))
        page.on("request", self._noted)

    def _heard(self, message: ConsoleMessage) -> None:
        if message.type == "error":
            self.complaints.append(message.text)

    def _noted(self, request: Request) -> None:
        self.asked.append(request)


@pytest.fixture(name="visit")
async def _visit(system: System) -> AsyncIterator[Visit]:
    async with browser() as opened:
        page = await opened.new_page()
        page.set_default_timeout(PATIENCE)
        visit = Visit(page)
        await page.goto(f"{system.http()}/docs")
        yield visit
        assert visit.complaints == []
        assert {request.url.startswith(system.http()) for request in visit.asked} == {True}


async def opened_operation(visit: Visit, method: str, path: str) -> str:
    """The selector of an operation, which is open now."""
    await visit.page.fill("#find", f"{method} {path}")
    operation = visit.page.locator("details.operation:visible").filter(has=visit.page.get_by_text(path, exact=True))
    await operation.first.locator("> summary").click()
    return f"#{await operation.first.get_attribute('id')}"


async def test_every_operation_is_listed_by_its_subject(system: System, visit: Visit) -> None:
    paths = (await system.get(f"{system.http()}/openapi.json")).json()["paths"]
    await expect(visit.page.locator("details.operation")).to_have_count(
        sum(method in {"get", "post", "put", "patch", "delete"} for path in paths.values() for method in path)
    )


async def test_a_chat_is_sent_with_the_key_and_its_answer_shown(system: System, visit: Visit) -> None:
    chat = await opened_operation(visit, "post", "/v1/chat/completions")
    await visit.page.fill("#key", system.key)
    body = '{"model": "chat", "messages": [{"role": "user", "content": "from the page"}]}'
    await visit.page.fill(f"{chat} textarea", body)
    await visit.page.click(f"{chat} button:has-text('Send')")
    await expect(visit.page.locator(f"{chat} p[role=status]")).to_have_text("200 OK", timeout=PATIENCE)
    await expect(visit.page.locator(f"{chat} pre")).to_contain_text("alpha/small heard: from the page")
    await expect(visit.page.locator(f"{chat} pre")).to_contain_text("x-seawall-target: alpha/small")


async def test_a_stream_is_shown_as_it_comes(system: System, visit: Visit) -> None:
    system.simulator.vendor("alpha").set(None, Behaviour(between_chunks=Constant(seconds=0.5), answer_tokens=40))
    chat = await opened_operation(visit, "post", "/v1/chat/completions")
    await visit.page.fill("#key", system.key)
    body = '{"model": "chat", "stream": true, "messages": [{"role": "user", "content": "slowly"}]}'
    await visit.page.fill(f"{chat} textarea", body)
    await visit.page.click(f"{chat} button:has-text('Send')")
    shown = visit.page.locator(f"{chat} pre")
    await expect(shown).to_contain_text("heard", timeout=PATIENCE)
    await expect(shown).not_to_contain_text("[DONE]")
    await visit.page.click(f"{chat} button:has-text('Stop')")
    await expect(visit.page.locator(f"{chat} p[role=status]")).to_have_text("Stopped.", timeout=PATIENCE)


async def test_the_key_is_kept_in_its_field_alone(system: System, visit: Visit) -> None:
    await visit.page.fill("#key", system.key)
    kept = "[JSON.stringify(localStorage), JSON.stringify(sessionStorage), document.cookie, location.href].join(' ')"
    assert system.key not in await visit.page.evaluate(kept)
    await visit.page.reload()
    await expect(visit.page.locator("#key")).to_have_value("")
