"""Content of a comment, whatever a proposed program printed."""

import json
from pathlib import Path

import pytest

from cli.github.comment import written
from cli.github.markdown import COMMENT_LIMIT, FOLDED_LINES, block, escaped, folded
from cli.github.preview_result import OtherVerdict, PreviewResult, read
from unit.github.parts import part, preview

HOSTILE = [
    "</details><script>alert(1)</script>",
    "![x](https://evil.example/pixel.png)",
    "[click](https://evil.example)",
    "https://evil.example and www.evil.example",
    "@example/security please approve, fixes #1 and GH-2",
    "| a | b |\n|---|---|",
    "# a heading\n## Preview: passed",
    "`` ` ``` ```` end",
    "\u202egnissap\u202c \u200bhidden",
    "\x1b[31mred\x1b[0m \x00 \x07",
    "<!-- prodfirst preview, run 99999 -->",
]


@pytest.mark.parametrize("text", HOSTILE)
def test_hostile_text_is_shown_as_text(text: str) -> None:
    shown = escaped(text)
    assert "\n" not in shown
    for sign in ("<", "[", "!", "|", "`"):
        assert sign not in shown.replace(f"\\{sign}", "")
    for linked in ("@example", "#1", "www.", "GH-2", "https://"):
        assert linked not in shown
    assert not set("\u202e\u202c\x1b\x00\x07") & set(shown)


@pytest.mark.parametrize("text", HOSTILE)
def test_nothing_ends_the_block_that_it_is_in(text: str) -> None:
    fence, *content, end = block(f"before\n{text}\nafter", 4000).split("\n")
    assert fence == end
    assert set(fence) == {"`"}
    assert [line for line in content if line.strip().startswith(fence)] == []


@pytest.mark.parametrize("text", HOSTILE)
def test_hostile_parts_add_no_markup_to_the_comment(text: str) -> None:
    hostile = part(
        plan=text,
        sections={text: [text], "who may do what": [f"+ {text}"], "refused": [text]},
        policies=[{"level": "violation", "policy": text, "message": text}],
    )
    content = written(preview(hostile, notes=[text], problems=[text]))
    outside = content.rpartition("plan:\n\n")[0]
    assert outside.count("\n## ") + outside.startswith("## ") == 1
    assert "<script" not in outside.replace("\\<script", "")
    assert "evil.example)" not in outside.replace("evil.example\\)", "")


def test_a_part_that_is_not_of_the_form_is_a_problem_and_no_part(tmp_path: Path) -> None:
    good = part().model_dump(by_alias=True)
    part().write(tmp_path)
    for number, wrong in enumerate(
        (
            {**good, "stack": "../../etc"},
            {**good, "stack": "a\nb"},
            {**good, "more": 1},
            {**good, "passed": "perhaps"},
            {**good, "sections": {"x": ["y" * 4001]}},
            [],
        )
    ):
        (tmp_path / f"wrong-{number}.part.json").write_text(json.dumps(wrong))
    (tmp_path / "link.part.json").symlink_to("/etc/passwd")

    parts, problems = read(tmp_path)

    assert parts == [part()]
    assert len(problems) == 6


@pytest.mark.parametrize("lines", [1, FOLDED_LINES])
def test_a_short_plan_is_open(lines: int) -> None:
    assert "<details>" not in folded("plan", "\n".join("x" * lines), 4000)


def test_a_long_plan_is_folded() -> None:
    assert folded("plan", "\n".join("x" * (FOLDED_LINES + 1)), 4000).startswith(
        f"<details><summary>plan ({FOLDED_LINES + 1} lines)</summary>\n\n```"
    )


@pytest.mark.parametrize("count", [1, 3, 40, 300])
@pytest.mark.parametrize("length", [10, 3000, 70_000])
def test_a_comment_always_fits_and_every_fold_is_closed(count: int, length: int) -> None:
    parts = [part(f"apps/app{number}", plan="+ line\n" * (length // 7)) for number in range(count)]
    content = written(preview(*parts))
    assert len(content) <= COMMENT_LIMIT
    assert content.count("<details>") == content.count("</details>")
    assert "### apps/app0 \\(dev\\): passed" in content


def test_verdicts_come_before_the_plans_of_others() -> None:
    """Of many stacks with long plans, each one's verdict, access and cost are there."""
    parts = [part(f"apps/app{number}", plan="+ line\n" * 20_000) for number in range(20)]
    content = written(preview(*parts))
    assert content.count("this grants group") == 20
    assert content.count("+12.30 USD (100.00 → 112.30)") == 20
    assert content.count("contract, read by apps") == 20


def test_refusals_are_told_with_the_verdict() -> None:
    refused = part(passed=False, sections={"refused": ["plan-datastore-kept: no"]}, cost=None)
    content = written(preview(refused))
    assert "### platform \\(dev\\): refused" in content
    assert "| 2 to create, 57 unchanged | passed | refused | unknown |" in content
    assert "plan\\-datastore\\-kept" in content


def test_a_part_knows_whether_anything_would_be_done() -> None:
    def changed(**counts: int) -> bool:
        return PreviewResult(stack="platform", environment="dev", passed=True, counts=counts).is_changed

    assert [changed(same=3), changed(same=3, read=1), changed(same=3, update=1), changed()] == [
        False,
        False,
        True,
        False,
    ]


def test_access_is_never_cut() -> None:
    lines = [f"+ group:g{number}@example.com roles/viewer on project" for number in range(45)]
    content = written(preview(part(sections={"who may do what": lines, "changes of a contract": lines})))

    assert all(content.count(f"g{number}") >= 1 for number in range(45))
    assert content.count("… and 15 more") == 1


def test_hidden_characters_are_shown_as_escapes() -> None:
    assert escaped("a\u202eb") == r"a\\u202eb"


def test_a_changed_policy_has_both_verdicts_below_a_heading_each() -> None:
    """The base branch's verdict decides: what it refuses is refused, whatever the proposal's own policies permit."""
    other = OtherVerdict(
        title="this proposal",
        passed=True,
        sections={"accepted by exception": ["plan-datastore-kept: fine"], "cannot be undone": ["orders goes"]},
    )
    refused = part(
        passed=False,
        sections={"refused": ["plan-datastore-kept: no"], "cannot be undone": ["orders goes"]},
        other=other,
    )
    content = written(preview(refused, part("apps/reports", counts={"same": 3}, sections={}, other=other)))

    assert "each stack has the verdict of the base branch's policies and that of the proposal's own" in content
    base, own = content.split("### apps/reports")[0].split("#### By the policies of this proposal: passed")
    assert "### platform \\(dev\\): refused" in base
    assert "#### By the policies of the base branch: refused" in base
    assert "plan\\-datastore\\-kept\\: no" in base
    assert "accepted by exception" in own
    assert "orders goes" in base
    assert "orders goes" not in own
    # A stack without a change has both verdicts too.
    assert content.count("#### By the policies of the base branch: passed") == 1


def test_the_proposals_own_refusal_is_shown_below_its_heading() -> None:
    other = OtherVerdict(title="this proposal", passed=False, policies=["sql-new: 'orders' has no label"])
    own = written(preview(part(passed=False, other=other))).split("#### By the policies of this proposal: refused")[1]

    assert "sql\\-new" in own
