"""An environment as it was when identity was one stack: one state with foundation and teams, no bucket of the first."""

import json
from collections.abc import Mapping
from typing import Any

import example_tenant as example
from e2e.first_runs import BUCKET, FILES, FOUNDATION, STACK, TEAM, FirstRun
from engine import states
from engine.division import Chain, Names, divided

Json = dict[str, Any]

IDENTITY_BUCKET = f"{example.PROJECT}-state-identity"
TEAM_BUCKET = f"{example.PROJECT}-state-team/shop"
# What the foundation has for itself since it is a stack of its own, as parts of full names.
_NEW = (f"/buckets/{BUCKET}", "/keyRings/state/cryptoKeys/foundation", "/secrets/contract-foundation")
_COLLECTIONS = (
    "storage.objects",
    "storage.buckets",
    "cloudkms.projects.locations.keyRings.cryptoKeys",
    "cloudkms.projects.locations.keyRings.cryptoKeys.cryptoKeyVersions",
    "secretmanager.projects.secrets",
    "secretmanager.projects.secrets.versions",
)


def is_new(resource: Mapping[str, Any]) -> bool:
    """Return whether a resource of the state exists only since then."""
    return str(resource["urn"]).rpartition("::")[2].startswith(("contract-foundation", "state-foundation"))


def join(run: FirstRun) -> dict[str, set[str]]:
    """Take an environment back there; return the IDs of what moved, by the name of today's stack.

    The stack file of the foundation then names no key, as one that was just written.
    """
    foundation, team, daily = (
        _exported(run, *stack) for stack in ((FOUNDATION, BUCKET), (TEAM, TEAM_BUCKET), (STACK, IDENTITY_BUCKET))
    )
    old = {**foundation, "resources": [each for each in foundation["resources"] if not is_new(each)]}
    joined = divided(old, daily, lambda _: True, Names("identity", FOUNDATION, STACK)).target
    of_team = divided(team, joined, _is_of_team, Names("identity", TEAM, STACK))
    _import(run, STACK, IDENTITY_BUCKET, of_team.target)
    _import(run, TEAM, TEAM_BUCKET, of_team.source)
    with run.sandbox.cloud() as cloud:
        for collection in _COLLECTIONS:
            for stored in cloud.store.find(collection, "//"):
                if any(end in stored.name for end in _NEW):
                    cloud.store.remove(stored.name)
    lines = (run.checkout / FILES[0]).read_text().splitlines(keepends=True)
    kept = (line for line in lines if not line.startswith(("secretsprovider:", "encryptedkey:")))
    (run.checkout / FILES[0]).write_text("".join(kept))
    of_foundation = {each["id"] for each in old["resources"] if each.get("id") and each["type"].startswith("gcp:")}
    return {FOUNDATION: of_foundation, TEAM: {resource.id for resource in of_team.moved}}


def _is_of_team(chain: Chain) -> bool:
    """Return whether a resource of a team was there before teams had contracts."""
    return not chain[0][1].startswith("contract-")


def _import(run: FirstRun, stack: str, bucket: str, deployment: Json) -> None:
    file = run.sandbox.path / "run" / "joined.json"
    file.write_text(states.exported(deployment))
    run.pulumi("stack", "import", "--file", str(file), stack=stack, bucket=bucket).succeeded()
    file.unlink()


def _exported(run: FirstRun, stack: str, bucket: str) -> Json:
    shown = run.pulumi("stack", "export", "--show-secrets", stack=stack, bucket=bucket).succeeded()
    return states.deployment(json.dumps(json.loads(shown.out)), stack)


def identities(run: FirstRun, stack: str, bucket: str) -> set[str]:
    """IDs of what a state holds."""
    shown = run.pulumi("stack", "export", stack=stack, bucket=bucket).succeeded()
    return {each["id"] for each in states.deployment(shown.out, stack)["resources"] if each.get("id")}
