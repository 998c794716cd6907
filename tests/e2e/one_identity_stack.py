"""An environment as it was when identity was one stack: the foundation in the state of daily work, without a bucket."""

import json
from collections.abc import Mapping
from typing import Any

import example_tenant as example
from e2e.first_runs import BUCKET, FILES, FOUNDATION, STACK, FirstRun
from engine import states
from engine.division import Names, divided

Json = dict[str, Any]

IDENTITY_BUCKET = f"{example.PROJECT}-state-identity"
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


def join(run: FirstRun) -> set[str]:
    """Take an environment back there; return the IDs of the foundation's resources.

    The stack file of the foundation then names no key, as one that was just written.
    """
    foundation, daily = _exported(run, FOUNDATION, BUCKET), _exported(run, STACK, IDENTITY_BUCKET)
    old = {**foundation, "resources": [each for each in foundation["resources"] if not is_new(each)]}
    joined = divided(old, daily, lambda _: True, Names("identity", FOUNDATION, STACK)).target
    file = run.sandbox.path / "run" / "joined.json"
    file.write_text(states.exported(joined))
    run.pulumi("stack", "import", "--file", str(file), stack=STACK, bucket=IDENTITY_BUCKET).succeeded()
    file.unlink()
    with run.sandbox.cloud() as cloud:
        for collection in _COLLECTIONS:
            for stored in cloud.store.find(collection, "//"):
                if any(end in stored.name for end in _NEW):
                    cloud.store.remove(stored.name)
    lines = (run.checkout / FILES[0]).read_text().splitlines(keepends=True)
    kept = (line for line in lines if not line.startswith(("secretsprovider:", "encryptedkey:")))
    (run.checkout / FILES[0]).write_text("".join(kept))
    return {each["id"] for each in old["resources"] if each.get("id") and each["type"].startswith("gcp:")}


def _exported(run: FirstRun, stack: str, bucket: str) -> Json:
    shown = run.pulumi("stack", "export", "--show-secrets", stack=stack, bucket=bucket).succeeded()
    return states.deployment(json.dumps(json.loads(shown.out)), stack)
