"""Picture of the portal: the summary page of an existing portal, as a browser shows it.

`cd tests && .venv/bin/python -m lab.pictures.portal` takes it again, after `make up`, `make drift` and
`make portal DRIFT=yes`.
"""

from pathlib import Path

from playwright.sync_api import Browser, sync_playwright

from cli.portal.command import FOLDER
from toolchain import browser
from toolchain.environments import CHECKOUT

FILE = CHECKOUT / ".github" / "guides" / "pictures" / "portal.png"
_WIDTH, _MARGIN = 1180, 12


def take(window: Browser, portal: Path, file: Path) -> None:
    """Take the picture, down to the end of the last table."""
    page = window.new_page(viewport={"width": _WIDTH, "height": 800}, color_scheme="light")
    page.goto((portal / "index.html").as_uri())
    bottom = page.locator("main table").last.bounding_box()
    height = int(bottom["y"] + bottom["height"]) + _MARGIN if bottom else 800
    page.screenshot(path=file, clip={"x": 0, "y": 0, "width": _WIDTH, "height": height}, full_page=True)
    page.close()


if __name__ == "__main__":
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=browser.ensure(), args=browser.options())
        take(chromium, FOLDER, FILE)
        chromium.close()
    print(f"written: {FILE.relative_to(CHECKOUT)}")
