"""Rules on Cloud SQL: nothing in it is lost by one mistake, and nobody reaches it from the internet."""

import re
from collections.abc import Iterator
from ipaddress import ip_network
from typing import Any

from policy_pack.rule import Resource, Rule
from policy_pack.values import UNKNOWN, at, items, shown

INSTANCE = "gcp:sql/databaseInstance:DatabaseInstance"
DATASTORES = frozenset({INSTANCE, "gcp:sql/database:Database", "gcp:sql/user:User"})
ENCRYPTED = frozenset({"ENCRYPTED_ONLY", "TRUSTED_CLIENT_CERTIFICATE_REQUIRED"})
RETIREMENT = "retire-after"
# A range of /7 or wider is a good part of the internet, whoever splits 0.0.0.0/0 in two.
WIDEST_PREFIX = 8


def _demand(inputs: dict[str, Any], path: str, wanted: bool, risk: str) -> Iterator[str]:
    found = at(inputs, path)
    if found is not wanted:
        yield f"{path} is {shown(found)}: {risk} Set it to {str(wanted).lower()}."


def _protected(resource: Resource) -> Iterator[str]:
    # What is abandoned leaves the state and nothing else, so an update cannot delete it whatever else is off.
    abandoned = resource.inputs.get("deletionPolicy") == "ABANDON"
    if resource.type in DATASTORES and not resource.protect and not abandoned:
        yield (
            "is not protected in Pulumi: one changed name or a removed entry would delete it, and its data with it. "
            "Set protect=True in its resource options."
        )
    if resource.type == INSTANCE and not (abandoned and _retirement_is_declared(resource)):
        for path in ("deletionProtection", "settings.deletionProtectionEnabled"):
            risk = "without it a single call deletes the instance, and its name stays unusable for a week."
            yield from _demand(resource.inputs, path, True, risk)


def _retirement_is_declared(resource: Resource) -> bool:
    """Whether an instance tells from which day on it may be deleted, and leaves a final backup then."""
    day = at(resource.inputs, f"settings.userLabels.{RETIREMENT}")
    final = at(resource.inputs, "settings.finalBackupConfig.enabled")
    return isinstance(day, str) and bool(re.fullmatch(r"\d{4}-\d{2}-\d{2}", day)) and final is True


def _backed_up(resource: Resource) -> Iterator[str]:
    if resource.type != INSTANCE or resource.inputs.get("masterInstanceName") not in (None, UNKNOWN):
        return  # a replica has no backups of its own; its primary has
    for path, risk in (
        ("settings.backupConfiguration.enabled", "after a mistake there is nothing to go back to."),
        ("settings.backupConfiguration.pointInTimeRecoveryEnabled", "up to a day of data is lost with a restore."),
        ("settings.retainBackupsOnDelete", "backups are deleted together with the instance."),
    ):
        yield from _demand(resource.inputs, path, True, risk)


def _not_public(resource: Resource) -> Iterator[str]:
    if resource.type != INSTANCE:
        return
    risk = "the instance gets a public address, open to whoever holds or guesses a login."
    yield from _demand(resource.inputs, "settings.ipConfiguration.ipv4Enabled", False, risk)
    for network in items(at(resource.inputs, "settings.ipConfiguration.authorizedNetworks")):
        yield from _too_wide(at(network, "value"))
    mode = at(resource.inputs, "settings.ipConfiguration.sslMode")
    if mode not in ENCRYPTED:
        yield (
            f"settings.ipConfiguration.sslMode is {shown(mode)}: logins and data may cross the network in clear. "
            "Set it to ENCRYPTED_ONLY or TRUSTED_CLIENT_CERTIFICATE_REQUIRED."
        )


def _too_wide(cidr: Any) -> Iterator[str]:
    fix = "Remove it, and connect over the private address through the Cloud SQL Auth Proxy."
    if not isinstance(cidr, str):
        yield f"an authorized network is {shown(cidr)}, so nobody can review who gets in. {fix}"
    elif ip_network(cidr, strict=False).prefixlen < WIDEST_PREFIX:
        yield f"the authorized network {cidr} lets (nearly) the whole internet in. {fix}"


PROTECTED = Rule(
    "sql-protected",
    "Cloud SQL instances, databases and users are protected against deletion, in Pulumi and in the API; what a "
    "declared retirement gives up is abandoned, never deleted.",
    _protected,
)
BACKED_UP = Rule(
    "sql-backed-up", "Cloud SQL instances have backups and point-in-time recovery, which outlive them.", _backed_up
)
NOT_PUBLIC = Rule("sql-not-public", "Cloud SQL instances have no public address and speak encrypted only.", _not_public)
