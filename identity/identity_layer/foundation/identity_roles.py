"""Custom roles of the identity layer's own accounts, and of those who use a state, write or review a contract.

`identity-deploy` and `team-deploy` cannot change any role: an account that can both change a role and grant it can give
itself everything (https://cloud.google.com/iam/docs/setting-limits-on-granting-roles). Administrators change roles.
"""

from identity_layer.foundation.role_definition import RoleDefinition, for_kinds, verbs

_PROJECT_READS = verbs("resourcemanager.projects", "get getIamPolicy")
_TEAM_READS = (
    verbs("resourcemanager.projects", "getIamPolicy")
    | verbs("iam.serviceAccounts", "get getIamPolicy")
    | verbs("secretmanager.secrets", "get getIamPolicy")
)
_APPS_STATE_READS = verbs("storage.buckets", "getIamPolicy") | verbs("cloudkms.cryptoKeys", "getIamPolicy")
# The foundation has accounts and secrets as well.
_FOUNDATION_READS = (
    _PROJECT_READS
    | _TEAM_READS
    | verbs("serviceusage.services", "list")  # the provider looks up an API in the list of those that are on
    | verbs("iam.roles", "get")
    | verbs("storage.buckets", "get getIamPolicy")
    | verbs("cloudkms.keyRings", "get")
    | verbs("cloudkms.cryptoKeys", "get getIamPolicy")
    | for_kinds("logging", ("buckets", "sinks"), "get")
    | for_kinds("monitoring", ("alertPolicies", "notificationChannels"), "get")
)

IDENTITY_ROLES: dict[str, RoleDefinition] = {
    "identityDeploy": RoleDefinition(
        "Identity layer: deploy",
        "Reads the project's policy. It changes no account, no secret, no role, no key and no bucket; grants on the "
        "project are in a role of their own, under a condition.",
        frozenset(_PROJECT_READS),
    ),
    "teamDeploy": RoleDefinition(
        "Teams: deploy",
        "Manages accounts, who may use them, and secrets without their payloads. It changes no role, no key and no "
        "bucket; grants on the project are in a role of their own, under a condition.",
        frozenset(
            _PROJECT_READS
            | _TEAM_READS
            | verbs("iam.serviceAccounts", "create update delete setIamPolicy")
            # Without update: whoever may change a secret may also let it expire, which no deny policy stops.
            | verbs("secretmanager.secrets", "create setIamPolicy")
        ),
    ),
    "teamPreview": RoleDefinition(
        "Teams: preview",
        "Reads accounts, secrets without their payloads, and the policies of the project and of the state of the apps, "
        "to plan a change.",
        frozenset(_TEAM_READS | _APPS_STATE_READS),
    ),
    "identityGrantor": RoleDefinition(
        "Identity layer: grant listed roles",
        "Sets the project's policy; only ever granted under a condition that lists the roles it may give.",
        frozenset(verbs("resourcemanager.projects", "setIamPolicy")),
    ),
    "identityPreview": RoleDefinition(
        "Identity layer: preview",
        "Reads what the identity layer manages, to plan a change, and all policies, to look for drift. Predefined "
        "viewers read more.",
        frozenset(_FOUNDATION_READS | verbs("cloudasset.assets", "searchAllIamPolicies")),
    ),
    "stateLister": RoleDefinition(
        "State: list",
        "Lists the names of a state's objects and opens none. Apart from the others, because no condition limits it.",
        frozenset(verbs("storage.objects", "list")),
    ),
    "stateReader": RoleDefinition(
        "State: read",
        "Reads the objects of a state, for a preview. roles/storage.objectViewer also reads projects and folders.",
        frozenset(verbs("storage.objects", "get")),
    ),
    "stateWriter": RoleDefinition(
        "State: write",
        "Reads and writes the objects of a state, with locks and history. roles/storage.objectUser has folders and "
        "uploads that nobody here needs.",
        # Overwriting an object is deleting it and creating it again.
        frozenset(verbs("storage.objects", "get create delete")),
    ),
    "stateGrantor": RoleDefinition(
        "State: grant access",
        "Sets the policy of the bucket it is granted on, so that a new team reaches its own folder there.",
        frozenset(verbs("storage.buckets", "getIamPolicy setIamPolicy")),
    ),
    "keyGrantor": RoleDefinition(
        "State key: grant access",
        "Sets the policy of the key it is granted on. roles/cloudkms.admin would also destroy it.",
        frozenset(verbs("cloudkms.cryptoKeys", "getIamPolicy setIamPolicy")),
    ),
    "contractPublisher": RoleDefinition(
        "Contract: publish",
        "Adds a version to one contract and reads it back. It disables or destroys none, unlike the predefined "
        "manager.",
        # The provider enables a version right after it has added it.
        frozenset(verbs("secretmanager.versions", "add enable get access")),
    ),
    "contractReviewer": RoleDefinition(
        "Contract: review",
        "Compares one published contract with the plan. The predefined accessor lacks the version's metadata.",
        frozenset(verbs("secretmanager.versions", "get access")),
    ),
    "breakGlass": RoleDefinition(
        "Break-glass: destroy",
        "Destroys what the deny policy protects. Granted to the break-glass group for hours, by a reviewed change.",
        frozenset(
            verbs("cloudsql.instances", "get list update delete restoreBackup")
            | for_kinds("cloudsql", ("databases", "users", "backupRuns"), "get list delete")
            # What gcloud asks until a deletion is finished; Cloud SQL's operations need cloudsql.instances.get alone.
            | for_kinds("compute", ("globalOperations", "regionOperations"), "get")
            | for_kinds("container", ("operations",), "get")
            | for_kinds("gkebackup", ("operations",), "get")
            | verbs("container.clusters", "get list update delete")
            | verbs("gkebackup.backups", "get list delete")
            | verbs("artifactregistry.repositories", "get list delete")
            | verbs("compute.networks", "get list delete")
            | verbs("compute.subnetworks", "get list delete")
            | verbs("secretmanager.secrets", "get list delete")
            | verbs("storage.buckets", "get list delete")
        ),
    ),
}
