"""A real browser on the page: Chromium through Playwright, with an eye on its console and on where it connects to."""

import os
import re
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Page, expect, sync_playwright

PHONE = (390, 844)
DESKTOP = (1280, 900)
# Two frames after a click nothing is mounted any more, and then a person's moment in which nothing moves.
CALM = """() => new Promise((settled) => requestAnimationFrame(() => requestAnimationFrame(() => {
    let calm = setTimeout(settled, 300)
    const again = () => { clearTimeout(calm); calm = setTimeout(settled, 300) }
    new MutationObserver(again).observe(document.body, { subtree: true, childList: true, attributes: true })
})))"""
expect.set_options(timeout=60_000)  # machines that test are often busy


def chromium() -> str | None:
    """The installed Chromium, or None."""
    return os.environ.get("CHROMIUM") or shutil.which("chromium") or shutil.which("chromium-browser")


needs_chromium = pytest.mark.skipif(chromium() is None, reason="no Chromium on this machine (set CHROMIUM to its path)")


@dataclass
class Visit:
    """An open page, what its console complained about, and requests that left this machine."""

    page: Page
    complaints: list[str] = field(default_factory=list)
    foreign: list[str] = field(default_factory=list)

    def open_tab(self, name: str) -> None:
        """Opens a tab and waits, as a person does, until all of it is there: what gradio renders on top of something
        typed in the same moment wipes it out."""
        self.page.get_by_role("tab", name=name, exact=True).click()
        self.page.evaluate(CALM)

    @contextmanager
    def another(self) -> Iterator[Page]:
        """The same page as somebody else opens it, in a browser that knows nothing of this visit."""
        context = self.page.context.browser.new_context(locale="en-GB")
        page = context.new_page()
        page.goto(self.page.url, timeout=60_000)
        page.locator(".masthead").wait_for(timeout=60_000)
        yield page
        context.close()

    def unfold(self, name: str) -> None:
        """Opens a fold, likewise."""
        self.page.get_by_role("button", name=name).click()
        self.page.evaluate(CALM)

    def stop(self) -> None:
        """Presses Stop, not as the second click of a double click on the button before, which is not meant for it."""
        self.page.wait_for_timeout(500)
        self.page.get_by_role("button", name="Stop", exact=True).click()

    def reload(self) -> None:
        """Loads the page anew, as another visit would."""
        self.page.reload(timeout=60_000)
        self.page.locator(".masthead").wait_for(timeout=60_000)
        # Leaving a page cuts its streams, of which gradio complains.
        cut = ("AbortError", "errored out")
        self.complaints[:] = [one for one in self.complaints if not any(word in one for word in cut)]

    def run(self, button: str) -> None:
        """Presses a tab's button and waits for the end."""
        # What an earlier run left in the status line must not be taken for the end of this one.
        self.page.evaluate("document.querySelectorAll('.status p').forEach(line => line.textContent = '')")
        self.page.get_by_role("button", name=button, exact=True).click()
        # Not as words: of those, Playwright would leave the blanks out, and find "in" in "Starting…".
        self.page.locator(".status:visible", has_text=re.compile(r" in [\d.]+ s")).wait_for(timeout=120_000)
        self.page.get_by_role("button", name=button, exact=True).wait_for(timeout=60_000)


@contextmanager
def visit(
    url: str, size: tuple[int, int] = DESKTOP, color_scheme: str = "light", locale: str = "en-GB"
) -> Iterator[Visit]:
    """A fresh visitor."""
    with sync_playwright() as playwright:
        # The camera is one of the browser's own that shows a test picture.
        camera = ["--use-fake-device-for-media-stream", "--use-fake-ui-for-media-stream"]
        browser = playwright.chromium.launch(executable_path=chromium(), args=["--no-sandbox", *camera])
        page = browser.new_context(
            viewport={"width": size[0], "height": size[1]},
            color_scheme=color_scheme,
            locale=locale,
            accept_downloads=True,
        ).new_page()
        visitor = Visit(page)

        def complain(message) -> None:
            # Gradio asks how far an upload is before there is one, and reports "Response" of each answer that is
            # refused; which one stands in a message of its own.
            address = message.location["url"]
            if message.type == "error" and "upload_progress" not in address and message.text != "Response":
                visitor.complaints.append(f"{message.text} ({address})")

        page.on("console", complain)
        page.on("pageerror", lambda error: visitor.complaints.append(str(error)))

        def note(request) -> None:
            address = urlsplit(request.url)
            if address.scheme not in ("data", "blob") and address.hostname != urlsplit(url).hostname:
                visitor.foreign.append(request.url)

        page.on("request", note)
        page.goto(url, timeout=60_000)  # machines that test are often busy
        page.locator(".masthead").wait_for(timeout=60_000)
        yield visitor
        browser.close()


def settle(page: Page) -> None:
    """Waits until a pair to judge is wholly there, nothing moves any more, and a press counts."""
    page.wait_for_function("document.body.dataset.bench === 'ready'")
    page.wait_for_function(
        "[...document.querySelectorAll('#bench-pictures img')].every((one) => one.complete && one.naturalWidth)"
    )


def press_until(page: Page, press: Callable[[], None], then: str) -> None:
    """Presses as a person does: once more if nothing comes of it. What is pressed twice on one pair counts once."""
    status = page.locator("#bench .status p")
    for _ in range(3):
        settle(page)
        press()
        with suppress(AssertionError):
            return expect(status).to_contain_text(then, timeout=15_000)
    expect(status).to_contain_text(then)
