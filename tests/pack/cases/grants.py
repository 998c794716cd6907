"""Cases of grants: who may get which role, on what, under which condition."""

import json

from pack.analyzer import UNKNOWN_STRING, secret
from pack.cases import REMOVED, Broken, Inputs, Valid, breaking

PROJECT = "prodfirst-sandbox"

MEMBER = "gcp:projects/iAMMember:IAMMember"

ON_ACCOUNT = "gcp:serviceaccount/iAMMember:IAMMember"

ON_SECRET = "gcp:secretmanager/secretIamMember:SecretIamMember"

ON_BUCKET = "gcp:storage/bucketIAMMember:BucketIAMMember"

ON_KEY = "gcp:kms/cryptoKeyIAMMember:CryptoKeyIAMMember"

ON_ORGANIZATION = "gcp:organizations/iAMMember:IAMMember"

POOL = "principalSet://iam.googleapis.com/projects/100200300400/locations/global/workloadIdentityPools/github"


def account(name: str, project: str = PROJECT) -> str:
    """A service account as a member."""
    return f"serviceAccount:{name}@{project}.iam.gserviceaccount.com"


def account_path(name: str) -> str:
    """A service account's resource name."""
    return f"projects/{PROJECT}/serviceAccounts/{name}@{PROJECT}.iam.gserviceaccount.com"


def granted(role: str, member: str, condition: str | None = None) -> Inputs:
    """A grant on the project."""
    inputs: Inputs = {"project": PROJECT, "role": role, "member": member}
    return {**inputs, "condition": {"title": "It", "expression": condition}} if condition else inputs


def on_foundation(who: str, role: str) -> Inputs:
    """A grant on the state of the foundation."""
    return {
        "bucket": f"{PROJECT}-state-foundation",
        "role": f"projects/{PROJECT}/roles/{role}",
        "member": account(who),
    }


def policy(*bindings: Inputs) -> str:
    """A whole policy."""
    return json.dumps({"bindings": bindings})


LIST = "iam-grants-listed"

SHOP = "group:shop-team@example.com"

WHOLE_POLICY = "gcp:projects/iAMPolicy:IAMPolicy"

_PUBLIC = f"iam-no-public-members {LIST}"

_NEVER = "roles/viewer"

VALID: dict[str, Valid] = {
    MEMBER: Valid(granted("roles/container.clusterViewer", "group:shop-team@example.com")),
    ON_ACCOUNT: Valid(
        {
            "serviceAccountId": account_path("apps-shop-deploy"),
            "role": "roles/iam.workloadIdentityUser",
            "member": f"{POOL}/attribute.job/deploy.yml:environment:apps-shop-prod:refs/heads/main",
        }
    ),
    ON_SECRET: Valid(
        {
            "project": PROJECT,
            "secretId": "contract-namespaces-shop",
            "role": "roles/secretmanager.secretAccessor",
            "member": account("apps-shop-preview"),
        }
    ),
    ON_BUCKET: Valid(
        {
            "bucket": f"{PROJECT}-state-platform",
            "role": f"projects/{PROJECT}/roles/stateWriter",
            "member": account("platform-deploy"),
        }
    ),
    ON_KEY: Valid(
        {
            "cryptoKeyId": f"projects/{PROJECT}/locations/europe-west4/keyRings/data/cryptoKeys/databases",
            "role": "roles/cloudkms.cryptoKeyEncrypterDecrypter",
            "member": "serviceAccount:service-100200300400@gcp-sa-cloud-sql.iam.gserviceaccount.com",
        }
    ),
    ON_ORGANIZATION: Valid(
        {"orgId": "123456789012", "role": "roles/iam.denyReviewer", "member": account("identity-preview")}
    ),
}

BROKEN: list[Broken] = [
    *breaking(
        f"iam-no-basic-roles {LIST}",
        MEMBER,
        *((("role"), role, f"grants the basic role {role}") for role in ("roles/owner", "roles/editor", "roles/admin")),
        ("role", _NEVER, "Grant a predefined or custom role"),
    ),
    *breaking(f"iam-no-basic-roles {LIST}", ON_SECRET, ("role", "roles/editor")),
    *breaking(
        f"iam-no-basic-roles iam-additive-only {LIST}",
        WHOLE_POLICY,
        ("", {"project": PROJECT, "policyData": policy({"role": "roles/owner", "members": [SHOP]})}, "roles/owner"),
        (
            "",
            {
                "project": PROJECT,
                "policyData": policy({"role": "roles/browser", "members": [SHOP]}, {"role": _NEVER, "members": [SHOP]}),
            },
        ),
    ),
    *breaking(
        "iam-grant-readable",
        MEMBER,
        ("role", UNKNOWN_STRING, "its role is a value that is only known after the update"),
        ("member", UNKNOWN_STRING, "its member is"),
        ("member", secret("hunter2"), "its member is a secret"),
        ("condition", {"expression": UNKNOWN_STRING}, "its condition is"),
        ("condition", {"title": "without an expression"}),
        ("member", REMOVED),
    ),
    *breaking("iam-grant-readable", ON_KEY, ("member", UNKNOWN_STRING)),
    Broken("iam-grant-readable iam-additive-only", WHOLE_POLICY, "", {"policyData": UNKNOWN_STRING}),
    Broken(
        "iam-grant-readable iam-additive-only iam-no-basic-roles iam-no-public-members iam-no-consumer-accounts "
        "iam-groups-only iam-no-default-accounts iam-no-project-wide-impersonation iam-no-admin-service-accounts "
        "iam-no-project-wide-cluster-access iam-federation-narrow iam-grants-listed iam-delegation-limited "
        "iam-break-glass-time-bound",
        WHOLE_POLICY,
        "",
        {"policyData": "hunter2"},
        "could not be checked",
    ),
    *breaking(
        f"iam-additive-only {LIST}",
        "gcp:projects/iAMBinding:IAMBinding",
        ("", {"project": PROJECT, "role": "roles/browser", "members": [SHOP]}, "replaces a whole binding"),
    ),
    *breaking(
        f"iam-no-admin-service-accounts {LIST}",
        MEMBER,
        ("", granted("roles/cloudsql.admin", account("platform-deploy")), "could delete or give away"),
        ("", granted("roles/storage.objectAdmin", account("platform-deploy"))),
        ("", granted("roles/resourcemanager.projectIamAdmin", account("identity-deploy"))),
    ),
    *breaking(_PUBLIC, ON_SECRET, ("member", "allUsers", "the whole internet"), ("member", "allAuthenticatedUsers")),
    *breaking(f"iam-no-consumer-accounts iam-groups-only {LIST}", ON_SECRET, ("member", "group:us@GMAIL.com")),
    *breaking(
        f"iam-no-consumer-accounts {LIST}",
        ON_SECRET,
        ("member", "group:us@googlegroups.com", "nobody here can revoke"),
    ),
    *breaking(
        f"iam-groups-only {LIST}",
        MEMBER,
        ("member", "user:jane@example.com", "grant it to a group"),
        ("member", "domain:example.com"),
        *(("member", f"{kind}:other") for kind in ("projectOwner", "projectEditor", "projectViewer")),
        ("member", "deleted:user:jane@example.com?uid=1", "no longer exists"),
    ),
    *breaking(
        "iam-groups-only",
        MEMBER,
        ("member", "group:Shop-Team@example.com", "to an address in capitals"),
        ("member", "group:shop-team@example.com ", "to an address with a blank"),
    ),
    *breaking(
        f"iam-groups-only {LIST}",
        MEMBER,
        ("member", account("App-Shop"), "to an address in capitals"),
    ),
    *breaking(
        f"iam-no-default-accounts {LIST}",
        MEMBER,
        ("member", "serviceAccount:1-compute@developer.gserviceaccount.com", "Make an account for the purpose"),
        ("member", "serviceAccount:p@appspot.gserviceaccount.com"),
        ("member", "serviceAccount:1@cloudbuild.gserviceaccount.com"),
    ),
    *breaking(
        f"iam-no-project-wide-impersonation {LIST}",
        MEMBER,
        ("role", "roles/iam.serviceAccountTokenCreator", "can act as any service account"),
        ("role", "roles/iam.serviceAccountUser"),
    ),
    *breaking(
        f"iam-no-project-wide-cluster-access {LIST}",
        MEMBER,
        ("role", "roles/container.developer", "in every namespace"),
        ("role", "roles/container.admin"),
    ),
    *breaking(
        f"iam-federation-narrow {LIST}",
        ON_ACCOUNT,
        ("member", f"{POOL}/attribute.repository/example/infrastructure", "any workflow run"),
        ("member", f"{POOL}/*"),
        ("member", f"{POOL}/attribute.job/deploy.yml:*"),
        ("member", f"{POOL}/attribute.job/*"),
        ("member", f"{POOL}/attribute.build/400500601"),
        ("member", f"{POOL}/attribute.build/400500601:*"),
        ("member", f"{POOL}/attribute.build/400500601:refs/pull/7/merge"),
        ("member", f"{POOL}/attribute.build/:refs/heads/main"),
        ("member", POOL.replace("Set:", ":") + "/subject/repo:example/infrastructure:pull_request"),
    ),
    *breaking(
        LIST,
        MEMBER,
        ("role", "roles/pubsub.editor", "not on security's list"),
        ("role", "projects/other/roles/platformReader"),
        ("project", "another-project"),
        ("member", account("app-storefront")),
        ("condition", {"expression": "true"}, "under a condition other than"),
    ),
    *breaking(
        LIST,
        ON_ACCOUNT,
        ("member", f"{POOL}/attribute.job/deploy.yml:environment:identity-prod:refs/heads/main"),
        ("member", f"{POOL}/attribute.job/preview.yml:pull_request"),
        ("member", account("platform-deploy")),
        ("serviceAccountId", f"projects/p/serviceAccounts/apps-shop-deploy@{PROJECT}.iam.gserviceaccount.com"),
        ("serviceAccountId", f"projects/{PROJECT}/serviceAccounts/apps-shop-deploy@p.iam.gserviceaccount.com"),
    ),
    *breaking(
        LIST,
        ON_SECRET,
        ("secretId", "contract-identity"),
        ("member", account("apps-shop-preview", "other"), "apps-shop-preview@other"),
        ("role", "roles/secretmanager.secretVersionManager"),
    ),
    *breaking(LIST, ON_BUCKET, ("bucket", f"{PROJECT}-state-identity"), ("member", account("platform-preview"))),
    *breaking(
        LIST,
        ON_BUCKET,
        *(("", on_foundation("identity-deploy", role)) for role in ("stateWriter", "stateReader", "stateLister")),
        ("", on_foundation("identity-preview", "stateWriter")),
    ),
    *breaking(
        LIST,
        ON_KEY,
        ("cryptoKeyId", f"projects/{PROJECT}/locations/europe-west4/keyRings/data/cryptoKeys/cluster"),
        ("cryptoKeyId", "projects/p/locations/europe-west4/keyRings/data/cryptoKeys/databases"),
        ("member", "serviceAccount:service-1@gcp-sa-gkebackup.iam.gserviceaccount.com"),
        ("member", f"serviceAccount:service-1@{PROJECT}.iam.gserviceaccount.com"),
        ("member", "serviceAccount:service-1@evil-project.iam.gserviceaccount.com"),
    ),
    *breaking(f"iam-no-admin-service-accounts {LIST}", ON_ORGANIZATION, ("role", "roles/orgpolicy.policyAdmin")),
    *breaking(
        LIST,
        ON_ORGANIZATION,
        # The predefined reader lists all projects; a role of another project's layer may have other permissions.
        ("role", "roles/iam.organizationRoleViewer"),
        ("role", "organizations/123456789012/roles/organizationPolicyReader.another_project"),
        ("role", "organizations/123456789012/roles/organizationPolicyReader"),
        ("role", "organizationPolicyReader"),
    ),
]

ACCEPTED: list[Broken] = [
    *breaking(
        "",
        ON_ORGANIZATION,
        ("role", f"organizations/123456789012/roles/organizationPolicyReader.{PROJECT.replace('-', '_')}"),
    ),
    *breaking(
        "",
        MEMBER,
        ("project", f"projects/{PROJECT}"),
    ),
    *breaking(
        "",
        ON_BUCKET,
        (
            "",
            {
                "bucket": f"{PROJECT}-state-apps",
                "role": f"projects/{PROJECT}/roles/stateWriter",
                "member": account("apps-shop-deploy"),
                "condition": {
                    "expression": f'resource.name.startsWith("projects/_/buckets/{PROJECT}-state-apps/objects/shop/")'
                },
            },
        ),
    ),
    *breaking("", ON_BUCKET, ("", on_foundation("identity-preview", "stateReader"))),
    *breaking(
        "",
        ON_ACCOUNT,
        (
            "",
            {
                "serviceAccountId": account_path("app-storefront"),
                "role": "roles/iam.workloadIdentityUser",
                "member": f"serviceAccount:{PROJECT}.svc.id.goog[storefront/storefront]",
            },
        ),
    ),
    # Google's storage agent, whose address only the update knows.
    *breaking(
        "",
        ON_KEY,
        (
            "",
            {
                "cryptoKeyId": f"projects/{PROJECT}/locations/r/keyRings/state/cryptoKeys/apps",
                "role": "roles/cloudkms.cryptoKeyEncrypterDecrypter",
                "member": UNKNOWN_STRING,
            },
        ),
    ),
]
