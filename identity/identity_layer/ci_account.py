"""A service account of CI: the one GitHub job that may use it, or for a preview account the few.

A preview account may be used by its owner's people too: it only reads, and a change is to be tried before it is
proposed. A deploy account is never a person's.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field

import pulumi

from identity_layer import jobs, names
from identity_layer.role import Role
from identity_layer.service_account import AccountUser, ServiceAccount, ServiceAccountArgs

WORKLOAD_USER = "roles/iam.workloadIdentityUser"
TOKEN_CREATOR = "roles/iam.serviceAccountTokenCreator"  # noqa: S105 - a role's name

KINDS = ("preview", "deploy")


@dataclass(frozen=True)
class Pipeline:
    """The jobs of GitHub that use the CI accounts of an environment.

    Attributes:
        project: the project's ID.
        number: the project's number.
        branch: of the repository, from which is deployed.
        environment: part of the names of GitHub's environments.
        after: resources that must exist before an account (the APIs).
        admitting: resources that must exist before a job may use one (the workload identity provider).
    """

    project: str
    number: str
    branch: str
    environment: str
    after: Sequence[pulumi.Resource] = field(default_factory=list[pulumi.Resource])
    admitting: Sequence[pulumi.Resource] = field(default_factory=list[pulumi.Resource])

    def account(
        self, owner: str, kind: str, people: str, roles: Sequence[Role], opts: pulumi.ResourceOptions | None = None
    ) -> ServiceAccount:
        """The account `<owner>-<kind>`.

        Args:
            owner: of a stack or of a kind of stack: "platform", "storage", "apps-<team>".
            kind: of KINDS.
            people: address of the owner's group.
            roles: on the project.
            opts: of the component.
        """
        return ServiceAccount(
            f"{owner}-{kind}",
            ServiceAccountArgs(
                project=self.project,
                account_id=f"{owner}-{kind}",
                display_name=f"CI: {kind} {owner}",
                description=f"Used by CI to {kind} {owner}; keyless, by impersonation only.",
                after=self.after,
                project_roles=roles,
                users=self._deployers(owner) if kind == "deploy" else self._previewers(owner, people),
            ),
            opts=opts,
        )

    def _deployers(self, owner: str) -> dict[str, AccountUser]:
        return {"github": self._job(jobs.deploying(self.branch, owner, self.environment))}

    def _previewers(self, owner: str, group: str) -> dict[str, AccountUser]:
        people = AccountUser(TOKEN_CREATOR, f"group:{group}")
        previewing = jobs.previewing(self.branch, owner, self.environment)
        return {**{f"github-{name}": self._job(job) for name, job in previewing.items()}, "people": people}

    def _job(self, job: str) -> AccountUser:
        return AccountUser(WORKLOAD_USER, names.federated_member(self.number, job), after=self.admitting)
