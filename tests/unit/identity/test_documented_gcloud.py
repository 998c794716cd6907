"""Every gcloud command that a guide of the datastores or of the person on call shows is permitted to whom it is for."""

import json
import re

import pytest

from identity_layer.foundation.custom_roles import ROLES
from identity_layer.grants import BREAK_GLASS, CAPABILITIES
from unit.pulumi_mocks import ROOT

GUIDES = ("platform/DATASTORES.md", ".github/guides/on-call.md")
_COMMAND = re.compile(r"gcloud (?:[a-z]+[a-z-]* ?)+")
_PREDEFINED = ROOT / "tools" / "sandbox" / "cloud" / "predefined_roles.json"
# Roles of those for whom the commands are: the database team and the break-glass group by this layer, an administrator
# as the project's owner, as in a bootstrap.
READERS = {
    "the database team": CAPABILITIES["datastore-admin"].roles,
    "the break-glass group": BREAK_GLASS.roles,
    "an administrator": frozenset({"roles/owner"}),
}
# Command to its reader, and to the permissions that Google asks for. A login asks for none.
COMMANDS = {
    "sql instances pre-check-major-version-upgrade": (
        "the database team",
        {"cloudsql.instances.get", "cloudsql.instances.preCheckMajorVersionUpgrade"},
    ),
    "sql backups list": ("the database team", {"cloudsql.backupRuns.list"}),
    "sql instances delete": ("the break-glass group", {"cloudsql.instances.delete", "cloudsql.instances.get"}),
    "auth application-default login": ("the database team", set[str]()),
    "projects remove-iam-policy-binding": (
        "an administrator",
        {"resourcemanager.projects.getIamPolicy", "resourcemanager.projects.setIamPolicy"},
    ),
    "iam service-accounts keys list": ("an administrator", {"iam.serviceAccountKeys.list"}),
    "iam service-accounts keys delete": ("an administrator", {"iam.serviceAccountKeys.delete"}),
    "iam service-accounts disable": ("an administrator", {"iam.serviceAccounts.disable"}),
    "iam workload-identity-pools update": ("an administrator", {"iam.googleapis.com/workloadIdentityPools.update"}),
    "kms keys versions restore": ("an administrator", {"cloudkms.cryptoKeyVersions.restore"}),
    "logging buckets undelete": ("an administrator", {"logging.buckets.undelete"}),
    "secrets versions add": ("an administrator", {"secretmanager.versions.add"}),
    "secrets versions disable": ("an administrator", {"secretmanager.versions.disable"}),
}


def shown() -> set[str]:
    """The commands in the guides, without their arguments."""
    text = " ".join((ROOT / guide).read_text("utf-8") for guide in GUIDES)
    found = {" ".join(match[0].split()[1:]) for match in _COMMAND.finditer(text.replace("`gcloud`", ""))}
    return {next((known for known in COMMANDS if f"{command} ".startswith(f"{known} ")), command) for command in found}


def permissions(role: str) -> frozenset[str]:
    """The permissions of a custom or a predefined role."""
    if role in ROLES:
        return frozenset(ROLES[role].permissions)
    return frozenset(json.loads(_PREDEFINED.read_text("utf-8")).get(role, ()))


def test_every_command_of_the_guides_is_known_here_and_no_other() -> None:
    assert shown() == set(COMMANDS)


@pytest.mark.parametrize("command", COMMANDS)
def test_who_is_told_to_run_a_command_may(command: str) -> None:
    reader, needed = COMMANDS[command]
    assert needed <= frozenset[str]().union(*map(permissions, READERS[reader]))


@pytest.mark.parametrize("role", ["platformClusterSetup", "namespacesDeploy"])
def test_who_waits_for_an_object_may_read_why_it_is_not_ready(role: str) -> None:
    assert "container.events.list" in ROLES[role].permissions
