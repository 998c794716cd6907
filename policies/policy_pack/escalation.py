"""Permissions that turn a role into more than it says, and what their holder can do with them.

Sources: https://cloud.google.com/iam/docs/best-practices-for-using-and-managing-service-accounts and
https://github.com/RhinoSecurityLabs/GCP-IAM-Privilege-Escalation.
"""

import re

_BECOMES = "its holder becomes a service account"
_RUNS_CODE = "its holder runs code as a service account"
_INSIDE = "its holder reads credentials inside the cluster"
_DESTROYS = "its holder destroys data, or what data is reached by"

PATTERNS: dict[str, str] = {
    r".*\.\*|\*": "it covers permissions that nobody has looked at, and those that Google adds later",
    r".*\.setIamPolicy": "its holder grants itself any role there",
    r"iam\.roles\.(create|update|undelete)": "its holder writes permissions into a role that it has",
    r"iam\.serviceAccounts\.(actAs|get(Access|OpenId)Token|implicitDelegation|sign(Blob|Jwt))": _BECOMES,
    r"iam\.serviceAccountKeys\.(create|upload)": "its holder makes a key for a service account",
    r"iam\.workloadIdentityPool(Provider)?s\.(create|update|undelete)": "its holder lets identities in from outside",
    r"(iam\.denypolicies|orgpolicy\.polic(y|ies))\.(create|delete|update|set)": "its holder lifts a guard rail",
    r"(storage\.hmacKeys|serviceusage\.apiKeys)\.create": "its holder makes a password for an account",
    r"(cloudfunctions\.functions|run\.(services|jobs)|composer\.environments)\.(create|update)": _RUNS_CODE,
    r"(dataflow\.jobs|dataproc\.clusters|cloudbuild\.builds|cloudscheduler\.jobs)\.(create|update)": _RUNS_CODE,
    r"(notebooks\.instances|deploymentmanager\.deployments)\.(create|update)": _RUNS_CODE,
    r"compute\.instances\.(create|setMetadata|setServiceAccount|osAdminLogin|osLogin)": _RUNS_CODE,
    r"compute\.(instanceTemplates\.create|projects\.setCommonInstanceMetadata)": _RUNS_CODE,
    r"container\.(roles|clusterRoles)\.(bind|escalate)": "its holder gives itself any right inside the cluster",
    r"container\.(secrets\.(get|list)|serviceAccounts\.createToken|[a-zA-Z]+\.impersonate)": _INSIDE,
    r"container\.(pods\.(exec|attach|portForward)|thirdPartyObjects\..*)": _INSIDE,
    r"secretmanager\.versions\.access": "its holder reads secrets",
    r"cloudkms\.cryptoKeyVersions\.(useToDecrypt|destroy)": "its holder decrypts data, or makes it unreadable",
    r"cloudsql\.instances\.(export|import|restoreBackup|clone)": "its holder takes data out, or overwrites it",
    r"cloudsql\.(instances|databases|users|backupRuns)\.delete": _DESTROYS,
    r"(spanner\.(instances|databases)|bigquery\.(datasets|tables))\.delete": _DESTROYS,
    r"(storage\.(buckets|objects)|artifactregistry\.repositories|logging\.(buckets|sinks))\.delete": _DESTROYS,
    r"(container\.clusters|gkebackup\.(backups|backupPlans)|compute\.(networks|subnetworks))\.delete": _DESTROYS,
    r"(secretmanager\.(secrets\.delete|versions\.destroy)|resourcemanager\.projects\.delete)": _DESTROYS,
}
_COMPILED = tuple((re.compile(pattern), how) for pattern, how in PATTERNS.items())


def danger(permission: str) -> str:
    """What the holder of a permission can do beyond its name; empty for a harmless one."""
    return next((how for pattern, how in _COMPILED if pattern.fullmatch(permission)), "")
