"""Rules on Cloud SQL: protection, backups, encryption, logins, and no access from the internet."""

import re
from collections.abc import Iterator
from ipaddress import ip_network
from typing import Any

from engine.inputs import at, items, named, shown
from iam import permitted
from policy_pack.demands import absent, at_least, demand
from policy_pack.rule import Finding, Resource, Severity, Stack, of, rule, stack_rule

INSTANCE = "gcp:sql/databaseInstance:DatabaseInstance"
USER = "gcp:sql/user:User"
DATASTORES = (INSTANCE, "gcp:sql/database:Database", USER)
ENCRYPTED = ("ENCRYPTED_ONLY", "TRUSTED_CLIENT_CERTIFICATE_REQUIRED")
RETIREMENT = "retire-after"
# A range of /7 or wider is a large part of the internet, even if somebody splits 0.0.0.0/0 in two.
WIDEST_PREFIX = 8
# https://cloud.google.com/sql/docs/postgres/backup-recovery/backups: at most a year of either.
LEAST_BACKUPS, MOST_BACKUPS = 7, 365
LEAST_FINAL_BACKUP_DAYS, MOST_FINAL_BACKUP_DAYS = 30, 365
_INSTANCE_NAME = re.compile(r"([a-z0-9.:-]+:)?[a-z][a-z0-9-]*")
SENDS_SQL = "cloudsql.instances.executeSql"
# https://cloud.google.com/iam/docs/roles-permissions: an agent's role can be granted to any account.
PREDEFINED_SENDERS = frozenset(
    f"roles/{role}"
    for role in (
        *("cloudsql.admin", "cloudsql.instanceUser", "cloudsql.studioUser", "composer.serviceAgent"),
        *("datamigration.serviceAgent", "dlp.orgdriver", "dlp.projectdriver", "editor", "iam.dataScientist"),
        *("iam.databasesAdmin", "owner"),
    )
)
IAM_USERS = ("CLOUD_IAM_GROUP", "CLOUD_IAM_SERVICE_ACCOUNT", "CLOUD_IAM_USER")


def engine(resource: Resource) -> str:
    """Return the engine of an instance ("POSTGRES"); empty where it is unknown."""
    version = resource.inputs.get("databaseVersion")
    return version.partition("_")[0] if isinstance(version, str) else ""


def is_replica(resource: Resource) -> bool:
    """Return whether an instance is a replica, which shares the backups and the key of its primary.

    Only the known name of an instance makes one: Google takes an empty name as none, and the instance is a primary.
    """
    return is_name(resource.inputs.get("masterInstanceName"))


def is_name(value: Any) -> bool:
    """Return whether a value is the name of an instance, also of one in another project."""
    return isinstance(value, str) and _INSTANCE_NAME.fullmatch(value) is not None


@rule(
    "sql-protected",
    of(*DATASTORES),
    Severity.CRITICAL,
    references=["design: protected datastores"],
    remediation="Set protect=True, and deletion_protection and settings.deletion_protection_enabled on an instance.",
    url="https://cloud.google.com/sql/docs/postgres/deletion-protection",
)
def protected(resource: Resource) -> Iterator[str]:
    """Cloud SQL instances, databases and users are protected against deletion, in Pulumi and twice in the API.

    A declared retirement abandons a datastore and never deletes it: the datastore leaves the state only.
    """
    # An update cannot delete an abandoned resource, even without protection.
    abandoned = resource.inputs.get("deletionPolicy") == "ABANDON"
    if not resource.protect and not abandoned:
        yield (
            "is not protected in Pulumi: one changed name or a removed entry would delete it, and its data with it. "
            "Set protect=True in its resource options."
        )
    if resource.type == INSTANCE and not (abandoned and _retirement_is_declared(resource)):
        for path in ("deletionProtection", "settings.deletionProtectionEnabled"):
            risk = "without it a single call deletes the instance, and its name stays unusable for a week."
            yield from demand(resource.inputs, path, True, risk)


def _retirement_is_declared(resource: Resource) -> bool:
    """Return whether an instance declares the day from which it may be deleted, and a final backup."""
    day = at(resource.inputs, f"settings.userLabels.{RETIREMENT}")
    final = at(resource.inputs, "settings.finalBackupConfig.enabled")
    return isinstance(day, str) and bool(re.fullmatch(r"\d{4}-\d{2}-\d{2}", day)) and final is True


@rule(
    "sql-backed-up",
    of(INSTANCE),
    Severity.CRITICAL,
    references=["CIS GCP 6.7", "CKV_GCP_14"],
    remediation="Enable backups, point-in-time recovery, retained backups and a final backup.",
    url="https://cloud.google.com/sql/docs/postgres/backup-recovery/backups",
)
def backed_up(resource: Resource) -> Iterator[str]:
    """Cloud SQL instances have point-in-time recovery, and backups that are kept long enough and outlive them."""
    if is_replica(resource):
        return  # its primary has them
    for path, risk in (
        ("settings.backupConfiguration.enabled", "after a mistake there is nothing to go back to."),
        ("settings.retainBackupsOnDelete", "backups are deleted together with the instance."),
        ("settings.finalBackupConfig.enabled", "what was written after the last backup goes with the instance."),
    ):
        yield from demand(resource.inputs, path, True, risk)
    recovery = "binaryLogEnabled" if engine(resource) == "MYSQL" else "pointInTimeRecoveryEnabled"
    risk = "up to a day of data is lost with a restore."
    yield from demand(resource.inputs, f"settings.backupConfiguration.{recovery}", True, risk)
    kept = "settings.backupConfiguration.backupRetentionSettings.retainedBackups"
    risk = "a mistake of last week could not be taken back."
    yield from at_least(resource.inputs, kept, LEAST_BACKUPS, risk, most=MOST_BACKUPS)
    yield from at_least(
        resource.inputs,
        "settings.finalBackupConfig.retentionDays",
        LEAST_FINAL_BACKUP_DAYS,
        "the last backup is gone before somebody misses the data.",
        most=MOST_FINAL_BACKUP_DAYS,
    )


@stack_rule(
    "sql-replica-of-known-primary",
    Severity.CRITICAL,
    remediation="Name an instance of the same stack in master_instance_name, or leave it out.",
    url="https://cloud.google.com/sql/docs/postgres/replication",
    looks_at=(INSTANCE,),
)
def replica_of_known_primary(stack: Stack) -> Iterator[Finding]:
    """A replica's primary is an instance of the same stack, whose backups and key the rules on primaries check."""
    instances = [member for member in stack.resources if member.type == INSTANCE]
    names = {member.fields.get("name") for member in instances}
    for member in instances:
        primary = member.fields.get("masterInstanceName")
        if primary is not None and (not is_name(primary) or primary not in names):
            yield Finding(
                member.urn,
                f"{member.name!r} is the replica of {named(primary)}, which is no instance of this stack, so nobody "
                "can see who has its backups. Name an instance of the stack, or leave masterInstanceName out.",
            )


@rule(
    "sql-not-public",
    of(INSTANCE),
    Severity.CRITICAL,
    references=["CIS GCP 6.5", "CIS GCP 6.6", "CKV_GCP_11", "CKV_GCP_60"],
    remediation="Turn the public address off, and connect over the private one through the Cloud SQL Auth Proxy.",
    url="https://cloud.google.com/sql/docs/postgres/private-ip",
)
def not_public(resource: Resource) -> Iterator[str]:
    """Cloud SQL instances have no public address, and admit no network of the internet."""
    risk = "the instance gets a public address, open to whoever holds or guesses a login."
    yield from demand(resource.inputs, "settings.ipConfiguration.ipv4Enabled", False, risk)
    for network in items(at(resource.inputs, "settings.ipConfiguration.authorizedNetworks")):
        yield from _too_wide(at(network, "value"))


def _too_wide(cidr: Any) -> Iterator[str]:
    fix = "Remove it, and connect over the private address through the Cloud SQL Auth Proxy."
    if not isinstance(cidr, str):
        yield f"an authorized network is {shown(cidr)}, so nobody can review who gets in. {fix}"
    elif ip_network(cidr, strict=False).prefixlen < WIDEST_PREFIX:
        yield f"the authorized network {cidr} admits (nearly) the whole internet. {fix}"


@rule(
    "sql-connections-encrypted",
    of(INSTANCE),
    Severity.HIGH,
    references=["CIS GCP 6.4", "CKV_GCP_6"],
    remediation="Set ssl_mode to ENCRYPTED_ONLY or TRUSTED_CLIENT_CERTIFICATE_REQUIRED, and enforce the connectors.",
    url="https://cloud.google.com/sql/docs/postgres/configure-ssl-instance",
)
def connections_encrypted(resource: Resource) -> Iterator[str]:
    """Cloud SQL instances accept encrypted connections only, through Google's connectors."""
    yield from demand(
        resource.inputs,
        "settings.ipConfiguration.sslMode",
        ENCRYPTED,
        "logins and data may cross the network in clear.",
    )
    yield from demand(
        resource.inputs,
        "settings.connectorEnforcement",
        "REQUIRED",
        "whoever reaches the address may try a login without IAM having seen them.",
    )


@rule(
    "sql-encrypted-with-own-key",
    of(INSTANCE),
    Severity.MEDIUM,
    references=["CKV_GCP_91", "design: keys of the identity layer"],
    remediation="Set encryption_key_name to the key of the identity layer's contract (keys.databases).",
    url="https://cloud.google.com/sql/docs/postgres/cmek",
)
def encrypted_with_own_key(resource: Resource) -> Iterator[str]:
    """Cloud SQL instances are encrypted with our own key; their operators can neither destroy it nor read a copy."""
    key = resource.inputs.get("encryptionKeyName")
    if (not isinstance(key, str) or "/cryptoKeys/" not in key) and not is_replica(resource):
        yield (
            f"encryptionKeyName is {shown(key)}: Google's own key opens every copy of the data. Set it to the key in "
            "the identity layer's contract; it cannot be added later."
        )


@rule(
    "sql-users-by-iam",
    of(INSTANCE, USER),
    Severity.HIGH,
    references=["CIS GCP 6.1.1"],
    remediation="Make it a user of type CLOUD_IAM_SERVICE_ACCOUNT or CLOUD_IAM_GROUP, without a password.",
    url="https://cloud.google.com/sql/docs/postgres/iam-authentication",
)
def users_by_iam(resource: Resource) -> Iterator[str]:
    """Users of Cloud SQL log in by IAM: a password is shared, stored in a state, and does not expire."""
    if resource.type == USER:
        yield from demand(resource.inputs, "type", IAM_USERS, "a user with a password is whoever knows it.")
    for path in ("password", "passwordWo", "rootPassword", "rootPasswordWo"):
        if resource.inputs.get(path) is not None:
            yield f"{path} is set: whoever reads Pulumi's state, or ever knew it, is this user. Remove it."


@rule(
    "sql-no-way-around",
    of(INSTANCE),
    Severity.HIGH,
    remediation="Leave Google's paths around the network off.",
    url="https://cloud.google.com/sql/docs/postgres/private-ip",
)
def no_way_around(resource: Resource) -> Iterator[str]:
    """No other Google service bypasses the network, and over Google's API SQL comes from groups of people alone.

    An instance that admits SQL over the API and the permission to send it are checked together: the instance is refused
    as soon as security's list (access.yaml) grants the permission to an account, a job or a workload.
    """
    path = "settings.ipConfiguration.enablePrivatePathForGoogleCloudServices"
    yield from absent(resource.inputs, path, "other Google services reach the data past the network.")
    data_api = at(resource.inputs, "settings.dataApiAccess")
    if data_api == "ALLOW_DATA_API":
        for principal, role in senders_of_sql(permitted.ACCESS):
            yield (
                f"settings.dataApiAccess is ALLOW_DATA_API, and policies/access.yaml grants {role} to {principal}, "
                "which could send SQL past network and connector. Set it to DISALLOW_DATA_API, or take the role off "
                "the list."
            )
    elif data_api not in (None, "DISALLOW_DATA_API"):
        yield (
            f"settings.dataApiAccess is {shown(data_api)}, so nobody can review who may send SQL past the network. "
            "Set it to DISALLOW_DATA_API or ALLOW_DATA_API."
        )


def senders_of_sql(access: permitted.Access) -> Iterator[tuple[str, str]]:
    """Yield each principal but groups, with a role by which it may send SQL over Google's API."""
    custom = {role for role, permissions in access.custom_roles.items() if SENDS_SQL in permissions}
    for entry in access.grants:
        for role in sorted({granted.role for roles in entry.holds.values() for granted in roles}):
            if role in custom | PREDEFINED_SENDERS and not entry.to.startswith("group "):
                yield entry.to, role
