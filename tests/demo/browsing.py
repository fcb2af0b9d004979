"""A real browser on the page: Chromium through Playwright, with an eye on its console and on where it connects to."""

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from urllib.parse import urlsplit

from playwright.sync_api import Page, sync_playwright

PHONE = (390, 844)
DESKTOP = (1280, 900)


def chromium() -> str | None:
    """The installed Chromium, or None."""
    return os.environ.get("CHROMIUM") or shutil.which("chromium") or shutil.which("chromium-browser")


@dataclass
class Visit:
    """An open page, what its console complained about, and requests that left this machine."""

    page: Page
    complaints: list[str] = field(default_factory=list)
    foreign: list[str] = field(default_factory=list)

    def open_tab(self, name: str) -> None:
        self.page.get_by_role("tab", name=name, exact=True).click()

    def reload(self) -> None:
        """Loads the page anew, as another visit would."""
        self.page.reload()
        self.page.locator(".masthead").wait_for()
        # Leaving a page cuts its streams, of which gradio complains.
        cut = ("AbortError", "errored out")
        self.complaints[:] = [one for one in self.complaints if not any(word in one for word in cut)]

    def run(self, button: str) -> None:
        """Presses a tab's button and waits for the end."""
        # What an earlier run left in the status line must not be taken for the end of this one.
        self.page.evaluate("document.querySelectorAll('.status p').forEach(line => line.textContent = '')")
        self.page.get_by_role("button", name=button, exact=True).click()
        self.page.locator(".status:visible", has_text=" in ").wait_for(timeout=60_000)
        self.page.get_by_role("button", name=button, exact=True).wait_for()


@contextmanager
def visit(url: str, size: tuple[int, int] = DESKTOP, color_scheme: str = "light") -> Iterator[Visit]:
    """A fresh visitor."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium(), args=["--no-sandbox"])
        page = browser.new_context(
            viewport={"width": size[0], "height": size[1]}, color_scheme=color_scheme, accept_downloads=True
        ).new_page()
        visitor = Visit(page)
        page.on("console", lambda m: visitor.complaints.append(m.text) if m.type == "error" else None)
        page.on("pageerror", lambda error: visitor.complaints.append(str(error)))

        def note(request) -> None:
            address = urlsplit(request.url)
            if address.scheme not in ("data", "blob") and address.hostname != urlsplit(url).hostname:
                visitor.foreign.append(request.url)

        page.on("request", note)
        page.goto(url)
        page.locator(".masthead").wait_for()
        yield visitor
        browser.close()
