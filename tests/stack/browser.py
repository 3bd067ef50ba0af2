"""A headless browser, as a machine has it."""

import shutil
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from playwright.async_api import Browser, async_playwright

from tests.stack.choose import tool

NAMES = ("chromium-headless-shell", "chromium", "google-chrome")


@asynccontextmanager
async def browser() -> AsyncIterator[Browser]:
    """One that runs; where the machine has none the test skips, or fails where it is demanded."""
    found = next((path for name in NAMES if (path := shutil.which(name))), None)
    if found is None:
        tool(NAMES[0])
    async with async_playwright() as playwright:
        # What it opens is ours, and as root Chromium's own sandbox does not run.
        opened = await playwright.chromium.launch(executable_path=found, args=["--no-sandbox"])
        try:
            yield opened
        finally:
            await opened.close()
