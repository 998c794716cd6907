"""`make github`: applies or checks the repository's settings on GitHub as committed in `.github/settings.yaml`.

It owns the settings by which GitHub protects the code: rulesets, the environments with their reviewers, which follow
from the layers and the teams, permitted Actions, merge settings, and that no workflow is disabled. It adds and corrects
settings; undeclared ones (another ruleset, another environment) are reported and left unchanged. What GitHub refuses
stops nothing else: each refusal is reported at the end, with GitHub's words and with what is open without the setting.
"""

import os
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from functools import partial
from typing import cast

from cli.github.client import GitHub, Json, RefusedError
from cli.github.difference import SettingDifference, compared
from cli.github.protected_environment import (
    CUSTOM,
    POLICY,
    ProtectedEnvironment,
    left_out,
    protected_environments,
    rules_of,
)
from cli.github.settings_file import Part, Settings, load
from cli.layout import environments, github
from toolchain.environments import CHECKOUT
from toolchain.errors import ToolError
from toolchain.progress import say

_API = "https://api.github.com"
# The repository in the stack files of the example, which whoever copies it replaces one environment after the other.
_EXAMPLE = "example/infrastructure"
_WORKFLOWS = ".github/workflows"


def run(*, check: bool, repository: str | None) -> int:
    """Apply the settings, or report the differences; return 1 when there are any.

    Raises `ToolError` without a token, or when the repository cannot be read.
    """
    token = os.environ.get("GITHUB_TOKEN") or os.environ.get("GH_TOKEN", "")
    if not token:
        raise ToolError(
            "GITHUB_TOKEN is not set, so GitHub cannot be asked. Nothing was touched. Applying takes a token of an "
            'administrator of the repository: GITHUB_TOKEN="$(gh auth token)" make github'
        )
    full_name = repository or os.environ.get("GITHUB_REPOSITORY") or repository_name()
    settings = load()
    subject = Repository(GitHub.signed_in(os.environ.get("GITHUB_API_URL", _API), full_name, token), settings)
    for environment in left_out(full_name):
        say(f"{environment}: left out, its stack files name another repository than {full_name}")
    report = subject.report()
    if report.open and not check:
        for difference in report.differences:
            say(str(difference))
        refusals = subject.apply(report)
        report = subject.report()
        report.refusals.update(refusals)
        say("after the changes:")
    for line in report.lines(settings):
        say(line)
    say(
        f"{full_name}: {len(report.differences)} settings are not as committed, {len(report.unread)} are not readable, "
        f"{len(report.refusals)} are refused"
    )
    # The token of a workflow never reads them all; an administrator's does.
    return 0 if report.is_as_committed and (not report.unread or "GITHUB_ACTIONS" in os.environ) else 1


def repository_name() -> str:
    """Name of the repository that the identity layer admits.

    Stack files that are still the example's do not count, if others are not.

    Raises `ToolError` when the stack files name several.
    """
    named = {github(name).repository for name in environments()}
    names = named - {_EXAMPLE} or named
    if len(names) != 1:
        raise ToolError(f"the stack files name {len(names)} repositories; say which with REPOSITORY=owner/name.")
    return names.pop()


@dataclass(frozen=True)
class SettingDocument:
    """One document of settings on GitHub.

    Attributes:
        name: such as `ruleset main`.
        read: returns the content on GitHub; None when the document is absent.
        expected: returns the committed content, to compare with the content on GitHub.
        write: brings the document to the committed content; gets what `read` returned, or None.
        by_workflow: whether the token of a workflow reads it as well.
    """

    name: str
    read: Callable[[], Json | None]
    expected: Callable[[Json], Json]
    write: Callable[[Json | None], object]
    by_workflow: bool = True


@dataclass(frozen=True)
class SettingsReport:
    """Settings of a repository beside the committed settings.

    Attributes:
        open: documents that are not as committed or not readable, each with its content where it is readable.
        differences: settings that are not as committed.
        unread: settings that the token may not read.
        refusals: words of GitHub by the document that it refuses.
    """

    open: list[tuple[SettingDocument, Json | None]] = field(default_factory=list[tuple[SettingDocument, Json | None]])
    differences: list[SettingDifference] = field(default_factory=list[SettingDifference])
    unread: list[str] = field(default_factory=list[str])
    refusals: dict[str, str] = field(default_factory=dict[str, str])

    @property
    def is_as_committed(self) -> bool:
        """True when all readable settings are as committed."""
        return not self.differences and not self.refusals

    def add(self, document: SettingDocument) -> None:
        """Compare a document with the committed content."""
        try:
            actual = document.read()
            expected = document.expected(actual) if actual is not None else {}
        except RefusedError as refused:
            self.open.append((document, None))
            if document.by_workflow:
                self.refusals[document.name] = refused.reason
            else:
                self.unread.append(f"{document.name}: not readable with this token ({refused.reason})")
            return
        if actual is None:
            differences = [SettingDifference(document.name, "absent", "there")]
            unread: list[str] = []
        else:
            # GitHub leaves out fields that the token may not read.
            readable = {key: value for key, value in expected.items() if key in actual}
            differences = list(compared(document.name, actual, readable))
            unread = [
                f"{document.name}: {key}: not readable with this token" for key in expected.keys() - actual.keys()
            ]
        if differences or unread:
            self.open.append((document, actual))
        self.differences.extend(differences)
        self.unread.extend(unread)

    def lines(self, settings: Settings) -> Iterator[str]:
        """The findings; a refusal with what is open without the setting."""
        refused = tuple(f"{name}:" for name in self.refusals)
        for finding in map(str, (*self.differences, *self.unread)):
            if not finding.startswith(refused):
                yield finding
        for name, reason in self.refusals.items():
            yield f"{name}: GitHub refuses it: {reason}. Without it, {settings.consequence(name)}."


@dataclass(frozen=True)
class Repository:
    """Settings of a repository on GitHub.

    Attributes:
        api: client for the repository.
        settings: the committed settings.
    """

    api: GitHub
    settings: Settings

    def report(self) -> SettingsReport:
        """Compare GitHub with the committed settings.

        Raises `ToolError` when the repository cannot be read.
        """
        present, report = self.api.get(""), SettingsReport()
        declared = self.settings.of(private=bool(present["private"]))
        # What protects the main branch and the deployments comes first.
        groups: dict[str, Callable[[], Iterator[SettingDocument]]] = {
            "ruleset": lambda: self._rulesets(declared, report),
            "environment": lambda: self._environments(report),
            "actions": lambda: self._actions(declared),
            "repository": lambda: iter([self._repository(declared, present)]),
            "workflow": self._workflows,
        }
        for name, documents in groups.items():
            try:
                for document in documents():
                    report.add(document)
            except RefusedError as refused:
                report.refusals[name] = refused.reason
        return report

    def apply(self, report: SettingsReport) -> dict[str, str]:
        """Bring the documents of a report to the committed content; return GitHub's refusals by document."""
        refusals: dict[str, str] = {}
        for document, actual in report.open:
            try:
                document.write(actual)
            except RefusedError as refused:
                refusals[document.name] = refused.reason
        return refusals

    def _rulesets(self, declared: Part, report: SettingsReport) -> Iterator[SettingDocument]:
        listed = self.api.pages("/rulesets", includes_parents="false")
        present = {str(ruleset["name"]): f"/rulesets/{ruleset['id']}" for ruleset in listed}
        for ruleset in declared.rulesets:
            yield self._ruleset(ruleset, present.pop(str(ruleset["name"]), ""))
        report.differences.extend(
            SettingDifference(f"ruleset {name}", "there", "declared or removed") for name in sorted(present)
        )

    def _ruleset(self, declared: Json, path: str) -> SettingDocument:
        def expected(actual: Json) -> Json:
            return self._with_numbers(declared) if "bypass_actors" in actual else declared

        def write(actual: Json | None) -> object:
            del actual
            body = self._with_numbers(declared)
            return self.api.put(path, body) if path else self.api.post("/rulesets", body)

        return SettingDocument(
            f"ruleset {declared['name']}", lambda: self.api.get(path) if path else None, expected, write
        )

    def _with_numbers(self, ruleset: Json) -> Json:
        """A ruleset whose actors have numbers in place of the names of owners."""
        actors = cast("list[Json]", ruleset["bypass_actors"])
        return {**ruleset, "bypass_actors": [self._with_number(actor) for actor in actors]}

    def _with_number(self, actor: Json) -> Json:
        rest = {key: value for key, value in actor.items() if key != "owner"}
        return {**rest, "actor_id": self._team(self.settings.team(actor["owner"]))} if "owner" in actor else rest

    def _environments(self, report: SettingsReport) -> Iterator[SettingDocument]:
        listed = self.api.pages("/environments", "environments")
        present = {str(item["name"]): item for item in listed}
        for environment in protected_environments(self.settings, self.api.repository):
            yield self._environment(environment, present.pop(environment.name, None))
        report.differences.extend(
            SettingDifference(f"environment {name}", "there", "of a stack, or removed") for name in sorted(present)
        )

    def _environment(self, declared: ProtectedEnvironment, present: Json | None) -> SettingDocument:
        path = f"/environments/{declared.name}"
        branch = declared.admits or str(self.settings.repository["default_branch"])

        def read() -> Json | None:
            return {**rules_of(present), "admits": sorted(self._admitted(path))} if present else None

        def write(actual: Json | None) -> None:
            rules = actual or {}
            if rules.get("branches") != CUSTOM:
                self.api.put(path, POLICY)
            admitted = self._admitted(path)
            for name in admitted.keys() - {branch}:
                self.api.delete(f"{path}/deployment-branch-policies/{admitted[name]}")
            if branch not in admitted:
                self.api.post(f"{path}/deployment-branch-policies", {"name": branch, "type": "branch"})
            # On its own and last: a plan without these rules refuses the request as a whole.
            if fields := declared.protection(rules, self._team):
                self.api.put(path, {**POLICY, **fields})

        return SettingDocument(
            f"environment {declared.name}", read, lambda _: {**declared.expected(), "admits": [branch]}, write
        )

    def _admitted(self, path: str) -> dict[str, int]:
        """Numbers of the branches, and of the tags, that an environment admits."""
        policies = self.api.pages(f"{path}/deployment-branch-policies", "branch_policies")
        return {
            str(item["name"]) if item.get("type", "branch") == "branch" else f"tag {item['name']}": int(item["id"])
            for item in policies
        }

    def _actions(self, declared: Part) -> Iterator[SettingDocument]:
        for name, expected in declared.actions.items():
            path = f"/actions/permissions/{name}".rstrip("/")
            yield SettingDocument(
                f"actions/{name}".rstrip("/"),
                partial(self.api.get, path),
                partial(_same, expected),
                partial(self._put, path, expected),
                by_workflow=False,
            )

    def _put(self, path: str, expected: Json, actual: Json | None) -> None:
        del actual
        self.api.put(path, expected)

    def _repository(self, declared: Part, present: Json) -> SettingDocument:
        def write(actual: Json | None) -> object:
            # GitHub refuses some fields where an organisation decides, even with the value that they have.
            rest = {key: value for key, value in declared.repository.items() if (actual or {}).get(key) != value}
            return self.api.patch("", rest)

        return SettingDocument(
            "repository", lambda: present, partial(_same, declared.repository), write, by_workflow=False
        )

    def _workflows(self) -> Iterator[SettingDocument]:
        """Workflows of the code: whoever may write can disable one, and no other workflow would notice."""
        listed = self.api.pages("/actions/workflows", "workflows")
        present = {str(item["path"]): item for item in listed}
        for file in sorted((CHECKOUT / _WORKFLOWS).glob("*.yml")):
            path = f"{_WORKFLOWS}/{file.name}"
            yield SettingDocument(
                f"workflow {path}", partial(present.get, path), partial(_same, {"state": "active"}), self._enable
            )

    def _enable(self, workflow: Json | None) -> None:
        if workflow:  # GitHub lists it as soon as it is on the main branch
            self.api.put(f"/actions/workflows/{workflow['id']}/enable", {})

    def _team(self, slug: str) -> int:
        owner = self.api.repository.partition("/")[0]
        return int(self.api.get(f"/orgs/{owner}/teams/{slug}")["id"])


def _same(expected: Json, actual: Json) -> Json:
    del actual
    return expected
