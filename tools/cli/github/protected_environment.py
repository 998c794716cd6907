"""Environments on GitHub of deployments and previews: their rules follow from the stacks and the list of environments.

https://docs.github.com/en/rest/deployments/environments
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from typing import cast

from cli.github.client import Json
from cli.github.settings_file import Settings
from cli.layout import github, owners, rollout_order
from cli.rollout import Environment

CUSTOM = "custom"
# Ref of a job that runs for a pull request.
_PROPOSALS = "refs/pull/*/merge"
POLICY: Json = {"deployment_branch_policy": {"protected_branches": False, "custom_branch_policies": True}}


@dataclass(frozen=True)
class ProtectedEnvironment:
    """The environment of the jobs that deploy, or preview proposals, as one account.

    Attributes:
        name: on GitHub: the owner and the environment of the stacks, and `preview-` before it.
        rules: of the environment of the stacks.
        team: slug of the team that owns it.
        admits: the refs whose jobs it admits; empty for the default branch.
    """

    name: str
    rules: Environment
    team: str
    admits: str = ""

    def expected(self) -> Json:
        """Its rules, in the terms of `rules_of`."""
        expected: Json = {
            "branches": CUSTOM,
            "wait": self.rules.wait_minutes,
            "reviewers": [self.team] if self.rules.reviewed else [],
        }
        if self.rules.reviewed:
            expected["self review"] = "prevented" if self._deploys else "allowed"
        if self._is_protected:
            expected["administrators"] = "held to the rules"
        return expected

    def protection(self, present: Json, number: Callable[[str], int]) -> Json:
        """Fields of its protection rules: those that are wanted, and those that are in force and must not be.

        GitHub refuses them, even if they are empty, on a private repository of a plan without protection rules.

        Args:
            present: rules in force, in the terms of `rules_of`.
            number: returns the number of a team by its slug.
        """
        fields: Json = {}
        if self.rules.reviewed or present.get("reviewers"):
            fields["reviewers"] = [{"type": "Team", "id": number(self.team)}] if self.rules.reviewed else []
            # An owner lets the preview of an own proposal begin: it reads what the owner may read anyway.
            fields["prevent_self_review"] = self.rules.reviewed and self._deploys
        if self.rules.wait_minutes or present.get("wait"):
            fields["wait_timer"] = self.rules.wait_minutes
        if self._is_protected:
            # Not in GitHub's description of the request, but in its answers; its public clients send it.
            fields["can_admins_bypass"] = False
        return fields

    @property
    def _deploys(self) -> bool:
        return not self.admits

    @property
    def _is_protected(self) -> bool:
        return self.rules.reviewed or bool(self.rules.wait_minutes)


def protected_environments(settings: Settings, repository: str) -> list[ProtectedEnvironment]:
    """Environments of all deployments from a repository (`owner/name`), then of all previews of proposals to it."""
    own = [environment for environment in rollout_order() if _is_of(environment, repository)]
    deploying = [protected for environment in own for protected in _of(environment, settings)]
    previewing = [
        replace(
            protected,
            name=f"preview-{protected.name}",
            rules=protected.rules.model_copy(update={"wait_minutes": 0}),
            admits=_PROPOSALS,
        )
        for protected in deploying
    ]
    return [*deploying, *previewing]


def left_out(repository: str) -> list[str]:
    """Environments of stack files that name another repository, as the example's do until they are replaced."""
    return [environment.name for environment in rollout_order() if not _is_of(environment, repository)]


def _is_of(environment: Environment, repository: str) -> bool:
    return github(environment.name).repository.lower() == repository.lower()


def _of(environment: Environment, settings: Settings) -> Iterator[ProtectedEnvironment]:
    for owner in owners(environment.name):
        if not owner.by_administrators:
            team = settings.team(owner.answers or owner.name)
            yield ProtectedEnvironment(f"{owner.name}-{environment.name}", environment, team)


def rules_of(environment: Json) -> Json:
    """Rules of an environment as GitHub answers it."""
    rules = {str(rule["type"]): rule for rule in cast("list[Json]", environment.get("protection_rules") or [])}
    reviews = rules.get("required_reviewers", {})
    policy = cast("Json", environment.get("deployment_branch_policy") or {})
    return {
        "branches": CUSTOM if policy.get("custom_branch_policies") else "any or protected",
        "wait": rules.get("wait_timer", {}).get("wait_timer", 0),
        "reviewers": [str(item["reviewer"].get("slug", "a person")) for item in reviews.get("reviewers", [])],
        "self review": "prevented" if reviews.get("prevent_self_review") else "allowed",
        "administrators": "not held to the rules"
        if environment.get("can_admins_bypass", True)
        else "held to the rules",
    }
