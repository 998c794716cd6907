"""Cases of what roles and accounts are made of: keys, custom roles, federation, guard rails."""

from pack.cases import REMOVED, Broken, Valid, breaking

PROJECT = "prodfirst-sandbox"

ROLE = "gcp:projects/iAMCustomRole:IAMCustomRole"

# Conditions in which both claims are compared, and which let others in all the same.
_BOTH = 'assertion.repository_id == "1" && assertion.repository_owner_id == "2"'
_OPEN = (
    f"assertion.ref == '{_BOTH}'",
    f"assertion.ref in ['x', '{_BOTH}']",
    f"assertion.ref.startsWith('') || {_BOTH}",
    f"{_BOTH} || assertion.ref.startsWith('x')",
    f"{_BOTH} && assertion.ref == 'x' ? true : true",
    f"(assertion.ref == 'x' || ({_BOTH}))",
    f"[true, {_BOTH}][0]",
    f"true // && {_BOTH} &&",
    f"assertion.ref == '\\' && {_BOTH} && \\''",
    f'assertion.ref == """a" && {_BOTH} && """',
)
ACCOUNT = "gcp:serviceaccount/account:Account"
FEDERATION = "gcp:iam/workloadIdentityPoolProvider:WorkloadIdentityPoolProvider"

DENY = "gcp:iam/denyPolicy:DenyPolicy"

ORGANIZATION_POLICY = "gcp:orgpolicy/policy:Policy"

AUDIT = "gcp:projects/iAMAuditConfig:IAMAuditConfig"

SERVICE = "gcp:projects/service:Service"

VALID: dict[str, Valid] = {
    ROLE: Valid(
        {
            "project": PROJECT,
            "roleId": "teamDeploy",
            "permissions": ["iam.serviceAccounts.get", "iam.serviceAccounts.setIamPolicy"],
        }
    ),
    FEDERATION: Valid(
        {
            "attributeMapping": {"google.subject": 'assertion.repository_id + ":" + assertion.run_id'},
            "attributeCondition": 'assertion.repository_id == "400500600" && assertion.repository_owner_id == "7" && '
            '(assertion.event_name == "pull_request" || assertion.ref == "refs/heads/main")',
            "oidc": {"issuerUri": "https://token.actions.githubusercontent.com"},
        },
        protect=True,
    ),
    DENY: Valid(
        {
            "rules": [
                {
                    "denyRule": {
                        "deniedPrincipals": ["principalSet://goog/public:all"],
                        "exceptionPrincipals": ["principalSet://goog/group/break-glass@example.com"],
                        "deniedPermissions": ["cloudsql.googleapis.com/instances.delete"],
                    }
                }
            ]
        },
        protect=True,
    ),
    ORGANIZATION_POLICY: Valid({"spec": {"rules": [{"enforce": "TRUE"}, {"values": {"allowedValues": ["x"]}}]}}),
    AUDIT: Valid(
        {
            "service": "iam.googleapis.com",
            "auditLogConfigs": [{"logType": kind} for kind in ("ADMIN_READ", "DATA_READ", "DATA_WRITE")],
        }
    ),
    SERVICE: Valid({"service": "iam.googleapis.com", "disableOnDestroy": False}),
    ACCOUNT: Valid({"accountId": "platform-deploy"}),
}

BROKEN: list[Broken] = [
    *breaking(
        "iam-nothing-disabled", ROLE, ("stage", "DISABLED", "makes a role's grants do nothing"), ("stage", "EAP")
    ),
    *breaking("iam-nothing-disabled", ACCOUNT, ("disabled", True, "no grant tells why")),
    *breaking("iam-nothing-disabled", FEDERATION, ("disabled", True)),
    *(
        Broken("iam-no-service-account-keys", kind, "", {"serviceAccountId": "a"}, "let CI impersonate the account")
        for kind in (
            "gcp:serviceaccount/key:Key",
            "gcp:serviceAccount/key:Key",
            "gcp:storage/hmacKey:HmacKey",
            "gcp:projects/apiKey:ApiKey",
        )
    ),
    *breaking(
        "iam-custom-role-limited",
        ROLE,
        *(
            ("permissions.0", permission, "Leave it out")
            for permission in (
                "*",
                "storage.*",
                "resourcemanager.projects.setIamPolicy",
                "iam.roles.update",
                "iam.serviceAccounts.actAs",
                "iam.serviceAccounts.getAccessToken",
                "iam.serviceAccounts.signJwt",
                "iam.serviceAccountKeys.create",
                "iam.workloadIdentityPoolProviders.update",
                "iam.denypolicies.delete",
                "orgpolicy.policies.update",
                "storage.hmacKeys.create",
                "run.services.update",
                "dataflow.jobs.create",
                "deploymentmanager.deployments.create",
                "compute.instances.setServiceAccount",
                "compute.projects.setCommonInstanceMetadata",
                "container.clusterRoles.escalate",
                "container.secrets.get",
                "container.pods.exec",
                "secretmanager.versions.access",
                "cloudkms.cryptoKeyVersions.destroy",
                "cloudsql.instances.export",
                "cloudsql.users.delete",
                "bigquery.tables.delete",
                "storage.objects.delete",
                "container.clusters.delete",
                "secretmanager.versions.destroy",
            )
        ),
        ("roleId", "somethingElse", "iam.serviceAccounts.setIamPolicy: its holder grants itself"),
    ),
    *breaking(
        "iam-federation-conditioned",
        FEDERATION,
        ("attributeCondition", REMOVED, "assertion.repository_id"),
        ("attributeCondition", 'assertion.repository_id == "1"', "assertion.repository_owner_id"),
        ("attributeCondition", 'assertion.repository_id == "1" || assertion.repository_owner_id == "2"'),
        ("attributeCondition", '!(assertion.repository_id == "1" && assertion.repository_owner_id == "2")'),
        ("attributeCondition", '(assertion.repository_id == "1" || true) && assertion.repository_owner_id == "2"'),
        ("attributeCondition", 'assertion.repository_id != "1" && assertion.repository_owner_id == "2"'),
        ("attributeCondition", 'assertion.repository_id == "x" && assertion.repository_owner_id == "2"'),
        *(("attributeCondition", condition) for condition in _OPEN),
        ("oidc.issuerUri", "https://token.example.com", "whoever runs another issuer"),
        ("attributeMapping", {"google.subject": "assertion.actor"}, "google.subject"),
    ),
    *breaking(
        "iam-guard-rails-kept",
        DENY,
        ("protect", False, "not protected"),
        (
            "rules.0.denyRule.exceptionPrincipals",
            ["principalSet://goog/group/a@example.com", "principalSet://goog/group/b@example.com"],
            "more than one group",
        ),
        ("rules.0.denyRule.exceptionPrincipals", ["principalSet://goog/public:all"]),
        ("rules.0.denyRule.exceptionPermissions", ["cloudsql.googleapis.com/instances.delete"], "takes back"),
        ("rules.0.denyRule.denialCondition", {"expression": "false"}, "holds only at times"),
    ),
    *breaking(
        "iam-organization-policy-enforced",
        ORGANIZATION_POLICY,
        ("spec.reset", True),
        ("spec.rules", [], "enforces nothing"),
        ("spec.rules.0.enforce", "FALSE", "does not restrict"),
        ("spec.rules.1", {"allowAll": "TRUE"}),
        ("spec.rules.0.allowAll", "TRUE"),
        ("spec.rules.0.condition", {"expression": "x"}, "limits it"),
    ),
    *breaking(
        "iam-audit-complete",
        AUDIT,
        ("auditLogConfigs.1", {"logType": "ADMIN_READ"}, "has no DATA_READ"),
        ("auditLogConfigs.0.exemptedMembers", ["group:a@example.com"], "exemptedMembers"),
    ),
    *breaking(
        "iam-api-stays-enabled",
        SERVICE,
        ("disableOnDestroy", True, "takes down what runs"),
        ("disableOnDestroy", REMOVED),
        ("disableDependentServices", True),
    ),
]

ACCEPTED: list[Broken] = [
    *breaking(
        "",
        FEDERATION,
        (
            "attributeCondition",
            "assertion.repository_owner_id=='7' && assertion.repository_id == '1' && assertion.ref in [\"a && b\"]",
        ),
    ),
    *breaking("", DENY, ("rules.0.denyRule.exceptionPrincipals", [])),
    *breaking(
        "",
        ORGANIZATION_POLICY,
        ("spec.rules.0", {"denyAll": "TRUE"}),
        ("spec.rules.0.allowAll", "FALSE"),
        ("spec.reset", False),
    ),
    *breaking("", SERVICE, ("disableDependentServices", False)),
    *breaking("", ROLE, ("stage", "ALPHA"), ("stage", "BETA"), ("stage", "GA"), ("disabled", False)),
]
