"""A service account of CI: the one GitHub job that may use it, or for a preview account the few.

A preview account may be used by its owner's people too: it only reads, and a change is to be tried before it is
proposed. A deploy account is never a person's.
"""

import pulumi

from identity_layer import names
from identity_layer.base import Base
from identity_layer.foundation import federation
from identity_layer.service_account import AccountUser, ServiceAccount, ServiceAccountArgs

WORKLOAD_USER = "roles/iam.workloadIdentityUser"
TOKEN_CREATOR = "roles/iam.serviceAccountTokenCreator"  # noqa: S105 - a role's name

KINDS = ("preview", "deploy")


def ci_account(
    base: Base, owner: str, kind: str, roles: frozenset[str], opts: pulumi.ResourceOptions | None = None
) -> ServiceAccount:
    """The account `<owner>-<kind>`.

    Args:
        base: of the stack.
        owner: a layer, "storage", or "apps-<team>".
        kind: of KINDS.
        roles: on the project, by their names in grants.py.
        opts: of the component.
    """
    return ServiceAccount(
        f"{owner}-{kind}",
        ServiceAccountArgs(
            project=base.settings.project,
            account_id=f"{owner}-{kind}",
            display_name=f"CI: {kind} {owner}",
            description=f"Used by CI to {kind} {owner}; keyless, by impersonation only.",
            after=base.apis.enabled("iam", "iamcredentials", "cloudresourcemanager"),
            project_roles=base.project_roles(roles),
            users=_deployers(base, owner) if kind == "deploy" else _previewers(base, owner),
        ),
        opts=opts,
    )


def _deployers(base: Base, owner: str) -> dict[str, AccountUser]:
    return {"github": _job(base, federation.deploy_job(base.settings.github, owner, base.environment))}


def _previewers(base: Base, owner: str) -> dict[str, AccountUser]:
    jobs = federation.preview_jobs(base.settings.github)
    people = AccountUser(TOKEN_CREATOR, f"group:{base.settings.owner_groups[owner]}")
    return {**{f"github-{name}": _job(base, job) for name, job in jobs.items()}, "people": people}


def _job(base: Base, job: str) -> AccountUser:
    member = names.federated_member(base.settings.project_number, job)
    return AccountUser(WORKLOAD_USER, member, after=[base.federation.provider])
