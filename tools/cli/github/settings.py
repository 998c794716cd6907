"""`make github`: applies or checks the repository's settings on GitHub as committed in `.github/settings.yaml`.

It owns the settings by which GitHub protects the code: merge settings, permitted Actions, rulesets, and the
environments with their reviewers, which follow from the layers and the teams. It adds and corrects settings; undeclared
ones (another ruleset, another environment) are reported and left unchanged. Settings that the token may not read are
reported as well.
"""

import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import cast

from pydantic import BaseModel, ConfigDict
from pydantic.alias_generators import to_camel

from cli import yaml_file
from cli.github.client import GitHub, Json, RefusedError
from cli.github.difference import SettingDifference, compared
from cli.layout import environments, github, owners, rollout_order
from cli.rollout import Environment
from toolchain.environments import CHECKOUT
from toolchain.errors import ToolError
from toolchain.progress import say

FILE = CHECKOUT / ".github" / "settings.yaml"
_API = "https://api.github.com"


class _Document(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", alias_generator=to_camel)


class Settings(_Document):
    """Content of the file.

    Attributes:
        repository: as in "Update a repository".
        actions: settings of Actions, by the last part of their address.
        rulesets: as in "Create a repository ruleset".
        owners: teams on GitHub by owner of an environment; a team's apps are owned by the team of that name.
    """

    repository: Json
    actions: dict[str, Json]
    rulesets: tuple[Json, ...]
    owners: dict[str, str]

    def team(self, owner: str) -> str:
        """The team that answers for `identity`, `platform`, `storage` or `apps-<team>`."""
        return self.owners.get(owner) or owner.removeprefix("apps-")


def load(file: Path = FILE) -> Settings:
    """The committed settings.

    Raises `ToolError` when the file is invalid.
    """
    return yaml_file.load(file, Settings.model_validate, "nothing on GitHub was touched")


def protected_environments(settings: Settings) -> dict[str, tuple[Environment, str]]:
    """Every environment of a deployment, derived from the stacks: its rules, and the team that owns it."""
    return {
        f"{owner.name}-{environment.name}": (environment, settings.team(owner.answers or owner.name))
        for environment in rollout_order()
        for owner in owners(environment.name)
        if not owner.by_administrators
    }


def run(*, check: bool, repository: str | None) -> int:
    """Apply the settings, or report the differences; return 1 when there are any.

    Raises `ToolError` without a token, or when GitHub refuses.
    """
    token = os.environ.get("GITHUB_TOKEN") or os.environ.get("GH_TOKEN", "")
    if not token:
        raise ToolError(
            "GITHUB_TOKEN is not set, so GitHub cannot be asked. Nothing was touched. Applying takes a token of an "
            'administrator of the repository: GITHUB_TOKEN="$(gh auth token)" make github'
        )
    settings = load()
    full_name = repository or os.environ.get("GITHUB_REPOSITORY") or _repository_name()
    api = GitHub.signed_in(os.environ.get("GITHUB_API_URL", _API), full_name, token)
    before, unread = Repository(api, settings).differences()
    for item in (*before, *unread):
        say(str(item))
    if check or not (before or unread):
        say(f"{full_name}: {len(before)} settings are not as committed, {len(unread)} are not readable")
        # The token of a workflow never reads them all; an administrator's does.
        return 1 if before or (unread and "GITHUB_ACTIONS" not in os.environ) else 0
    Repository(api, settings).apply()
    after, unread = Repository(api, settings).differences()
    for item in (*after, *unread):
        say(f"still {item}")
    return 1 if after or unread else 0


def _repository_name() -> str:
    """Name of the repository that the identity layer admits; it is the same in all environments."""
    names = {github(name).repository for name in environments()}
    if len(names) != 1:
        raise ToolError(f"the stack files name {len(names)} repositories; say which with REPOSITORY=owner/name.")
    return names.pop()


@dataclass(frozen=True)
class Repository:
    """Settings of a repository on GitHub.

    Attributes:
        api: client for the repository.
        settings: the committed settings.
    """

    api: GitHub
    settings: Settings

    def differences(self) -> tuple[list[SettingDifference], list[str]]:
        """Settings that are not as committed, and settings that this token may not read."""
        differences: list[SettingDifference] = []
        unread: list[str] = []
        for where, path, expected in self._documents():
            # GitHub leaves out fields that the token may not read.
            actual = self._read(path)
            differences += compared(where, actual, {key: value for key, value in expected.items() if key in actual})
            unread += [f"{where}: {key}: not readable with this token" for key in expected if key not in actual]
        differences += self._missing_rulesets()
        differences += self._environments()
        return differences, unread

    def _read(self, path: str) -> Json:
        try:
            return self.api.get(path)
        except RefusedError:
            return {}

    def _documents(self) -> Iterator[tuple[str, str, Json]]:
        """Documents of settings on GitHub: a name, the address, and the committed content of each."""
        yield "repository", "", self.settings.repository
        for name, expected in self.settings.actions.items():
            yield f"actions/{name}".rstrip("/"), _actions(name), expected
        present = self._present()
        for expected in self.settings.rulesets:
            if str(expected["name"]) in present:
                yield f"ruleset {expected['name']}", f"/rulesets/{present[str(expected['name'])]}", expected

    def _missing_rulesets(self) -> Iterator[SettingDifference]:
        present, expected = self._present(), {str(ruleset["name"]) for ruleset in self.settings.rulesets}
        yield from (
            SettingDifference(f"ruleset {name}", "absent", "there") for name in sorted(expected - present.keys())
        )
        yield from (
            SettingDifference(f"ruleset {name}", "there", "declared or removed")
            for name in sorted(present.keys() - expected)
        )

    def _present(self) -> dict[str, int]:
        listed = self.api.pages("/rulesets", includes_parents="false")
        return {str(ruleset["name"]): int(ruleset["id"]) for ruleset in listed}

    def _environments(self) -> Iterator[SettingDifference]:
        expected = protected_environments(self.settings)
        present = {str(item["name"]): item for item in self.api.pages("/environments", "environments")}
        for name, (rules, team) in expected.items():
            if name not in present:
                yield SettingDifference(f"environment {name}", "absent", "there")
                continue
            yield from compared(f"environment {name}", _rules(present[name]), _expected_rules(rules, team))
            branches = sorted(str(item["name"]) for item in self._branches(name))
            if branches != [self._branch]:
                yield SettingDifference(f"environment {name}: branches", ", ".join(branches) or "none", self._branch)
        for name in sorted(present.keys() - expected.keys()):
            yield SettingDifference(f"environment {name}", "there", "of a stack, or removed")

    def _branches(self, environment: str) -> Iterator[Json]:
        return self.api.pages(f"/environments/{environment}/deployment-branch-policies", "branch_policies")

    @property
    def _branch(self) -> str:
        return str(self.settings.repository["default_branch"])

    def apply(self) -> None:
        """Apply all committed settings."""
        self.api.patch("", self.settings.repository)
        for name, expected in self.settings.actions.items():
            self.api.put(_actions(name), expected)
        present = self._present()
        for expected in self.settings.rulesets:
            identifier = present.get(str(expected["name"]))
            if identifier is None:
                self.api.post("/rulesets", expected)
            else:
                self.api.put(f"/rulesets/{identifier}", expected)
        for name, (rules, team) in protected_environments(self.settings).items():
            self._apply_environment(name, rules, team)

    def _apply_environment(self, name: str, rules: Environment, team: str) -> None:
        body = {
            "wait_timer": rules.wait_minutes,
            "prevent_self_review": rules.reviewed,
            "reviewers": [{"type": "Team", "id": self._team(team)}] if rules.reviewed else [],
            "deployment_branch_policy": {"protected_branches": False, "custom_branch_policies": True},
        }
        self.api.put(f"/environments/{name}", body)
        present = {str(item["name"]): int(item["id"]) for item in self._branches(name)}
        for branch in present.keys() - {self._branch}:
            self.api.delete(f"/environments/{name}/deployment-branch-policies/{present[branch]}")
        if self._branch not in present:
            self.api.post(f"/environments/{name}/deployment-branch-policies", {"name": self._branch, "type": "branch"})

    def _team(self, slug: str) -> int:
        owner = self.api.repository.partition("/")[0]
        return int(self.api.get(f"/orgs/{owner}/teams/{slug}")["id"])


def _actions(name: str) -> str:
    return f"/actions/permissions/{name}".rstrip("/")


def _expected_rules(rules: Environment, team: str) -> Json:
    expected: Json = {"branches": "custom", "wait": rules.wait_minutes, "reviewers": [team] if rules.reviewed else []}
    return {**expected, "self review": "prevented"} if rules.reviewed else expected


def _rules(environment: Json) -> Json:
    """Rules of an environment on GitHub, in the terms of the settings."""
    rules = {str(rule["type"]): rule for rule in cast("list[Json]", environment.get("protection_rules") or [])}
    reviews = rules.get("required_reviewers", {})
    policy = cast("Json", environment.get("deployment_branch_policy") or {})
    return {
        "branches": "custom" if policy.get("custom_branch_policies") else "any or protected",
        "wait": rules.get("wait_timer", {}).get("wait_timer", 0),
        "reviewers": [str(item["reviewer"].get("slug", "a person")) for item in reviews.get("reviewers", [])],
        "self review": "prevented" if reviews.get("prevent_self_review") else "allowed",
    }
