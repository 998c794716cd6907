"""Steps of the workflows by name: `make ci STEP=<name>`."""

import json
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from itertools import takewhile
from typing import Any, cast

from cli import abandoned, contracts, deployed
from cli.chain import Chain
from cli.github import (
    checking,
    comment,
    database_rights,
    deployments,
    drifting,
    issues,
    preview_result,
    previewing,
    proposal,
    removal,
    scope,
    selection,
    waiver_expiry,
)
from cli.github.client import GitHub, Json
from cli.github.issues import Subject
from cli.github.job import SUMMARY_LIMIT, Job
from cli.github.login import sign_in, signed_in
from cli.github.markdown import escaped
from cli.github.selection import JobTarget
from cli.layout import POLICIES, Stack, environments, foundation, is_reviewed
from cli.pulumi.pinned_engine import pinned_pulumi
from cli.rollout import STAGES
from toolchain.environments import CHECKOUT
from toolchain.errors import ToolError, UsageError
from toolchain.progress import say

_PARTS = "parts"
# Planned contracts: of the jobs before, a folder for each, and what this job's previews read and add.
_HANDED_OVER = "handed-over"
_CONTRACTS = "planned-contracts"
# Rows of the jobs that preview a proposal, by level; there are as many waves as these at most.
_MATRICES = ("matrix", *(f"matrix-{level}" for level in range(2, len(contracts.deployed()) + 1)))
_ROWS = tuple(name.upper().replace("-", "_") for name in _MATRICES)
_ENDING = Subject("waivers", "waivers that end", "Waivers and exceptions that end soon")


def run(name: str | None, job: Job | None = None) -> int:
    """Run a step; return the exit code.

    Raises `UsageError` when there is no such step.
    """
    step = STEPS.get(name or "")
    if step is None:
        what = f"there is no step {name!r}" if name else "which step?"
        raise UsageError(f"{what}; STEP is one of {', '.join(STEPS)}. They are for the workflows in .github.")
    return step(job or Job())


def _tools(job: Job) -> int:
    """Get the pinned engine and plugins, which the steps that follow take from the cache."""
    del job
    say(f"{pinned_pulumi()}")
    return 0


def _proposal(job: Job) -> int:
    """Put the proposed layers under the reviewed commands and policies; note what they declared before."""
    job.get("GITHUB_ACTIONS")  # a person's own layers must not be replaced
    database_rights.note(job)
    proposal.take_over()
    return 0


def _scope(job: Job) -> int:
    """Select the tests that a proposal needs: outputs `tests`, the rows of a matrix, and `up`; of a merge queue all."""
    head = CHECKOUT / proposal.HEAD
    is_proposal = job.get("GITHUB_EVENT_NAME") == "pull_request"
    paths = selection.changed_files(head, "HEAD^1") if is_proposal else None
    needed = scope.of(paths or [])
    job.output("tests", json.dumps([{"name": name, "args": args} for name, args in needed.arguments.items()]))
    job.output("up", "yes" if needed.brings_up else "")
    job.summarize(f"Tests of this proposal: {', '.join(needed.arguments)}\n")
    return 0


def _passed(job: Job) -> int:
    """Fail unless the tests of a proposal have passed: the required check, which no skipped job may fulfil."""
    results = {name: job.environment.get(name, "") for name in ("SCOPE", "CHECKS", "TESTS", "UP")}
    permitted = {"UP": ("success", "skipped")}
    failed = [name.lower() for name, result in results.items() if result not in permitted.get(name, ("success",))]
    say(f"not passed: {', '.join(failed)}" if failed else "all passed")
    return 1 if failed else 0


def _changes(job: Job) -> int:
    """Select the previews that a pull request needs.

    Outputs: `matrix`, and `matrix-2` to `matrix-5` with those that read contracts of plans before them; `reviewed`,
    those of environments whose previews wait for an owner; `notes`, what is left out; `rights`, how the declared rights
    inside of databases change.
    """
    head = CHECKOUT / proposal.HEAD
    paths = selection.changed_files(head, "HEAD^1")
    if paths is None:
        raise ToolError("the proposal is not checked out as a merge with its parents, so nobody knows what it changes.")
    selected = selection.select(selection.touched(paths))
    targets, notes = selected.proposals(), [*selected.notes]
    removed = removal.jobs(removal.of_proposal(CHECKOUT))
    levels = [[target for target in level if not is_reviewed(target.environment)] for level in selected.levels()]
    rows = [[target.proposal_row() for target in level] for level in levels if level]
    first = [row for row in removed if not is_reviewed(row["stack"])]
    waiting = [*removed, *(target.proposal_row() for target in targets)]
    outputs = {
        **{name: list[dict[str, str]]() for name in _MATRICES},
        **dict(zip(_MATRICES, rows, strict=False)),
        "reviewed": [row for row in waiting if is_reviewed(row["stack"])],
    }
    outputs[_MATRICES[0]] = [*first, *outputs[_MATRICES[0]]]
    notes += [f"{row['titles']} ({row['stack']}): removed, which waits until its state is empty" for row in removed]
    for name, group in outputs.items():
        job.output(name, json.dumps(group[: selection.MATRIX]))
        if rest := [title for row in group[selection.MATRIX :] for title in row["titles"].split()]:
            notes.append(f"{selection.listed(rest)}: a run has {selection.MATRIX} previews of a kind at most")
    job.output("notes", json.dumps(notes))
    job.output("rights", json.dumps(database_rights.changed(job)))
    _summarize(job, targets, notes)
    return 0


def _everything(job: Job) -> int:
    """Select every stack that has a state: output `matrix`; and the environments: output `stacks`."""
    selected = selection.select(lambda _: True)
    targets = selected.previews()
    job.output("matrix", json.dumps([target.preview_row() for target in targets]))
    _summarize(job, targets, selected.notes)
    job.output("stacks", json.dumps(list(dict.fromkeys(stack.environment for stack in selected.stacks))))
    return 0


def _summarize(job: Job, targets: Sequence[JobTarget], notes: Sequence[str]) -> None:
    lines = [f"- {target.summary}" for target in targets]
    lines += [f"- left out: {escaped(note)}" for note in notes]
    job.summarize("\n".join(lines or ["Nothing that has a state is concerned."]) + "\n")


def _preview(job: Job) -> int:
    """Preview the stacks of this job, write their parts, and leave the contracts that their plans would publish."""
    target = _target(job)
    if target.name.endswith(removal.ENDING):
        results = list(removal.look(target, CHECKOUT, CHECKOUT / _PARTS))
        return 0 if len(results) == len(target.stacks) and all(result.passed for result in results) else 1
    planned = CHECKOUT / _CONTRACTS
    planned.mkdir(exist_ok=True)
    for stack in target.stacks:
        Chain(planned).take_over(stack, CHECKOUT / _HANDED_OVER)
    results = previewing.previews(target.stacks, CHECKOUT / _PARTS, contracts=planned)
    return 0 if all(result.passed for result in results) else 1


def _target(job: Job) -> JobTarget:
    return JobTarget.named(job.get("NAME"), job.get("STACK"), job.get("TITLES").split())


def _comment(job: Job) -> int:
    """Write the comment of a pull request from the parts of its previews.

    It is written before the previews of reviewed environments, which wait for an owner, and anew after them.
    """
    if job.get("GITHUB_EVENT_NAME") == "merge_group":
        say("nothing to comment on: each proposal in the merge queue was previewed and commented before")
        return 0
    if job.get("CHANGES") == "skipped":
        return _unpreviewed(job)
    parts, problems = preview_result.read(CHECKOUT / _PARTS)
    waiting = sorted(_titles(job, "WAITING"))
    expected = [title for name in (*_ROWS, "REVIEWED") for title in _titles(job, name)]
    problems += [f"{name}: its job left no result" for name in _missing(expected, parts)]
    results = job.get("RESULT").split()
    all_ended = len(results) == len(_MATRICES) and {*results} <= {"success", "skipped"}
    jobs_succeeded = job.get("CHANGES") == "success" and all_ended
    succeeded = jobs_succeeded and all(part.passed for part in parts)
    sha = str(job.event["pull_request"]["head"]["sha"])
    notes = cast("list[str]", json.loads(job.environment.get("NOTES") or "[]"))
    if waiting:
        listed = selection.listed([f"{title} ({environment})" for title, environment in waiting])
        notes.append(f"{listed}: these previews wait for an owner, who lets them begin on the page of the run")
    rights = cast("list[str]", json.loads(job.environment.get("RIGHTS") or "[]"))
    content = comment.CommentContent(parts, problems, notes, job.run_url, sha, succeeded, rights)
    job.summarize(comment.written(content, SUMMARY_LIMIT))
    say(f"comment: {_published(job, comment.written(content, comment.BODY_LIMIT))}")
    return 0 if succeeded and not problems else 1


def _published(job: Job, body: str) -> str:
    github, branch = GitHub.of(job), str(job.event["pull_request"]["head"]["ref"])
    if newer := comment.newer_run(github, branch, job.run_number):
        return f"left to run {newer}, which is newer"
    return comment.publish(github, job.pull_request, body)


def _unpreviewed(job: Job) -> int:
    """Say why a proposal was not previewed, and fail: the check is required, and nobody has seen a plan."""
    source: Json = job.event["pull_request"]["head"]["repo"] or Json()
    is_fork = source.get("full_name") != job.repository
    remedy = "pushes it as a branch of this repository" if is_fork else "pushes a commit to its branch, or reopens it"
    body = (
        f"## Not previewed\n\nThis proposal comes from {'a fork' if is_fork else 'a program'}, so its previews would "
        "run with an identity what nobody has read. A member who has read the change "
        f"{remedy}. [Log]({job.run_url})\n"
    )
    job.summarize(body)
    # The token of a fork's proposal cannot write.
    say(f"comment: {'none, the token cannot write' if is_fork else _published(job, body)}")
    return 1


def _titles(job: Job, matrix: str) -> list[tuple[str, str]]:
    """Titles and environments of the stacks in a matrix."""
    rows = cast("list[dict[str, Any]]", json.loads(job.environment.get(matrix) or "[]"))
    return [(title, row["stack"]) for row in rows for title in row["titles"].split()]


def _missing(expected: Sequence[tuple[str, str]], parts: Sequence[preview_result.PreviewResult]) -> list[str]:
    """Expected stacks without a part."""
    present = {(part.stack, part.environment) for part in parts}
    return [f"{stack}-{environment}" for stack, environment in expected if (stack, environment) not in present]


def _deployments(job: Job) -> int:
    """Select the changes of each environment since its last deployment, by stage.

    Outputs: `first`, the environment's name; `first-1`, `first-2` and so on, the jobs of each wave; `first-1-plan` and
    so on, those whose plan somebody reads first; the same for each other stage; `pending`, the environments on GitHub
    that lack something.
    """
    is_manual = job.get("GITHUB_EVENT_NAME") == "workflow_dispatch"
    lines: list[str] = []
    pending: list[str] = []
    _require_declared(job, lines)
    for stage, name in zip(STAGES, environments(), strict=False):
        selected = selection.select(lambda stack: not stack.by_administrators, [name])
        targets = selected.deployments()
        with signed_in(foundation(name)):
            since = {target.name: _since(target, lines) for target in targets}
        changed = [part for part in since.values() if part]
        pending += [target.name for target in changed]
        if is_manual:  # everything, first what changed: a run may have more than there are places
            changed = sorted(targets, key=lambda target: since[target.name] is None)
        job.output(stage, name)
        for wave in range(len(contracts.deployed())):
            of_wave = [target for target in changed if target.wave == wave]
            rows = [target.row() for target in of_wave[: selection.MATRIX]]
            job.output(f"{stage}-{wave + 1}", json.dumps(rows) if rows else "")
            planned = rows if is_reviewed(name) else []
            job.output(f"{stage}-{wave + 1}-plan", json.dumps(planned) if planned else "")
            lines += [f"- {target.summary}" for target in of_wave[: selection.MATRIX]]
            lines += [
                f"- **waits**: {target.summary} (a run has {selection.MATRIX} jobs at most: start the workflow again)"
                for target in of_wave[selection.MATRIX :]
            ]
        lines += [f"- left out: {escaped(note)}" for note in selected.notes]
    job.output("pending", " ".join(pending))
    job.summarize("To deploy:\n\n" + "\n".join(lines or ["- nothing changed"]) + "\n")
    return 0


def _require_declared(job: Job, notes: list[str]) -> None:
    """Check that every state of every environment is of a declared stack; backends that cannot be read become notes."""
    left: list[str] = []
    for name in environments():
        found, unread = abandoned.in_environment(name)
        left += [abandoned.message(name, found)] if found else []
        notes += [f"- {escaped(line)}" for line in unread]
    if left:
        job.summarize("\n".join(escaped(text) for text in left) + "\n")
        raise ToolError("\n".join(left))


def _since(target: JobTarget, notes: list[str]) -> JobTarget | None:
    """Part of a target that changed since its last deployment, or whose last deployment is unknown; None for none."""
    try:
        before = deployed.commits(target.stacks, "preview")
    except ToolError as error:
        notes.append(f"- what {target.name} runs cannot be read, so all of it is deployed: {escaped(str(error))}")
        return target
    changed = {commit: selection.changed_files(CHECKOUT, commit) for commit in set(before.values())}

    def is_changed(stack: Stack) -> bool:
        paths = changed[before[stack]] if stack in before else None
        return paths is None or selection.touched(paths)(stack)

    stacks = tuple(filter(is_changed, target.stacks))
    return replace(target, stacks=stacks) if stacks else None


def _plan(job: Job) -> int:
    """Plan the stacks of a deployment for its reviewers, who read the summary; the plan is handed over to the job."""
    results = previewing.previews(_target(job).stacks, CHECKOUT / _PARTS, refresh=True, priced=False)
    succeeded = all(result.passed for result in results)
    content = comment.CommentContent(results, [], [], job.run_url, job.sha, succeeded)
    job.summarize(comment.written(content, SUMMARY_LIMIT))
    return 0 if succeeded else 1


def _pass_over(job: Job) -> int:
    """Cancel older runs of which nothing runs any more, and which only wait for a review: this run has their changes.

    A job that waits for its reviewers keeps every other deployment to its environment from beginning.
    """
    cancelled = deployments.pass_over(GitHub.of(job), job.run_number)
    say(f"runs that were passed over: {', '.join(map(str, cancelled)) or 'none'}")
    return 0


def _newest(job: Job) -> int:
    """Refuse a commit that is older than the deployed one, or a change that an earlier environment does not have."""
    target = _target(job)
    deployments.require_newest(CHECKOUT, _deployed(target), job.sha)
    owner = target.name.removesuffix(target.environment)
    earlier = {f"{owner}{name}" for name in takewhile(lambda name: name != target.environment, environments())}
    pending = earlier & set(job.environment.get("PENDING", "").split())
    deployments.require_earlier(GitHub.of(job), job.get("GITHUB_RUN_ID"), target.name, pending)
    return 0


def _deployed(target: JobTarget) -> dict[Stack, str]:
    """Commits that the stacks of this job were deployed from, read as their deploy account."""
    sign_in(target.stacks[0], target.stacks[0].account("deploy"))
    return deployed.commits(target.stacks, "deploy")


def _approvers(job: Job) -> int:
    """Read who approved this job, for the history: output `approved-by`.

    In a reviewed environment somebody must have, and nobody their own commits; elsewhere no deployment depends on it.
    """
    github, target = GitHub.of(job), _target(job)
    must_be_reviewed = is_reviewed(target.environment)
    try:
        approvers = deployments.approvers(github, job.get("GITHUB_RUN_ID"), target.name)
    except ToolError as error:
        if must_be_reviewed:
            raise
        say(f"the history will not say who let this deployment begin; the run's page does. {error}")
        approvers = []
    if must_be_reviewed:
        deployments.require_somebody_else(github, target.name, _deployed(target).values(), job.sha, approvers)
    job.output("approved-by", ", ".join(approvers))
    return 0


def _drift(job: Job) -> int:
    """Compare the stacks of this job with the cloud, and write their parts; `drift-report` reports them."""
    results = drifting.look(_target(job), CHECKOUT / _PARTS)
    failed = [result.title for result in results if result.error]
    if failed:
        say(f"could not be looked at: {', '.join(failed)}")
    return 1 if failed else 0


def _drift_report(job: Job) -> int:
    """Bring the issues about drift up to date."""
    parts, problems = preview_result.read(CHECKOUT / _PARTS)
    missing = [*_missing(_titles(job, "MATRIX"), parts), *problems]
    done = drifting.report(GitHub.of(job), parts, missing, job.run_url)
    job.summarize("\n".join(f"- {line}" for line in done) + "\n")
    return 1 if missing else 0


def _expiring(job: Job) -> int:
    """Announce waivers and exceptions that end soon."""
    today = datetime.now(UTC).date()
    body = waiver_expiry.body(waiver_expiry.expiring(POLICIES, today), today, job.run_url)
    done = issues.keep(GitHub.of(job), _ENDING, body, job.run_url)
    job.summarize(f"Waivers and exceptions that end soon: {done}\n")
    return 0


STEPS: dict[str, Callable[[Job], int]] = {
    "tools": _tools,
    "proposal": _proposal,
    "scope": _scope,
    "passed": _passed,
    "changes": _changes,
    "everything": _everything,
    "preview": _preview,
    "comment": _comment,
    "deployments": _deployments,
    "plan": _plan,
    "pass-over": _pass_over,
    "newest": _newest,
    "approvers": _approvers,
    "drift": _drift,
    "drift-report": _drift_report,
    "expiring": _expiring,
    "actions": checking.actions,
    "tests": checking.tests,
    "judges": checking.judges,
}
