"""The identity layer's declarations in the tests' words: principal, role and resource of each grant."""

from collections import defaultdict
from functools import cache
from typing import Any

from unit.pulumi_mocks import PROJECT, Declared, Document, Engine, run, stack_configuration

REGION = "europe-west4"
POOL = "//iam.googleapis.com/projects/100200300400/locations/global/workloadIdentityPools/github"
ORGANIZATION = "organizations/123456789012"

# Kind of a grant to the input that names what it is granted on.
_PLACES = {
    "gcp:projects/iAMMember:IAMMember": "project",
    "gcp:serviceaccount/iAMMember:IAMMember": "serviceAccountId",
    "gcp:secretmanager/secretIamMember:SecretIamMember": "secretId",
    "gcp:storage/bucketIAMMember:BucketIAMMember": "bucket",
    "gcp:kms/cryptoKeyIAMMember:CryptoKeyIAMMember": "cryptoKeyId",
    "gcp:organizations/iAMMember:IAMMember": "orgId",
}

Grants = dict[str, dict[str, set[str]]]
Changes = dict[str, Any]


def configuration(changes: Changes | None = None) -> Document:
    """The sandbox's configuration with some keys of the layer replaced; None removes a key."""
    settings = stack_configuration("identity", "sandbox")
    for key, value in (changes or {}).items():
        settings[f"identity:{key}"] = value
    return {key: value for key, value in settings.items() if value is not None}


def program(changes: Changes | None = None) -> Engine:
    """Runs the program with the sandbox's configuration, some keys replaced."""
    return run("identity", "sandbox", configuration(changes))


@cache
def committed() -> Engine:
    """The program with the sandbox's configuration as it is; nobody may change what it declared."""
    return program()


def account(name: str) -> str:
    """A service account as a member of a policy."""
    return f"serviceAccount:{name}@{PROJECT}.iam.gserviceaccount.com"


def group(name: str) -> str:
    """A group as a member of a policy."""
    return f"group:{name}@example.com"


def job(value: str) -> str:
    """The runs of one job of a workflow as a member of a policy."""
    return f"principalSet:{POOL}/attribute.job/{value}"


def grants(engine: Engine) -> Grants:
    """Everything that is granted: by the short name of the place, member to roles.

    A role under a condition is followed by " if " and the condition.
    """
    bindings: Grants = defaultdict(lambda: defaultdict(set))
    for item in engine.declared:
        if item.type in _PLACES:
            bindings[_short(item.inputs[_PLACES[item.type]])][item.inputs["member"]].add(_role(item))
        else:
            assert "member" not in item.inputs, f"a grant of a kind that the tests do not know: {item.type}"
    return {place: dict(members) for place, members in bindings.items()}


def _role(item: Declared) -> str:
    role = item.inputs["role"].removeprefix(f"projects/{PROJECT}/roles/")
    condition: Document = item.inputs.get("condition") or {}
    return f"{role} if {condition['expression']}" if condition else role


def _short(place: str) -> str:
    """An account by its ID, a key by ring and name, anything else by its own ID."""
    parts = place.split("/")
    if "keyRings" in parts:
        return f"{parts[-3]}/{parts[-1]}"
    return parts[-1].partition("@")[0]


def custom(role: str) -> str:
    """A custom role's full name."""
    return f"projects/{PROJECT}/roles/{role}"


def gcp(engine: Engine) -> dict[tuple[str, str], Declared]:
    """Declared resources on Google Cloud, by type and name; no components."""
    return {(item.type, item.name): item for item in engine.declared if item.type.startswith("gcp:")}
