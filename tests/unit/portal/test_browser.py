"""The portal in a real browser, opened from its files: search, filters, keyboard, links, and nothing from elsewhere."""

from pathlib import Path

import pytest
from playwright.sync_api import Browser

from cli.portal.pages import PAGES
from lab.pictures import portal as picture
from unit.portal import world
from unit.portal.looking import Scheme, looking

_ORDERS = world.urn(world.PLATFORM, world.INSTANCE, "orders")


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_every_page_is_accessible_asks_for_nothing_elsewhere_and_runs_no_text(
    browser: Browser, portal: Path, scheme: Scheme
) -> None:
    views = [page.file for page in PAGES]
    views += [f"inventory.html#resource={_ORDERS}", "access.html#can=cloudsql.instances.delete&on=orders"]
    views += ["history.html#update=platform/2", "history.html#entry=2", "inventory.html#q=nothing+like+it"]
    found: dict[str, list[str]] = {}
    with looking(browser, portal, scheme) as look:
        for view in views:
            page = look.at(view)
            assert page.title().endswith("prodfirst"), f"a text ran on {view}"
            found[view] = look.violations()
        assert look.outside == []
        assert look.complaints == []
    assert {view: told for view, told in found.items() if told} == {}


def test_a_narrow_window_scrolls_tables_and_not_the_page(browser: Browser, portal: Path) -> None:
    with looking(browser, portal, viewport={"width": 360, "height": 700}) as look:
        for page in PAGES:
            width = look.at(page.file).evaluate("document.documentElement.scrollWidth")
            assert width <= 360, f"{page.file} is {width} wide"


def test_paper_is_white_has_no_controls_and_holds_the_whole_width(browser: Browser, portal: Path) -> None:
    with looking(browser, portal, "dark", viewport={"width": 700, "height": 900}) as look:
        look.page.emulate_media(media="print", color_scheme="dark")
        for page in PAGES:
            shown = look.at(page.file)
            assert shown.evaluate("getComputedStyle(document.body).backgroundColor") == "rgb(255, 255, 255)"
            assert not shown.get_by_role("navigation", name="Pages", exact=True).is_visible()
        drawing = look.at("map.html").locator("svg.map").bounding_box()
        assert drawing
        assert drawing["width"] <= 700


def test_the_search_and_the_filters_narrow_the_list_and_stand_in_the_address(browser: Browser, portal: Path) -> None:
    with looking(browser, portal) as look:
        page = look.at("inventory.html")
        page.get_by_label("Search").fill("orders database")
        assert look.names("resources") == ["orders"]
        assert page.locator("#resources-count").inner_text() == "1 of 6 resources"
        page.get_by_role("button", name="Clear").click()
        page.get_by_label("Layer").select_option("platform")
        page.get_by_label("Protected").select_option("yes")
        assert look.names("resources") == ["orders"]
        address = page.url

        again = look.at(address.rpartition("/")[2])

        assert "#layer=platform&protected=yes" in address
        assert look.names("resources") == ["orders"]
        assert again.get_by_label("Layer").input_value() == "platform"


def test_a_list_is_sorted_by_its_headings(browser: Browser, portal: Path) -> None:
    with looking(browser, portal) as look:
        page = look.at("inventory.html")
        heading = page.get_by_role("columnheader", name="Name")
        heading.get_by_role("button").click()
        rising = look.names("resources")
        assert heading.get_attribute("aria-sort") == "ascending"
        heading.get_by_role("button").click()
        assert heading.get_attribute("aria-sort") == "descending"
        assert look.names("resources") == rising[::-1]
        assert rising == sorted(rising)


def test_the_keyboard_alone_opens_a_resource_and_comes_back(browser: Browser, portal: Path) -> None:
    with looking(browser, portal) as look:
        page = look.at("inventory.html")
        page.keyboard.press("Tab")
        assert page.locator(":focus").inner_text() == "Skip to the content"
        page.keyboard.press("Enter")
        page.keyboard.press("Tab")
        page.keyboard.type("orders database")
        while page.locator(":focus").inner_text() != "orders":
            page.keyboard.press("Tab")
        page.keyboard.press("Enter")
        page.get_by_text("settings:").wait_for()
        assert page.locator(":focus").inner_text() == "orders"
        assert page.evaluate("document.activeElement.tagName") == "H1"

        page.keyboard.press("Shift+Tab")
        assert page.locator(":focus").inner_text() == "Back to the list"
        page.keyboard.press("Enter")
        assert look.names("resources") == ["orders"]
        assert page.locator(":focus").input_value() == "orders database"


def test_a_resource_is_shown_in_full_and_leads_on(browser: Browser, portal: Path) -> None:
    with looking(browser, portal) as look:
        page = look.at(f"inventory.html#resource={_ORDERS}")
        page.get_by_text("settings:").wait_for()
        told = page.locator("#one").inner_text()
        assert "platform/platform_layer/datastore.py:78" in told
        assert "rootPassword: [secret]" in told
        assert "seed: [secret]" in told
        page.get_by_role("link", name="Its history").click()
        page.get_by_text("update of platform: A smaller database").wait_for()
        page.go_back()
        page.get_by_text("settings:").wait_for()
        page.get_by_role("link", name="main").click()
        page.get_by_role("heading", name="Used by").wait_for()
        assert page.locator("#one-title").inner_text() == "main"


def test_ten_thousand_resources_are_a_hundred_rows_at_a_time(browser: Browser, large_portal: Path) -> None:
    with looking(browser, large_portal) as look:
        page = look.at("inventory.html")
        assert page.locator("#resources-count").inner_text() == "10,000 resources, page 1 of 100"
        assert page.locator("#resources tbody tr").count() == 100
        page.get_by_role("button", name="Next").click()
        assert page.locator("#resources tbody tr").count() == 100
        assert "page=2" in page.url
        page.get_by_label("Search").fill("thing-0987")
        assert page.locator("#resources-count").inner_text() == "10 of 10,000 resources"
        assert page.locator("#resources tbody tr").count() == 10
        page.get_by_role("link", name="thing-09871").click()
        page.get_by_text("size:").wait_for()
        assert "9871" in page.locator("#one-content").inner_text()


def test_questions_about_access_are_answered_with_their_paths(browser: Browser, portal: Path) -> None:
    with looking(browser, portal) as look:
        page = look.at("access.html#can=cloudsql.instances.delete&on=instance+orders")
        rows = page.locator("#answers tbody tr").all_inner_texts()
        by_name = {row.partition("\t")[0]: row for row in rows}
        assert "yes" in by_name["account d"]
        assert "account d (roles/token)" in by_name["group shop"]
        assert "no" in by_name["group db"].split("\t")[1]
        assert "denied by the deny policy guard: No deletes." in by_name["group db"]
        assert "yes" in by_name["person eve"], "an exception spares one of a group that is denied"
        page = look.at("access.html#who=ada")
        assert any("Viewer" in row for row in page.locator("#answers tbody tr").all_inner_texts())
        page = look.at("access.html#who=nobody+like+it")
        assert page.locator("#note").inner_text() == "Nobody here is called that."
        assert "could not be told" in page.locator("main").inner_text()


@pytest.mark.parametrize(
    ("can", "on", "who"),
    [
        ("delete pods", "namespace shop", {"group shop": "yes", f"person {world.HOSTILE}": "maybe"}),
        ("delete pods", "cluster main", {f"person {world.HOSTILE}": "maybe"}),
        ("get secrets", "namespace shop", {"group shop": "part", f"person {world.HOSTILE}": "maybe"}),
        ("container.pods.list", "project", {"group shop": "maybe"}),
    ],
)
def test_what_the_cluster_allows_is_answered_by_both_halves(
    browser: Browser, portal: Path, can: str, on: str, who: dict[str, str]
) -> None:
    with looking(browser, portal) as look:
        page = look.at("access.html")
        page.get_by_label("Can do").fill(can)
        page.get_by_label("On what").fill(on)
        cells = page.locator("#answers tbody tr").all()
        assert {row.locator("th").inner_text(): row.locator("td").first.inner_text() for row in cells} == who


def test_a_question_that_nobody_answers_is_answered_with_that(browser: Browser, portal: Path) -> None:
    with looking(browser, portal) as look:
        page = look.at("access.html#can=cloudsql.instances.delete&on=instance+orders&who=group+db")
        assert page.locator("#note").inner_text() == "Cannot. There is a grant, and a deny rule goes before it."
        page = look.at("access.html#can=cloudsql.instances.fly")
        assert page.locator("#note").inner_text() == "No role here contains a permission like that."


def test_the_history_tells_who_did_what(browser: Browser, portal: Path) -> None:
    with looking(browser, portal) as look:
        page = look.at("history.html#kind=person")
        assert page.locator("#events-count").inner_text() == "1 of 2 events"
        assert "bob@example.com" in page.locator("#events tbody").inner_text()
        page = look.at("history.html#update=platform/2")
        told = page.locator("#one").inner_text()
        assert "Ada <ada@example.com>" in told
        assert "settings.tier" in told
        assert page.locator("a[href^='javascript:']").count() == 0


def test_the_picture_of_the_summary_is_one_that_a_document_may_hold(
    browser: Browser, portal: Path, tmp_path: Path
) -> None:
    picture.take(browser, portal, tmp_path / "portal.png")
    for file in (tmp_path / "portal.png", picture.FILE):
        assert file.read_bytes().startswith(b"\x89PNG")
        assert 20_000 < file.stat().st_size < 200_000


def test_without_scripts_the_answers_are_there_as_tables(browser: Browser, portal: Path) -> None:
    with looking(browser, portal, java_script_enabled=False) as look:
        assert "platform" in look.at("index.html").locator("main table").first.inner_text()
        assert world.INSTANCE in look.at("inventory.html").locator("main").inner_text()
        assert "platform/2" in look.at("history.html").locator("main").inner_text()
        assert "roles/admin" in look.at("access.html").locator("main").inner_text()
