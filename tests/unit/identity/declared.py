"""The identity layer's declarations in the tests' words: principal, role and resource of each grant.

The layer has three programs. A change of a key goes to the program that has the key, so that tests about the whole
layer need not say which one it is.
"""

from collections import defaultdict
from collections.abc import Sequence
from functools import cache
from typing import Any

from identity_layer.foundation.foundation_settings import FoundationSettings
from identity_layer.kit.configuration import kinds
from identity_layer.team.team_settings import TeamSettings
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

# Names a member that holds nothing.
_NO_GRANTS = frozenset({"gcp:projects/iamMemberRemove:IamMemberRemove"})

Grants = dict[str, dict[str, set[str]]]
Changes = dict[str, Any]


def configuration(changes: Changes | None = None) -> Document:
    """The sandbox's configuration of daily work with some keys replaced; None removes a key."""
    return _changed("sandbox", changes)


def foundation_configuration(changes: Changes | None = None) -> Document:
    """The sandbox's configuration of the foundation with some keys replaced; None removes a key."""
    return _changed("foundation-sandbox", changes)


def team_configuration(changes: Changes | None = None) -> Document:
    """The configuration of the sandbox's team with some keys replaced; None removes a key."""
    return _changed("team-shop-sandbox", changes)


def _changed(stack: str, changes: Changes | None) -> Document:
    settings = stack_configuration("identity", stack)
    for key, value in (changes or {}).items():
        settings[key if ":" in key else f"identity:{key}"] = value
    return {key: value for key, value in settings.items() if value is not None}


def foundation(changes: Changes | None = None) -> Engine:
    """Runs the foundation's program with the sandbox's configuration, some keys replaced."""
    return run("identity", "foundation-sandbox", foundation_configuration(changes))


def daily(changes: Changes | None = None, contract: Document | None = None) -> Engine:
    """Runs the program of daily work with the sandbox's configuration, some keys replaced.

    Args:
        changes: to the configuration.
        contract: the foundation's; the one that the sandbox's foundation publishes by default.
    """
    return daily_with(configuration(changes), contract)


def daily_with(settings: Document, contract: Document | None = None) -> Engine:
    """Runs the program of daily work with a whole configuration."""
    return _after_the_foundation("sandbox", settings, contract)


def team(changes: Changes | None = None, contract: Document | None = None) -> Engine:
    """Runs the program of a team with the configuration of the sandbox's team, some keys replaced.

    Args:
        changes: to the configuration; the stack is named like the team in it.
        contract: the foundation's; the one that the sandbox's foundation publishes by default.
    """
    return team_with(team_configuration(changes), contract)


def team_with(settings: Document, contract: Document | None = None) -> Engine:
    """Runs the program of a team with a whole configuration."""
    declared: Document = settings.get("identity:team") or {}
    return _after_the_foundation(f"team-{declared.get('name', 'shop')}-sandbox", settings, contract)


def _after_the_foundation(stack: str, settings: Document, contract: Document | None) -> Engine:
    published: Document = contract or committed_foundation().outputs["contract"]
    return run("identity", stack, settings, Engine(contracts={"contract-foundation": published}))


def program(changes: Changes | None = None, further: Sequence[Changes] = ()) -> Engine:
    """Runs the three programs with the sandbox's configuration, some keys replaced: all that the layer declares.

    The outputs are daily work's. It and the team read the contract that the foundation publishes.

    Args:
        changes: to the configurations; None removes a key.
        further: changes that make a further team of the sandbox's one.
    """
    keys = changes or {}
    below, own = (
        {key: value for key, value in keys.items() if key.removeprefix("identity:") in kinds(model)}
        for model in (FoundationSettings, TeamSettings)
    )
    base = foundation(below) if below else committed_foundation()
    promised = base.outputs["contract"]
    rest = {key: value for key, value in keys.items() if key not in {**below, **own} or ":" in key}
    work = daily(rest, promised) if keys else committed_daily()
    teams = [team(own, promised) if keys else committed_team(), *(team(one, promised) for one in further)]
    stacks = [base, work, *teams]
    names = [(item.type, item.name) for engine in stacks for item in engine.declared]
    assert len(set(names)) == len(names), "one resource in two states"
    return Engine(declared=[item for engine in stacks for item in engine.declared], outputs=work.outputs)


@cache
def committed_foundation() -> Engine:
    """The foundation's program with the sandbox's configuration; nobody may change what it declared."""
    return foundation()


@cache
def committed_daily() -> Engine:
    """The program of daily work with the sandbox's configuration; nobody may change what it declared."""
    return daily()


@cache
def committed_team() -> Engine:
    """The program of a team with the sandbox's configuration; nobody may change what it declared."""
    return team()


@cache
def committed() -> Engine:
    """The three programs with the sandbox's configuration as it is; nobody may change what they declared."""
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
        elif item.type not in _NO_GRANTS:
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
