"""Looking at a page as a person would, with what it asks for and complains about written down."""

from collections.abc import Generator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal, cast

from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page, Route, sync_playwright

from toolchain import browser as chromium

Scheme = Literal["light", "dark"]
# What WCAG 2.1 demands up to level AA, and what axe knows to be good practice beside it. It reads no style sheet by a
# request of its own, which the page's policy forbids.
_AXE: dict[str, Any] = {
    "preload": False,
    "runOnly": {"type": "tag", "values": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "best-practice"]},
}


@dataclass
class Look:
    """A page that is open; the requests that left its folder, and what it complained about."""

    page: Page
    folder: Path
    outside: list[str] = field(default_factory=list[str])
    complaints: list[str] = field(default_factory=list[str])

    def at(self, name: str) -> Page:
        """Open a page of the site anew."""
        self.page.goto("about:blank")
        self.page.goto(f"{self.folder.as_uri()}/{name}")
        return self.page

    def names(self, table: str) -> list[str]:
        """The first cells of a list's rows."""
        return self.page.locator(f"#{table} tbody th").all_inner_texts()

    def violations(self) -> list[str]:
        """Violations that axe reports on the page as it is now."""
        response = cast("dict[str, list[dict[str, Any]]]", cast("Any", Axe()).run(self.page, options=_AXE).response)
        found = response["violations"]
        return [f"{violation['id']}: {node['html'][:160]}" for violation in found for node in violation["nodes"]]


@contextmanager
def launched() -> Generator[Browser]:
    """A headless Chromium."""
    program = chromium.ensure()
    with sync_playwright() as playwright:
        started = playwright.chromium.launch(executable_path=program, args=chromium.options())
        yield started
        started.close()


@contextmanager
def looking(browser: Browser, folder: Path, scheme: Scheme = "light", **options: Any) -> Generator[Look]:
    """A window on a site; whatever would leave its folder is stopped and written down."""
    context = browser.new_context(color_scheme=scheme, **options)
    look = Look(context.new_page(), folder)

    def decide(route: Route) -> None:
        if route.request.url.startswith(folder.as_uri()):
            route.continue_()
        else:
            look.outside.append(route.request.url)
            route.abort()

    context.route("**/*", decide)
    look.page.on("pageerror", lambda error: look.complaints.append(str(error)))
    look.page.on("console", lambda told: look.complaints.append(told.text) if told.type == "error" else None)
    try:
        yield look
    finally:
        context.close()
