"""Runs of the preview on pull requests, as far as no cloud is needed: its very commands, against a fake GitHub.

Jobs with an identity are tried in tests/e2e; here what they hand over is put in their place.
"""

import json
import shutil
from pathlib import Path

import pytest
import yaml

from cli import contracts
from cli.chain import Chain, PlannedContract
from cli.github import preview_result, previewing, removal, scope
from cli.github.preview_result import PreviewResult
from cli.layout import Stack
from cli.rollout import FILE
from toolchain.environments import CHECKOUT
from unit import contract_documents
from unit.github.conftest import ENVIRONMENTS
from unit.github.fake_github import BOT
from unit.github.origin import Ended, Origin, Started, abandoned_state, pull_request
from unit.github.parts import part
from unit.github.workflow_jobs import JobOfRun
from unit.github.workflow_runs import Run

TRIAL = ENVIRONMENTS[0]
ENTRY = "apps/entries/storefront.yaml"
WHOLE = list(scope.WHOLE.arguments)
# Jobs without an identity, which test a proposal.
TESTS = ("scope", "checks", "tests", "up", "sandbox")
LEVELS = ("matrix", *(f"matrix-{level}" for level in range(2, 6)))
# Jobs that preview, by level.
PREVIEWS = tuple(level.replace("matrix", "preview") for level in LEVELS)
METACHARACTERS = "feature/$(touch${IFS}owned);`touch`-'\"&|"
LONG = "\n".join(f"+ gcp:storage/bucket:Bucket: (create) number {number}" for number in range(6000))


def hand_over(run: Run, *parts: PreviewResult) -> None:
    """Files that previews leave for the next job."""
    for each in parts:
        each.write(run.artifacts / f"preview-{each.stack.replace('/', '-')}-{each.environment}")


def commented(
    origin: Origin, number: int, run: int, *parts: PreviewResult, result: str = "success"
) -> tuple[Run, Ended]:
    """The job that comments, after previews that left those parts."""
    working = Run(origin, "preview", pull_request(origin, "change", number, run=run), in_process=True)
    rows = [{"name": "e", "stack": each.environment, "titles": each.stack} for each in parts]
    working.jobs["changes"] = Ended("success", {"matrix": json.dumps(rows), "reviewed": "[]", "notes": "[]"})
    working.jobs |= {**dict.fromkeys(PREVIEWS, Ended("skipped")), "preview": Ended(result)}
    hand_over(working, *parts)
    return working, working.job("comment")


def rows(ended: Ended) -> list[str]:
    """The names of the jobs that are to run, level by level."""
    return [row["name"] for level in LEVELS for row in json.loads(ended.outputs[level])]


def test_a_change_of_one_app_is_previewed_for_its_team_alone(origin: Origin) -> None:
    entry = (origin.folder / ENTRY).read_text()
    origin.commit({ENTRY: entry + "# changed\n"}, "change")

    run = Run(origin, "preview", pull_request(origin, "change", 7))
    changes = run.job("changes")

    assert changes.result == "success", changes.log
    assert rows(changes) == [f"apps-shop-{name}" for name in ENVIRONMENTS]
    assert [row["environment"] for row in json.loads(changes.outputs["matrix"])] == [
        f"preview-apps-shop-{name}" for name in ENVIRONMENTS
    ]
    assert json.loads(changes.outputs["matrix"])[0]["titles"] == "apps/storefront"


def test_a_change_of_the_foundation_is_previewed_as_its_own_job_and_with_all_that_read_its_contract(
    origin: Origin,
) -> None:
    name = f"identity/Pulumi.foundation-{ENVIRONMENTS[1]}.yaml"
    origin.commit({name: (origin.folder / name).read_text() + "# changed\n"}, "change")

    changes = Run(origin, "preview", pull_request(origin, "change", 7)).job("changes")

    assert changes.result == "success", changes.log
    owners = ("identity", "team", "platform", "storage", "namespaces", "apps-shop")
    assert rows(changes) == [f"{owner}-{ENVIRONMENTS[1]}" for owner in owners]
    # The account that previews the daily work of the layer previews the foundation as well.
    assert json.loads(changes.outputs["matrix"])[0]["titles"] == "identity/foundation identity"


def test_previews_of_a_reviewed_environment_wait_and_the_comment_does_not(origin: Origin) -> None:
    rules = {"environments": [{"name": name, "reviewed": name == ENVIRONMENTS[2]} for name in ENVIRONMENTS]}
    origin.commit({FILE: yaml.safe_dump(rules)})
    entry = (origin.folder / ENTRY).read_text()
    origin.commit({ENTRY: entry + "# changed\n"}, "change")
    run = Run(origin, "preview", pull_request(origin, "change", 7))

    changes = run.job("changes")
    assert rows(changes) == [f"apps-shop-{name}" for name in ENVIRONMENTS[:2]]
    [waiting] = json.loads(changes.outputs["reviewed"])
    assert waiting["environment"] == f"preview-apps-shop-{ENVIRONMENTS[2]}"

    run.jobs |= {**dict.fromkeys(PREVIEWS, Ended("skipped")), "preview": Ended("success")}
    hand_over(run, *(part("apps/storefront", name) for name in ENVIRONMENTS[:2]))
    comment = run.job("comment")
    assert comment.result == "success", comment.log
    [written] = origin.github.comments_of(7)
    assert f"apps/storefront \\({ENVIRONMENTS[2]}\\)\\: these previews wait for an owner" in written["body"]

    run.jobs["reviewed"] = Ended("success")
    hand_over(run, part("apps/storefront", ENVIRONMENTS[2]))
    again = run.job("comment-reviewed")
    assert again.result == "success", again.log
    [written] = origin.github.comments_of(7)
    assert "wait for an owner" not in written["body"]
    assert "left no result" not in written["body"]


def test_a_proposal_about_no_reviewed_environment_is_commented_once(origin: Origin) -> None:
    run = Run(origin, "preview", pull_request(origin, "main", 7), in_process=True)
    run.jobs["changes"] = Ended("success", {"matrix": "[]", "reviewed": "[]", "notes": "[]"})

    assert [run.job(name).result for name in (*PREVIEWS, "reviewed", "comment", "comment-reviewed")] == [
        *["skipped"] * 6,
        "success",
        "skipped",
    ]


def test_an_app_that_a_proposal_removes_is_looked_at_by_its_former_owner_and_waits_until_its_state_is_empty(
    origin: Origin,
) -> None:
    app, team = f"apps/Pulumi.storefront-{TRIAL}.yaml", f"identity/Pulumi.team-shop-{TRIAL}.yaml"
    declared = yaml.safe_load((origin.folder / team).read_text())
    del declared["config"]["identity:apps"]["storefront"]
    origin.commit({app: None, team: yaml.safe_dump(declared)}, "change")
    held = abandoned_state(origin, "apps", f"storefront-{TRIAL}")

    run = Run(origin, "preview", pull_request(origin, "change", 7))
    changes = run.job("changes")
    assert changes.result == "success", changes.log
    [row] = [row for row in json.loads(changes.outputs["matrix"]) if row["name"].endswith(removal.ENDING)]
    assert row["environment"] == f"preview-apps-shop-{TRIAL}"
    assert row["titles"] == "apps/storefront"
    assert "apps/storefront" in changes.outputs["notes"]

    content = dict(run.workflow["jobs"]["preview"])
    content["steps"] = [step for step in content["steps"] if step.get("uses") != "./.github/actions/set-up"]
    refused = JobOfRun(run, "preview", content, row).run()
    assert refused.result == "failure"
    [left], _ = preview_result.read(run.artifacts)
    assert not left.passed
    assert "its state holds 1 resources" in left.error

    held.unlink()
    passed = JobOfRun(run, "preview", content, row).run()
    assert passed.result == "success", passed.log


@pytest.mark.parametrize("layer", ["apps", "platform", "identity"])
def test_an_environment_that_a_proposal_removes_whole_is_looked_at_until_its_states_are_empty(
    origin: Origin, layer: str
) -> None:
    files = sorted(origin.folder.glob(f"*/Pulumi.*{TRIAL}.yaml"))
    origin.commit({str(file.relative_to(origin.folder)): None for file in files}, "change")
    kept = abandoned_state(origin, "identity", f"foundation-{TRIAL}")
    held = abandoned_state(origin, layer, {"apps": "storefront-"}.get(layer, "") + TRIAL)

    run = Run(origin, "preview", pull_request(origin, "change", 7))
    changes = run.job("changes")
    assert changes.result == "success", changes.log
    removed = {row["name"]: row for row in json.loads(changes.outputs["matrix"]) if row["stack"] == TRIAL}
    owners = ("apps-shop", "identity", "namespaces", "platform", "storage", "team")
    assert sorted(removed) == [f"{owner}-{TRIAL}{removal.ENDING}" for owner in owners]
    assert removed[f"identity-{TRIAL}{removal.ENDING}"]["titles"] == "identity"  # and not its foundation

    row = removed[f"{ {'apps': 'apps-shop'}.get(layer, layer) }-{TRIAL}{removal.ENDING}"]
    content = dict(run.workflow["jobs"]["preview"])
    content["steps"] = [step for step in content["steps"] if step.get("uses") != "./.github/actions/set-up"]
    assert JobOfRun(run, "preview", content, row).run().result == "failure"
    left = [part for part in preview_result.read(run.artifacts)[0] if not part.passed]
    assert ["its state holds 1 resources" in part.error for part in left] == [True]

    held.unlink()
    passed = JobOfRun(run, "preview", content, row).run()
    assert (passed.result, kept.is_file()) == ("success", True), passed.log


def test_what_has_no_state_yet_is_named_and_left_out(origin: Origin) -> None:
    name = ENVIRONMENTS[0]
    file = origin.folder / f"platform/Pulumi.{name}.yaml"
    origin.commit({f"platform/Pulumi.{name}.yaml": file.read_text().replace("secretsprovider:", "# ")})
    origin.commit({"platform/platform_layer/new.py": "x = 1\n"}, "change")

    changes = Run(origin, "preview", pull_request(origin, "change", 7)).job("changes")

    assert f"platform-{name}" not in rows(changes)
    assert f"make bootstrap STACK={name}" in changes.outputs["notes"]


def test_a_fork_gets_the_sandbox_and_a_required_check_that_fails(origin: Origin) -> None:
    origin.commit({ENTRY: "kind: webService\n"}, "change")

    run = Run(origin, "preview", pull_request(origin, "change", 7, fork=True), in_process=True)
    results = {name: run.job(name) for name in run.workflow["jobs"] if name not in TESTS}
    assert {name: ended.result for name, ended in results.items()} == {
        "changes": "skipped",
        **dict.fromkeys(PREVIEWS, "skipped"),
        "reviewed": "skipped",
        "comment": "failure",
        "comment-reviewed": "skipped",
    }
    assert "pushes it as a branch" in results["comment"].summary
    assert origin.github.calls == []


def test_what_a_program_has_pushed_gets_no_identity_until_a_member_pushes(origin: Origin) -> None:
    origin.commit({ENTRY: (origin.folder / ENTRY).read_text() + "# changed\n"}, "change")

    started = pull_request(origin, "change", 7, actor="dependabot[bot]")
    run = Run(origin, "preview", started, in_process=True)
    assert [run.job(name).result for name in ("changes", *PREVIEWS, "comment")] == [*["skipped"] * 6, "failure"]
    [comment] = origin.github.comments_of(7)
    assert "A member who has read the change pushes a commit" in comment["body"]

    assert Run(origin, "preview", pull_request(origin, "change", 7, run=2)).job("changes").result == "success"


def test_the_judges_are_those_of_the_base_branch_and_only_the_layers_are_the_proposals(origin: Origin) -> None:
    """A proposal that brings its own runner, pack and layers: its layers are taken, nothing else runs."""
    broken = "raise SystemExit('the proposal judged itself')\n"
    mine = {
        "tools/cli/__main__.py": broken,
        "policies/policy_pack/rule.py": broken,
        ".github/actions/proposal/action.yml": "",
    }
    origin.commit({**mine, "apps/apps_layer/mine.py": "x = 1\n", "apps/apps_layer/traffic.py": None}, "change")

    run = Run(origin, "preview", pull_request(origin, "change", 7))
    changes = run.job("changes")

    assert changes.result == "success", changes.log
    [workspace] = origin.place.glob("job-*/work")
    assert (workspace / "apps/apps_layer/mine.py").is_file()
    assert not (workspace / "apps/apps_layer/traffic.py").exists()
    assert (workspace / "policies/policy_pack/rule.py").read_text() != broken


def test_a_branch_of_shell_characters_runs_nothing(origin: Origin) -> None:
    origin.commit({ENTRY: (origin.folder / ENTRY).read_text() + "# changed\n"}, "plain")
    started = pull_request(origin, "plain", 7)
    started.event["pull_request"]["head"]["ref"] = METACHARACTERS

    run = Run(origin, "preview", started)
    assert run.job("changes").result == "success"
    run.jobs |= {**dict.fromkeys(PREVIEWS, Ended("skipped")), "preview": Ended("success")}
    hand_over(run, *(part("apps/storefront", name) for name in ENVIRONMENTS))
    ended = run.job("comment")

    assert ended.result == "success", ended.log
    assert list(origin.place.rglob("*owned*")) == []


def test_a_rerun_writes_its_comment_in_place_of_the_first(origin: Origin) -> None:
    origin.commit({}, "change")
    commented(origin, 7, 1, part())
    _, ended = commented(origin, 7, 1, part(counts={"delete": 1}))

    assert ended.result == "success", ended.log
    [comment] = origin.github.comments_of(7)
    assert "1 to delete" in comment["body"]
    assert "this grants group" in comment["body"]


def test_a_run_that_was_overtaken_leaves_the_newer_comment(origin: Origin) -> None:
    origin.commit({}, "change")
    commented(origin, 7, 9, part())
    commented(origin, 7, 8, part(counts={"delete": 1}))

    [comment] = origin.github.comments_of(7)
    assert "1 to delete" not in comment["body"]


def test_a_number_that_another_workflow_writes_into_the_comment_silences_nobody(origin: Origin) -> None:
    origin.commit({}, "change")
    commented(origin, 7, 1, part())
    [comment] = origin.github.comments_of(7)
    comment["body"] = "<!-- prodfirst preview, run 999999 -->\nall is well"

    commented(origin, 7, 2, part(counts={"delete": 1}))

    [comment] = origin.github.comments_of(7)
    assert "1 to delete" in comment["body"]


def test_a_later_run_of_a_forks_branch_of_the_same_name_silences_nobody(origin: Origin) -> None:
    origin.commit({}, "change")
    pull_request(origin, "change", 8, run=9, fork=True)
    commented(origin, 7, 2, part(counts={"delete": 1}))

    [comment] = origin.github.comments_of(7)
    assert "1 to delete" in comment["body"]


def test_two_pull_requests_at_once_have_a_comment_each(origin: Origin) -> None:
    origin.commit({}, "change")
    commented(origin, 7, 1, part())
    commented(origin, 8, 2, part(counts={"delete": 1}))

    assert ["1 to delete" in comment["body"] for number in (7, 8) for comment in origin.github.comments_of(number)] == [
        False,
        True,
    ]


def test_a_comment_of_somebody_who_copies_the_mark_is_left_alone(origin: Origin) -> None:
    origin.commit({}, "change")
    commented(origin, 7, 1, part())
    [mine] = origin.github.comments_of(7)
    copied = {**mine, "id": 999, "user": {"login": "mallory"}}
    origin.github.comments = {999: copied}

    commented(origin, 7, 2, part(counts={"delete": 1}))

    assert [each["user"]["login"] for each in origin.github.comments_of(7)] == ["mallory", BOT]
    assert origin.github.comments[999]["body"] == copied["body"]


def test_a_plan_of_65536_characters_fits_into_the_comment(origin: Origin) -> None:
    origin.commit({}, "change")
    assert len(LONG) > 65_536
    _, ended = commented(origin, 7, 1, part(plan=LONG), part("apps/storefront", "dev", plan="+ short"))

    assert ended.result == "success", ended.log
    [comment] = origin.github.comments_of(7)
    assert len(comment["body"]) <= 65_536
    assert "more characters are in the log" in comment["body"]
    assert "+ short" in comment["body"]
    assert comment["body"].count("<details>") == comment["body"].count("</details>") == 1


def test_a_failed_preview_is_told_and_fails_the_required_check(origin: Origin) -> None:
    origin.commit({}, "change")
    failed = part(passed=False, error="error: the program ended with 1", plan="", counts={}, sections={}, cost=None)
    _, ended = commented(origin, 7, 1, failed, result="failure")

    assert ended.result == "failure"
    [comment] = origin.github.comments_of(7)
    assert "the program ended with 1" in comment["body"]
    assert "platform \\(dev\\): failed" in comment["body"]


@pytest.mark.parametrize("result", ["failure", "cancelled"])
def test_a_preview_that_left_nothing_is_named(origin: Origin, result: str) -> None:
    origin.commit({}, "change")
    run, _ = commented(origin, 7, 1, part(), result=result)
    shutil.rmtree(run.artifacts)
    ended = run.job("comment")

    assert ended.result == "failure"
    [comment] = origin.github.comments_of(7)
    assert "left no result" in comment["body"]


def test_changes_that_could_not_be_found_out_fail_the_required_check(origin: Origin) -> None:
    origin.commit({}, "change")
    run = Run(origin, "preview", pull_request(origin, "change", 7), in_process=True)
    run.jobs["changes"] = Ended("failure")
    run.jobs |= dict.fromkeys(PREVIEWS, Ended("skipped"))

    assert run.job("comment").result == "failure"


def test_the_summary_of_the_tests_names_what_failed(origin: Origin, tmp_path: Path) -> None:
    run = Run(origin, "preview", pull_request(origin, "main", 7, fork=True))
    steps = run.workflow["jobs"]["tests"]["steps"]
    report = tmp_path / "tests.xml"
    report.write_text(
        '<testsuites><testsuite><testcase classname="a.b" name="c"><failure/></testcase></testsuite></testsuites>'
    )
    run.workflow["jobs"]["tests"]["steps"] = [steps[0], {**steps[-1], "env": {"JUNIT": str(report)}}]
    run.jobs["scope"] = Ended("success", {"tests": '[{"name": "1 of 8", "args": ""}]'})

    ended = run.job("tests")

    assert "0 tests passed, 1 failed" in ended.summary
    assert "a.b\\:\\:c" in ended.summary


@pytest.mark.parametrize(
    ("files", "tests", "up"),
    [
        ({"README.md": "# changed\n", ".github/guides/portal.md": "# changed\n"}, ["documents"], ""),
        ({ENTRY: "# changed\n"}, ["settings"], "yes"),
        ({ENTRY: "# changed\n", "apps/README.md": "# changed\n"}, ["settings"], "yes"),
        ({f"platform/Pulumi.{ENVIRONMENTS[0]}.yaml": "# changed\n"}, ["settings"], "yes"),
        ({"platform/Pulumi.yaml": "# changed\n"}, WHOLE, ""),
        ({ENTRY: "# changed\n", "apps/apps_layer/new.py": "x = 1\n"}, WHOLE, ""),
        ({"policies/waivers.yaml": "waivers: []\n# changed\n"}, WHOLE, ""),
        ({"tools/cli/github/scope.py": "# nothing is tested\n"}, WHOLE, ""),
        ({}, WHOLE, ""),
    ],
    ids=["documents", "entry", "entry, document", "stack file", "project", "code", "judges", "what decides", "nothing"],
)
def test_what_a_proposal_changes_decides_what_is_tested(
    origin: Origin, files: dict[str, str], tests: list[str], up: str
) -> None:
    origin.commit(files, "change")

    decided = Run(origin, "preview", pull_request(origin, "change", 7, fork=True)).job("scope")

    assert decided.result == "success", decided.log
    assert [row["name"] for row in json.loads(decided.outputs["tests"])] == tests
    assert decided.outputs["up"] == up


def test_every_file_of_tests_that_is_named_is_there() -> None:
    assert [file for file in (*scope.DOCUMENTS, *scope.SETTINGS) if not (CHECKOUT / "tests" / file).is_file()] == []


@pytest.mark.parametrize(
    ("results", "result"),
    [
        ({}, "success"),
        ({"up": "success"}, "success"),
        ({"up": "failure"}, "failure"),
        ({"tests": "failure"}, "failure"),
        ({"tests": "skipped"}, "failure"),
        ({"checks": "cancelled"}, "failure"),
        ({"scope": "failure", "tests": "skipped"}, "failure"),
    ],
)
def test_the_required_check_passes_only_when_all_tests_have(
    origin: Origin, results: dict[str, str], result: str
) -> None:
    run = Run(origin, "preview", pull_request(origin, "main", 7), in_process=True)
    ended = {"scope": "success", "checks": "success", "tests": "success", "up": "skipped", **results}
    run.jobs |= {name: Ended(each) for name, each in ended.items()}

    assert run.job("sandbox").result == result


def test_the_merge_queue_tests_everything_and_previews_nothing(origin: Origin) -> None:
    origin.commit({"README.md": "# changed\n"}, "change")
    proposed = pull_request(origin, "change", 7)
    started = Started("merge_group", {"merge_group": {}}, "refs/heads/gh-readonly-queue/main/pr-7", proposed.sha, 1)
    run = Run(origin, "preview", started)

    decided = run.job("scope")
    assert decided.result == "success", decided.log
    assert [row["name"] for row in json.loads(decided.outputs["tests"])] == WHOLE
    results = {name: run.job(name).result for name in run.workflow["jobs"] if name not in TESTS}
    assert results == {
        "changes": "skipped",
        **dict.fromkeys(PREVIEWS, "skipped"),
        "reviewed": "skipped",
        "comment": "success",
        "comment-reviewed": "skipped",
    }
    assert origin.github.comments_of(7) == []


def test_the_contract_that_one_job_plans_is_read_by_the_job_after_it(
    origin: Origin, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The steps of both jobs in their order, with files between them; only the engine is left out."""
    document = contract_documents.identity()
    document["teams"]["platform"]["group"] = "planned-team@example.com"
    seen: dict[str, tuple[list[str], dict[str, str]]] = {}

    def preview(stack: Stack, folder: Path, *, contracts: Path, **_: object) -> PreviewResult:
        chain = Chain(contracts)
        seen[stack.title] = chain.assumed(stack), {file.stem: file.read_text() for file in contracts.glob("*.json")}
        if stack.title == "identity":
            made = folder / "made"
            made.mkdir(parents=True)
            text = PlannedContract(document=document, unknown=("keys.registry",)).model_dump_json()
            (made / "identity.json").write_text(text)
            chain.add(stack, made)
        result = part(stack.title, "sandbox")
        result.write(folder)
        return result

    monkeypatch.setattr(previewing, "preview", preview)
    run = Run(origin, "preview", pull_request(origin, "main", 7), in_process=True)
    rows = [
        json.dumps([{"name": f"{title}-sandbox", "stack": "sandbox", "titles": title, "environment": "e"}])
        for title in ("identity", "platform")
    ]
    run.jobs["changes"] = Ended("success", {"matrix": rows[0], "matrix-2": rows[1], "reviewed": "[]", "notes": "[]"})
    for name in PREVIEWS:
        content = run.workflow["jobs"][name]
        ready = ("./.github/actions/set-up", "./.github/actions/proposal")
        content["steps"] = [step for step in content["steps"] if step.get("uses") not in ready]

    assert [run.job(name).result for name in PREVIEWS] == ["success", "success", *["skipped"] * 3]

    assert seen["identity"] == ([], {})
    assumed, files = seen["platform"]
    assert json.loads(files["contract-identity"]) == document
    assert assumed == ["contract identity: keys.registry, which only the update makes known"]


def test_a_failed_preview_leaves_the_jobs_after_it_their_own_verdict(origin: Origin) -> None:
    run = Run(origin, "preview", pull_request(origin, "main", 7), in_process=True)
    run.jobs["changes"] = Ended("success", {"matrix": "[]", "matrix-2": "[]", "matrix-3": "[]", "reviewed": "[]"})
    run.jobs |= {"preview": Ended("failure"), "preview-2": Ended("failure")}
    wanted = dict(run.jobs["changes"].outputs)
    run.jobs["changes"] = Ended("success", {**wanted, "matrix-3": '[{"environment": "e"}]'})
    run.workflow["jobs"]["preview-3"]["steps"] = []

    assert run.job("preview-3").result == "success"


def test_there_is_a_job_for_each_level_of_previews() -> None:
    assert len(PREVIEWS) == len(contracts.deployed())
