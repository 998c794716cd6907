"""One issue per subject, and what ends soon."""

from datetime import date, timedelta
from pathlib import Path

import pytest

from cli.github import issues, waiver_expiry
from cli.github.client import GitHub
from cli.github.issues import Subject
from cli.layout import POLICIES
from toolchain.errors import ToolError
from unit.github.fake_github import REPOSITORY, FakeGitHub
from unit.github.origin import Origin, on_main
from unit.github.workflow_runs import Run

SUBJECT = Subject("drift", "drift of platform", "Drift: platform")
TODAY = date(2026, 3, 1)
URL = "https://github.com/example/infrastructure/actions/runs/1"


def keep(github: FakeGitHub, body: str | None, subject: Subject = SUBJECT) -> str:
    api = GitHub.signed_in(github.url, REPOSITORY, github.token({"issues": "write"}))
    return issues.keep(api, subject, body, URL)


def test_an_issue_is_opened_once_updated_and_closed(github: FakeGitHub) -> None:
    done = [keep(github, None), keep(github, "one"), keep(github, "two"), keep(github, None), keep(github, None)]
    assert done == ["nothing to say", "opened", "updated", "closed", "nothing to say"]
    assert len(github.issues) == 1


def test_an_issue_that_came_back_is_a_new_one(github: FakeGitHub) -> None:
    for body in ("one", None, "again"):
        keep(github, body)
    assert [issue["state"] for issue in github.issues.values()] == ["closed", "open"]


def test_subjects_do_not_mix(github: FakeGitHub) -> None:
    keep(github, "one")
    keep(github, "other", Subject("drift", "drift of apps", "Drift: apps"))
    keep(github, None)
    assert list(github.open_issues()) == ["Drift: apps"]


def test_what_somebody_else_wrote_is_left_alone(github: FakeGitHub) -> None:
    keep(github, "one")
    [mine] = github.issues.values()
    github.issues[99] = {**mine, "number": 99, "user": {"login": "mallory"}}
    keep(github, None)
    assert github.issues[99]["state"] == "open"


def test_of_two_that_were_opened_at_once_one_is_left(github: FakeGitHub) -> None:
    keep(github, "one")
    [mine] = github.issues.values()
    github.issues[99] = {**mine, "number": 99}
    keep(github, "two")
    assert [issue["body"].splitlines()[-1] for issue in github.open_issues().values()] == ["two"]


def test_more_than_a_hundred_issues_are_looked_through(github: FakeGitHub) -> None:
    for number in range(250):
        keep(github, "x", Subject("drift", f"subject {number}", f"Title {number}"))
    assert keep(github, "y", Subject("drift", "subject 249", "Title 249")) == "updated"


def test_a_long_text_fits(github: FakeGitHub) -> None:
    keep(github, "a line\n" * 20_000)
    [issue] = github.issues.values()
    assert len(issue["body"]) <= 65_536
    assert issue["body"].rstrip().endswith("in the log of the run.")


def test_without_leave_the_refusal_names_what_is_missing(github: FakeGitHub) -> None:
    api = GitHub.signed_in(github.url, REPOSITORY, github.token({"issues": "read"}))
    with pytest.raises(ToolError, match=r"GitHub refused POST .*not accessible.*`permissions`"):
        issues.keep(api, SUBJECT, "one", URL)


def policies(folder: Path, *days: int) -> Path:
    """Lists with a waiver that ends so many days from today, each."""
    entries = "".join(
        f"\n  - {{policy: a-rule, resource: {{stack: platform/dev, type: t, name: n{day}}}, reason: because it is so, "
        f"owner: platform, expires: {TODAY + timedelta(days=day)}}}"
        for day in days
    )
    (folder / "waivers.yaml").write_text(f"waivers:{entries or ' []'}\n")
    (folder / "audit_waivers.yaml").write_text("waivers: []\n")
    (folder / "plan_exceptions.yaml").write_text("exceptions: []\n")
    (folder / "drift_acceptances.yaml").write_text("acceptances: []\n")
    return folder


def test_what_ends_within_two_weeks_is_announced_the_soonest_first(tmp_path: Path) -> None:
    found = waiver_expiry.expiring(policies(tmp_path, 15, 14, -1, 0), TODAY)
    assert [(each.expires - TODAY).days for each in found] == [-1, 0, 14]
    body = waiver_expiry.body(found, TODAY, URL)
    assert body is not None
    assert "2026-02-28 (over)" in body
    assert "platform/dev t n14" in body


def test_accepted_drift_that_ends_is_announced(tmp_path: Path) -> None:
    entry = f"{{path: spec.replicas, value: 3, resource: a, reason: x, owner: shop, expires: {TODAY}}}"
    (policies(tmp_path) / "drift_acceptances.yaml").write_text(f"acceptances: [{entry}]\n")
    [found] = waiver_expiry.expiring(tmp_path, TODAY)
    assert (found.what, found.owner) == ("drift of spec.replicas", "shop")


def test_nothing_that_ends_is_nothing_to_say(tmp_path: Path) -> None:
    assert waiver_expiry.body(waiver_expiry.expiring(policies(tmp_path, 15), TODAY), TODAY, URL) is None


def test_a_list_that_cannot_be_read_is_an_error(tmp_path: Path) -> None:
    (policies(tmp_path) / "plan_exceptions.yaml").write_text("exceptions: [{owner: x}]\n")
    with pytest.raises(ToolError, match=r"plan_exceptions\.yaml cannot be used"):
        waiver_expiry.expiring(tmp_path, TODAY)


def test_the_committed_lists_can_be_read() -> None:
    assert [name for name in waiver_expiry.FILES if not (POLICIES / name).is_file()] == []
    waiver_expiry.expiring(POLICIES, TODAY)


def test_the_weekly_job_announces_and_takes_back(
    origin: Origin, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr("cli.github.steps.POLICIES", tmp_path)
    for days, titles in (([-3], ["Waivers and exceptions that end soon"]), ([], [])):
        policies(tmp_path, *days)
        run = Run(origin, "audit", on_main(origin, "schedule"), in_process=True)
        assert run.job("waivers").result == "success"
        assert list(origin.github.open_issues()) == titles
