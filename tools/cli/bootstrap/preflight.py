"""Requirements of the first apply on Google besides the stack files, in one list, before anything is changed.

Missing rights and groups, a full quota, and under organisation policies members and buckets that they stop. Each item
names the command that cures it. What nobody may look up from here is listed as well, for a person to check.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from cli import limits, team_files
from cli.bootstrap.checks import missing_rights
from cli.bootstrap.google import PUBLIC, Google
from cli.bootstrap.stack_file import Claims
from cli.layout import Stack
from cli.stack_file import read
from iam import principals
from toolchain.errors import ToolError
from toolchain.progress import say

# Accounts that an environment has once: a pair of each layer's CI accounts, and that of the nodes.
LAYER_ACCOUNTS = 11
DOMAINS, PUBLIC_ACCESS = "iam.allowedPolicyMemberDomains", "storage.publicAccessPrevention"


@dataclass(frozen=True)
class Item:
    """Something that is missing, and the remedy; one that is not `certain` could not be looked up."""

    what: str
    remedy: str
    certain: bool = True

    @property
    def line(self) -> str:
        """Line of the list."""
        return f"  - {self.what}: {self.remedy}"


def check(google: Google, claims: Claims, stack: Stack) -> None:
    """Check everything that the apply requires, and show what a person has to look at.

    Raises `ToolError` with all that is missing.
    """
    found = list(items(google, claims, stack))
    unknown = "\n".join(item.line for item in found if not item.certain)
    if unknown:
        say(f"{google.who()} may not look these up, so see to them yourself:\n{unknown}")
    missing = "\n".join(item.line for item in found if item.certain)
    if missing:
        raise ToolError(
            f"this is missing in Google Cloud for the project {google.project}:\n{missing}\nNothing was made. Correct "
            "all of it, as somebody who may, and run this again."
        )


def items(google: Google, claims: Claims, stack: Stack) -> Iterator[Item]:
    """Everything that is missing, or that nobody may look up."""
    yield from missing(google, claims)
    yield from _groups(google, groups(claims, stack), claims.domain)
    yield from _accounts(google, stack)
    if claims.organization:
        if DOMAINS not in claims.without:
            yield from _foreign_members(google, claims)
        if PUBLIC_ACCESS not in claims.without:
            yield from _public_buckets(google)


def missing(google: Google, claims: Claims) -> Iterator[Item]:
    """Permissions that the caller lacks."""
    who = f"user:{google.who()}"
    for right in missing_rights(google, claims):
        on = f"organizations {right.organization}" if right.organization else f"projects {google.project}"
        kind, _, name = on.partition(" ")
        command = f"`gcloud {kind} add-iam-policy-binding {name} --member={who} --role={right.role}`"
        yield Item(f"your permission {right.permission} ({right.role})", command)


def groups(claims: Claims, stack: Stack) -> dict[str, str]:
    """Groups that Google must know, by address, with their use."""
    identity = Stack(stack.project, stack.environment).file
    used = {team.group: f"identity:team of {team.shown}" for team in team_files.teams(identity).values()}
    used |= {team.group: f"identity:teams.{name}" for name, team in read(identity).config.teams.items()}
    used |= claims.groups
    if claims.domain:
        used[f"gke-security-groups@{claims.domain}"] = "login to the cluster; the teams' groups are its members"
    return used


def _groups(google: Google, used: Mapping[str, str], domain: str) -> Iterator[Item]:
    for group, use in used.items():
        exists = google.has_group(group)
        if not exists:
            remedy = f"`gcloud identity groups create {group} --organization={domain or group.rpartition('@')[2]}`"
            what = f"the group {group} ({use})" + (", which must exist" if exists is None else " does not exist")
            yield Item(what, remedy, certain=exists is not None)


def _accounts(google: Google, stack: Stack) -> Iterator[Item]:
    """Service accounts that the stack files declare, against the project's quota."""
    needed = accounts(stack)
    quota = google.account_quota()
    limit = limits.limits()["accounts"]
    if needed > (limit.most if quota is None else quota):
        yield Item(
            f"the stack files declare about {needed} service accounts, and the project's quota is "
            f"{limit.most if quota is None else quota}" + (" unless it was raised" if quota is None else ""),
            "request more under IAM & Admin > Quotas (Service Account Count), and enter it in "
            "identity/identity_layer/limits.yaml",
            certain=quota is not None,
        )


def accounts(stack: Stack) -> int:
    """Number of service accounts that the stack files of an environment declare."""
    teams = team_files.teams(Stack(stack.project, stack.environment).file).values()
    of_teams = sum(2 + bool(team.builds) + sum(app.uses_google for app in team.apps.values()) for team in teams)
    return LAYER_ACCOUNTS + of_teams


def _foreign_members(google: Google, claims: Claims) -> Iterator[Item]:
    for role, member in sorted(google.project_members()):
        if _is_foreign(member, google.project, claims):
            remove = f"gcloud projects remove-iam-policy-binding {google.project} --member={member} --role={role}"
            yield Item(
                f"{member} holds {role} on the project: under {DOMAINS} Google refuses every grant while the policy "
                "names anybody of another directory",
                f"`{remove}`, or leave the constraint out while you adopt (identity:organization.without: [{DOMAINS}])",
                certain=member in PUBLIC,  # a directory may have further domains, and the organisation further projects
            )


def _is_foreign(member: str, project: str, claims: Claims) -> bool:
    """Return whether a member is not evidently of the own directory, project, or Google."""
    kind, _, address = member.partition(":")
    if member in PUBLIC:
        return True
    if kind == "serviceAccount":
        own = f"@{project}.iam.gserviceaccount.com"
        customers = address.endswith(".iam.gserviceaccount.com") and not principals.agent(member)
        return customers and not address.endswith(own)
    return kind in ("user", "group", "domain") and bool(claims.domain) and address.rpartition("@")[2] != claims.domain


def _public_buckets(google: Google) -> Iterator[Item]:
    for bucket, certain in google.public_buckets().items():
        yield Item(
            f"the bucket {bucket} {'is' if certain else 'may be'} public, and nobody outside reads a bucket any more "
            f"once {PUBLIC_ACCESS} is set",
            f"serve its content otherwise and `gcloud storage buckets update gs://{bucket} "
            "--public-access-prevention`, or leave the constraint out while you adopt "
            f"(identity:organization.without: [{PUBLIC_ACCESS}])",
            certain,
        )
