"""Rules on the parts of IAM beside grants: keys, custom roles, federation, deny and organisation policies."""

from collections.abc import Iterator
from typing import Any

from engine.inputs import at, is_open, items, mapping, named, shown
from iam import escalation, permitted
from iam.conditions import demanded
from policy_pack.demands import absent, demand
from policy_pack.rule import Resource, Severity, like, of, rule

CUSTOM_ROLE = like(r"gcp:(projects|organizations)/iamcustomrole:iamcustomrole")
PROVIDER = "gcp:iam/workloadIdentityPoolProvider:WorkloadIdentityPoolProvider"
ISSUERS = ("https://token.actions.githubusercontent.com",)

# A run in numbers alone: `sub` holds names, and exceeds 127 bytes with long ones (https://cloud.google.com/iam/quotas).
_SUBJECT = 'assertion.repository_id + ":" + assertion.run_id'
# Repository and ref in a form that no name can imitate: the repository is a number, and a ref has no colon.
_BUILDS = {"attribute.build": 'assertion.repository_id + ":" + assertion.ref'}

_KEYS = {
    "gcp:serviceaccount/key:key": "A service account key never expires by itself and works from "
    "anywhere, for whoever holds it.",
    "gcp:storage/hmackey:hmackey": "An HMAC key is a password to storage that never expires by itself.",
    "gcp:projects/apikey:apikey": "An API key is a password that is sent with every request, and names no caller.",
}


@rule(
    "iam-nothing-disabled",
    like(r"gcp:((projects|organizations)/iAMCustomRole|serviceaccount/account|iam/workloadIdentityPool(Provider)?):.*"),
    Severity.HIGH,
    remediation="Leave disabled out, and set a role's stage to GA; take away the grant that nobody shall have.",
    url="https://cloud.google.com/iam/docs/creating-custom-roles#disabling-custom-role",
)
def nothing_disabled(resource: Resource) -> Iterator[str]:
    """No role, account or federation is disabled: its grants stay and do nothing, and nobody sees why."""
    yield from absent(resource.inputs, "disabled", "whoever relies on it is refused, and no grant tells why.")
    stage = resource.inputs.get("stage")
    if stage not in (None, "ALPHA", "BETA", "GA"):
        yield f"stage is {shown(stage)}: DISABLED makes a role's grants do nothing, others announce it. Set it to GA."


@rule(
    "iam-no-service-account-keys",
    lambda token: token.lower() in _KEYS,
    Severity.CRITICAL,
    references=["CIS GCP 1.4", "CIS GCP 1.12", "CKV2_GCP_3"],
    remediation="Let CI impersonate the account by federation, and give workloads GKE Workload Identity.",
    url="https://cloud.google.com/iam/docs/best-practices-for-managing-service-account-keys",
)
def no_keys(resource: Resource) -> Iterator[str]:
    """No service account key, HMAC key or API key exists: access is keyless."""
    yield (
        f"{_KEYS[resource.type.lower()]} Remove it: let CI impersonate the account, and give workloads GKE Workload "
        "Identity."
    )


@rule(
    "iam-custom-role-limited",
    CUSTOM_ROLE,
    Severity.CRITICAL,
    references=["CIS GCP 1.5"],
    remediation="Leave the permission out, or have security enter it for this role in policies/access.yaml.",
    url="https://cloud.google.com/iam/docs/creating-custom-roles",
)
def custom_role_limited(resource: Resource) -> Iterator[str]:
    """A custom role has a permission to escalate, read secrets or delete data only where access.yaml lists it."""
    name = resource.inputs.get("roleId")
    allowed = permitted.ACCESS.custom_roles.get(name, frozenset[str]()) if isinstance(name, str) else frozenset[str]()
    for permission in items(resource.inputs.get("permissions")):
        if not isinstance(permission, str):
            yield f"a permission is {shown(permission)}, so nobody can review the role. Write it out."
        elif (how := escalation.danger(permission)) and permission not in allowed:
            yield (
                f"has the permission {named(permission)}: {how}. Leave it out, or have security enter it for this role "
                "in policies/access.yaml."
            )


@rule(
    "iam-federation-conditioned",
    of(PROVIDER),
    Severity.CRITICAL,
    references=["CKV_GCP_118"],
    remediation="Demand assertion.repository_id and assertion.repository_owner_id in the attribute condition.",
    url="https://cloud.google.com/iam/docs/workload-identity-federation-with-deployment-pipelines#conditions",
)
def federation_conditioned(resource: Resource) -> Iterator[str]:
    """A workload identity provider admits one repository, by GitHub's numeric IDs: somebody else can take over a name.

    A provider for builds may admit all repositories of an owner: each of its principals then names the repository.
    """
    condition = resource.inputs.get("attributeCondition")
    attributes = mapping(at(resource.inputs, "attributeMapping"))
    owners = {name: text for name, text in attributes.items() if name != "google.subject"} == _BUILDS
    for claim in ("repository_owner_id",) if owners else ("repository_id", "repository_owner_id"):
        if not isinstance(condition, str) or not _demands(condition, claim):
            yield (
                f"attributeCondition is {shown(condition)} and does not demand one number of assertion.{claim}: "
                f'workflows of strangers may get in. Add assertion.{claim} == "<number>", joined by &&.'
            )
    yield from demand(
        resource.inputs, "oidc.issuerUri", ISSUERS, "whoever runs another issuer signs tokens that are accepted here."
    )
    subject = attributes.get("google.subject")
    if subject != _SUBJECT:
        yield (
            f"attributeMapping of google.subject is {named(subject)}: set it to {_SUBJECT}, which GitHub signs and "
            "which is never longer than the 127 bytes that Google takes."
        )


def _demands(condition: str, claim: str) -> bool:
    """Return whether a claim has to be one number in every token that the condition admits."""
    return any(number.isascii() and number.isdigit() for number in demanded(condition, f"assertion.{claim}"))


@rule(
    "iam-guard-rails-kept",
    of("gcp:iam/denyPolicy:DenyPolicy"),
    Severity.CRITICAL,
    remediation="Deny to everybody (principalSet://goog/public:all) or to one account; except at most one group.",
    url="https://cloud.google.com/iam/docs/deny-overview",
)
def guard_rails_kept(resource: Resource) -> Iterator[str]:
    """A deny policy is protected, and each rule excepts at most one group, and people by name."""
    if not resource.protect:
        yield "is not protected in Pulumi: a removed entry would lift every guard rail. Set protect=True."
    for index, one in enumerate(items(resource.inputs.get("rules"))):
        path = f"rules[{index}].denyRule"
        excepted = [str(who) for who in items(at(one, "denyRule.exceptionPrincipals"))]
        sets = [who for who in excepted if not who.startswith("principal://goog/subject/")]
        if len(sets) > 1 or not all(who.startswith("principalSet://goog/group/") for who in sets):
            yield (
                f"{path}.exceptionPrincipals excepts more than one group and people, so the rail does not hold. Name "
                "one group, or people."
            )
        if at(one, "denyRule.exceptionPermissions"):
            yield f"{path}.exceptionPermissions takes back what is denied. Leave the permissions out of the rule."
        yield from absent(mapping(at(one, "denyRule")), "denialCondition", f"{path} holds only at times.")


@rule(
    "iam-organization-policy-enforced",
    of("gcp:orgpolicy/policy:Policy"),
    Severity.HIGH,
    remediation='Set enforce="TRUE" or a list of allowed values; an exception is a change of the organisation.',
    url="https://cloud.google.com/resource-manager/docs/organization-policy/overview",
)
def organization_policy_enforced(resource: Resource) -> Iterator[str]:
    """An organisation policy restricts: none of ours lifts a policy that an organisation enforces."""
    yield from absent(resource.inputs, "spec.reset", "the organisation's policy would no longer hold.")
    rules = items(at(resource.inputs, "spec.rules"))
    if not rules:
        yield "spec.rules is empty, so it enforces nothing. Set enforce or allowed values."
    for index, one in enumerate(rules):
        listed = [value for key in ("allowedValues", "deniedValues") for value in items(at(one, f"values.{key}"))]
        restricts = (
            at(one, "enforce") == "TRUE" or at(one, "denyAll") == "TRUE" or (listed and all(map(is_open, listed)))
        )
        if not restricts or at(one, "allowAll") not in (None, "FALSE"):
            yield f"spec.rules[{index}] does not restrict anything. Set enforce to TRUE, or list what is allowed."
        if at(one, "condition") is not None:
            yield f"spec.rules[{index}].condition limits it to some resources. Remove the condition."


@rule(
    "iam-audit-complete",
    like(r"gcp:(projects|folder|organizations)/iamauditconfig:iamauditconfig"),
    Severity.HIGH,
    references=["CIS GCP 2.1"],
    remediation="Log ADMIN_READ, DATA_READ and DATA_WRITE, without exempted members.",
    url="https://cloud.google.com/logging/docs/audit/configure-data-access",
)
def audit_complete(resource: Resource) -> Iterator[str]:
    """Audit configurations log every kind of access by every principal."""
    configs = items(resource.inputs.get("auditLogConfigs"))
    kinds: set[Any] = {at(config, "logType") for config in configs}
    for kind in ("ADMIN_READ", "DATA_READ", "DATA_WRITE"):
        if kind not in kinds:
            yield f"auditLogConfigs has no {kind}, so such access leaves no trace. Add it."
    if any(at(config, "exemptedMembers") for config in configs):
        yield "auditLogConfigs.exemptedMembers names somebody whose access leaves no trace. Remove it."


@rule(
    "iam-api-stays-enabled",
    of("gcp:projects/service:Service"),
    Severity.MEDIUM,
    remediation="Set disable_on_destroy=False and leave disable_dependent_services out.",
    url="https://cloud.google.com/service-usage/docs/enable-disable",
)
def api_stays_enabled(resource: Resource) -> Iterator[str]:
    """An API stays enabled when its entry is removed: to disable an API stops all that runs on it."""
    yield from demand(resource.inputs, "disableOnDestroy", False, "a removed entry takes down what runs on the API.")
    yield from absent(resource.inputs, "disableDependentServices", "other APIs would be disabled with it.")
