"""GitHub, as far as the workflows ask it: what is in the repository, and which tokens were given out.

It knows which permissions each job's token was given, and refuses what they do not cover (`fake_api`): a permission
that a workflow lacks shows here.
"""

import itertools
import secrets
from dataclasses import dataclass, field
from typing import Any

Json = dict[str, Any]

REPOSITORY = "example/infrastructure"
BOT = "github-actions[bot]"
ADMINISTRATOR = {"administration": "write"}


def fresh() -> dict[str, Json]:
    """Settings of a new private repository; of Actions by the end of their address."""
    merges = {f"allow_{way}": True for way in ("merge_commit", "rebase_merge", "squash_merge", "forking")}
    forks = ("run_workflows_from_fork_pull_requests", "send_write_tokens_to_workflows", "send_secrets_and_variables")
    return {
        "repository": {
            "default_branch": "main",
            "private": True,
            "allow_auto_merge": False,
            "delete_branch_on_merge": False,
            **merges,
        },
        "": {"enabled": True, "allowed_actions": "all", "sha_pinning_required": False},
        "selected-actions": {"github_owned_allowed": False, "verified_allowed": False, "patterns_allowed": []},
        "workflow": {"default_workflow_permissions": "read", "can_approve_pull_request_reviews": False},
        "fork-pr-contributor-approval": {"approval_policy": "first_time_contributors"},
        "fork-pr-workflows-private-repos": {
            **dict.fromkeys(forks, False),
            "require_approval_for_fork_pr_workflows": False,
        },
    }


@dataclass
class FakeGitHub:
    """The repository as it is on GitHub, and the tokens that were given out.

    Attributes:
        tokens: permissions by token.
        jobs: the claims of a job by the token with which it asks for its own.
        plan: `free`, `team` or `enterprise`.
        is_private: whether the repository is private, as the guide makes it.
        organization_selects_actions: whether the organisation has a list of actions of its own.
        organization_forbids_forks: whether it forbids forks of private repositories.
        runs: runs of workflows, the latest first.
        authors: logins of the authors of commits, by `base...head`, and of one commit by its SHA.
        documents: settings of the repository and, by the end of their address, of Actions.
        undescribed: requests and answers that are not of the form that GitHub describes.
    """

    url: str = ""
    issues: dict[int, Json] = field(default_factory=dict[int, Json])
    comments: dict[int, Json] = field(default_factory=dict[int, Json])
    approvals: list[Json] = field(default_factory=list[Json])
    runs: list[Json] = field(default_factory=list[Json])
    authors: dict[str, list[str]] = field(default_factory=dict[str, list[str]])
    compared: dict[str, str] = field(default_factory=dict[str, str])
    plan: str = "enterprise"
    is_private: bool = True
    organization_selects_actions: bool = False
    organization_forbids_forks: bool = False
    documents: dict[str, Json] = field(default_factory=fresh)
    workflows: dict[int, Json] = field(default_factory=dict[int, Json])
    undescribed: list[str] = field(default_factory=list[str])
    rulesets: dict[int, Json] = field(default_factory=dict[int, Json])
    environments: dict[str, Json] = field(default_factory=dict[str, Json])
    branches: dict[str, dict[int, Json]] = field(default_factory=dict[str, dict[int, Json]])
    teams: dict[str, int] = field(default_factory=dict[str, int])
    tokens: dict[str, dict[str, str]] = field(default_factory=dict[str, dict[str, str]])
    jobs: dict[str, Json] = field(default_factory=dict[str, Json])
    calls: list[str] = field(default_factory=list[str])
    numbers: "itertools.count[int]" = field(default_factory=lambda: itertools.count(1))

    def make_public(self) -> None:
        """Make the repository public."""
        self.is_private = False
        self.documents["repository"]["private"] = False

    def token(self, permissions: dict[str, str]) -> str:
        """A job's token with these permissions."""
        made = f"ghs_{secrets.token_hex(18)}"
        self.tokens[made] = permissions
        return made

    def identity(self, claims: Json) -> str:
        """Variables with which a job can request a token with these claims."""
        made = secrets.token_hex(18)
        self.jobs[made] = claims
        return made

    def comments_of(self, number: int) -> list[Json]:
        """The comments of an issue or pull request."""
        return [each for each in self.comments.values() if each["issue"] == number]

    def open_issues(self) -> dict[str, Json]:
        """The open issues by title."""
        return {str(each["title"]): each for each in self.issues.values() if each["state"] == "open"}
