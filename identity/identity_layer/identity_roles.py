"""Custom roles of the identity layer's own accounts, and of those who write and review a contract."""

from identity_layer.role_definition import RoleDefinition, verbs

_IDENTITY_READS = (
    verbs("resourcemanager.projects", "get getIamPolicy")
    | verbs("serviceusage.services", "get list")
    | verbs("iam.serviceAccounts", "get list getIamPolicy")
    | verbs("iam.roles", "get list")
    | verbs("secretmanager.secrets", "get list getIamPolicy")
)

IDENTITY_ROLES: dict[str, RoleDefinition] = {
    "identityDeploy": RoleDefinition(
        "Identity layer: deploy",
        "Runs the identity layer. The predefined admin roles of these services add keys, secret payloads and API keys.",
        frozenset(
            _IDENTITY_READS
            | verbs("resourcemanager.projects", "setIamPolicy")
            | verbs("serviceusage.services", "enable")
            | verbs("iam.serviceAccounts", "create update delete setIamPolicy")
            | verbs("iam.roles", "create update delete undelete")
            | verbs("secretmanager.secrets", "create update setIamPolicy")
        ),
    ),
    "identityPreview": RoleDefinition(
        "Identity layer: preview",
        "Reads what the identity layer manages, to plan a change or to look for drift. Predefined "
        "viewers read far more.",
        frozenset(_IDENTITY_READS),
    ),
    "contractPublisher": RoleDefinition(
        "Contract: publish",
        "Adds a version to one contract and reads it back. It disables or destroys none, unlike the "
        "predefined manager.",
        # The provider enables a version right after it has added it.
        frozenset(verbs("secretmanager.versions", "add enable get access")),
    ),
    "contractReviewer": RoleDefinition(
        "Contract: review",
        "Compares one published contract with the plan. The predefined accessor lacks the version's metadata.",
        frozenset(verbs("secretmanager.versions", "get access")),
    ),
}
