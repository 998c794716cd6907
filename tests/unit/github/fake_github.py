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


@dataclass
class FakeGitHub:
    """The repository as it is on GitHub, and the tokens that were given out.

    Attributes:
        tokens: permissions by token.
        jobs: the claims of a job by the token with which it asks for its own.
    """

    url: str = ""
    issues: dict[int, Json] = field(default_factory=dict[int, Json])
    comments: dict[int, Json] = field(default_factory=dict[int, Json])
    deployments: list[Json] = field(default_factory=list[Json])
    statuses: dict[int, list[str]] = field(default_factory=dict[int, list[str]])
    approvals: list[Json] = field(default_factory=list[Json])
    compared: dict[str, str] = field(default_factory=dict[str, str])
    documents: dict[str, Json] = field(default_factory=dict[str, Json])
    rulesets: dict[int, Json] = field(default_factory=dict[int, Json])
    environments: dict[str, Json] = field(default_factory=dict[str, Json])
    branches: dict[str, dict[int, str]] = field(default_factory=dict[str, dict[int, str]])
    teams: dict[str, int] = field(default_factory=dict[str, int])
    tokens: dict[str, dict[str, str]] = field(default_factory=dict[str, dict[str, str]])
    jobs: dict[str, Json] = field(default_factory=dict[str, Json])
    calls: list[str] = field(default_factory=list[str])
    numbers: "itertools.count[int]" = field(default_factory=lambda: itertools.count(1))

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

    def deploy(self, environment: str, sha: str, *states: str) -> None:
        """A deployment, and how it went, the latest state first."""
        number = next(self.numbers)
        self.deployments.insert(0, {"id": number, "environment": environment, "sha": sha})
        self.statuses[number] = list(states)

    def comments_of(self, number: int) -> list[Json]:
        """The comments of an issue or pull request."""
        return [each for each in self.comments.values() if each["issue"] == number]

    def open_issues(self) -> dict[str, Json]:
        """The open issues by title."""
        return {str(each["title"]): each for each in self.issues.values() if each["state"] == "open"}
