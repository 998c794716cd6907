"""Written pages: escaped, without secrets, without anything from elsewhere, and complete."""

import json
import re
from dataclasses import replace
from html.parser import HTMLParser
from pathlib import Path

import pytest

from cli.portal import browser_data, command, drawing, pages
from cli.portal.gather import Scope
from cli.portal.pages import PAGES, build
from cli.portal.site import Site
from toolchain.errors import ToolError
from unit.portal import world

_LOADING = {"script": "src", "link": "href", "img": "src", "iframe": "src", "form": "action", "object": "data"}


class _Tags(HTMLParser):
    """The tags of a page, and the texts of its scripts and styles."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str]]] = []
        self.inline: list[str] = []
        self.texts: list[str] = []
        self._within = ""
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, {key: value or "" for key, value in attrs}))
        self._within = tag

    def handle_data(self, data: str) -> None:
        self.texts.append(data)
        if self._within in ("script", "style") and data.strip():
            self.inline.append(data)


def _all(folder: Path) -> str:
    return "\n".join(file.read_text(encoding="utf-8") for file in sorted(folder.rglob("*")) if file.is_file())


@pytest.mark.parametrize("page", [page.file for page in PAGES])
def test_a_page_loads_only_what_lies_beside_it_and_has_no_script_of_its_own(portal: Path, page: str) -> None:
    tags = _Tags((portal / page).read_text(encoding="utf-8"))
    loaded = [attributes[_LOADING[tag]] for tag, attributes in tags.tags if _LOADING.get(tag) in attributes]
    assert loaded
    assert [name for name in loaded if not (portal / name).is_file()] == []
    assert tags.inline == []
    assert [key for _, attributes in tags.tags for key in attributes if key.startswith("on") or key == "style"] == []
    policies = [each["content"] for _, each in tags.tags if each.get("http-equiv") == "Content-Security-Policy"]
    assert len(policies) == 1
    assert policies[0].startswith("default-src 'none'; script-src 'self';")
    assert "unsafe" not in policies[0]


@pytest.mark.parametrize("page", [page.file for page in PAGES])
def test_every_link_within_the_portal_leads_somewhere(portal: Path, page: str) -> None:
    links = [each["href"] for tag, each in _Tags((portal / page).read_text("utf-8")).tags if tag == "a"]
    within = [link.partition("#") for link in links if not link.startswith("https://")]
    assert [name for name, _, _ in within if name and not (portal / name).is_file()] == []
    anchors = {each.get("id") for _, each in _Tags((portal / page).read_text("utf-8")).tags}
    assert [place for name, _, place in within if place and not name and place not in anchors] == []


def test_a_hostile_text_is_only_ever_text(portal: Path) -> None:
    shown = 0
    for page in PAGES:
        text = (portal / page.file).read_text(encoding="utf-8")
        assert world.HOSTILE not in text
        assert "<img" not in text
        shown += "onerror=" in text
    assert shown >= 3, "the hostile text is not shown at all, so nothing was tested"


def test_no_secret_is_in_any_file(portal: Path) -> None:
    written = _all(portal)
    assert world.SECRET not in written
    assert "ciphertext" not in written
    assert written.count("[secret]") >= 3


def test_data_are_scripts_that_hold_nothing_but_json(portal: Path) -> None:
    files = sorted((portal / "data").iterdir())
    assert {file.name.split(".")[0] for file in files} == {"inventory", "details-0", "access", "history"}
    for file in files:
        match = re.fullmatch(r'portal\.take\("([a-z0-9-]+)",(.*)\);\n', file.read_text("ascii"))
        assert match, file.name
        assert file.name.startswith(f"{match[1]}.")
        json.loads(match[2])


def test_details_come_in_chunks_that_the_list_names(tmp_path: Path) -> None:
    answers = world.answers(tmp_path, world.large(2 * browser_data.CHUNK + 1))
    build(answers, tmp_path / "out")
    (file,) = (tmp_path / "out" / "data").glob("inventory.*.js")
    told = json.loads(file.read_text("ascii").removeprefix('portal.take("inventory",').removesuffix(");\n"))
    assert len(told["rows"]) == 2 * browser_data.CHUNK + 1
    assert len(told["chunks"]) == 3
    assert all((tmp_path / "out" / name).is_file() for name in told["chunks"])


def test_a_list_of_access_that_is_too_long_for_a_page_names_the_command(tmp_path: Path) -> None:
    answers = world.answers(tmp_path)
    long = {**answers.access, "urns": ["x" * pages.LARGEST]}
    build(replace(answers, access=long), tmp_path / "out")
    text = " ".join("".join(_Tags((tmp_path / "out" / "access.html").read_text("utf-8")).texts).split())
    assert f"too much for a page here ({len(answers.access['rows'])} rows)" in text
    assert "make access WHO=… CAN=… ON=…" in text
    assert list((tmp_path / "out" / "data").glob("access.*")) == []


def test_the_summary_names_what_needs_attention(portal: Path) -> None:
    text = " ".join("".join(_Tags((portal / "index.html").read_text("utf-8")).texts).split())
    assert "sql-private : 1 finding. Rule sql-private." in text.replace("sql-private:", "sql-private :")
    assert "platform differs: 1 to update" in text
    assert "ends soon sql-private of orders 2026-11-25: last day 2026-11-25, database" in text
    assert "2026-12-25" not in text
    assert "1 change in 7 days, the last one by bob@example.com, 2026-11-20 08:00: sql.instances.update" in text
    assert "Ada" in text
    assert "of 1 stack looked at" in text


def test_what_was_not_looked_at_is_said(tmp_path: Path) -> None:
    answers = replace(world.answers(tmp_path), drift={}, reports=[], accepted=[])
    answers = replace(answers, history=answers.history.model_copy(update={"entries": ()}))
    build(answers, tmp_path / "out")
    text = " ".join("".join(_Tags((tmp_path / "out" / "index.html").read_text("utf-8")).texts).split())
    assert "Nothing, of what was looked at. Drift was not looked at: make portal DRIFT=yes." in text
    assert "Not looked at." in (tmp_path / "out" / "drift.html").read_text("utf-8")


def test_many_apps_are_a_box_for_each_team(tmp_path: Path) -> None:
    answers = world.answers(tmp_path)
    apps = [
        replace(answers.states[2], stack=replace(world.STOREFRONT, part=f"a{number}"), owner=f"team{number % 2}")
        for number in range(40)
    ]
    drawn = drawing.draw(replace(answers, states=[*answers.states[:2], *apps]))
    boxes = [box for box in drawn.boxes if box.kind == "apps"]
    assert [box.title for box in boxes] == ["apps of team0", "apps of team1"]
    assert len({box.y for box in boxes}) == 2


def test_a_portal_is_replaced_as_a_whole_and_readable_by_its_owner_alone(tmp_path: Path) -> None:
    out = tmp_path / "out"
    build(world.answers(tmp_path), out)
    (out / "left-over.html").write_text("old")
    build(world.answers(tmp_path), out)
    assert not (out / "left-over.html").exists()
    assert out.stat().st_mode & 0o777 == 0o700
    assert [file.name for file in tmp_path.iterdir() if file.name.startswith(".out")] == []


def test_a_folder_with_something_else_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "thesis.txt").write_text("years of work")
    with pytest.raises(ToolError, match="exists and is no portal, so it is left alone"):
        build(world.answers(tmp_path), tmp_path)
    with pytest.raises(ToolError, match="exists and is no portal"):
        command.run(Scope("no-such-environment"), tmp_path)
    assert (tmp_path / "thesis.txt").read_text() == "years of work"


def test_the_same_content_has_the_same_name_and_another_content_another(tmp_path: Path) -> None:
    site = Site(tmp_path / "out")
    assert site.data("key", [1]) == site.data("key", [1]) != site.data("key", [2])
