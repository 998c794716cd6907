"""Adoption of resources that somebody made by Google's API: an import shows no replacement.

The API's own body has other words and another case than the provider's inputs, and Google fills in what it leaves out.
"""

import os
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from pulumi.runtime.proto import provider_pb2

import example_tenant as example
from sandbox.cloud import seed
from sandbox.cloud.api import Cloud
from sandbox.cloud.iam import Caller
from sandbox.plugins.protocol import Properties
from sandbox.plugins.server import to_struct
from unit.sandbox.gcp_plugin.conftest import Plugin, urn

SECRET, BUCKET = "gcp:secretmanager/secret:Secret", "gcp:storage/bucket:Bucket"
PLACES: Properties = {"replicas": [{"location": "europe-west4"}, {"location": "europe-west1"}]}
NAME = f"{example.PROJECT}-old"
# What was made, by the method, its name and its body; and the inputs by which the program declares it.
MADE: dict[str, tuple[str, str, dict[str, Any], str, str, Properties]] = {
    "a secret with automatic replication": (
        "secretmanager.projects.secrets.create",
        f"projects/{example.PROJECT}/secrets/old",
        {"replication": {"automatic": {}}},
        SECRET,
        f"projects/{example.PROJECT}/secrets/old",
        {"secretId": "old", "replication": {"auto": {}}},
    ),
    "a secret in two regions": (
        "secretmanager.projects.secrets.create",
        f"projects/{example.PROJECT}/secrets/old",
        {"replication": {"userManaged": PLACES}, "labels": {"team": "shop"}},
        SECRET,
        f"projects/{example.PROJECT}/secrets/old",
        {"secretId": "old", "replication": {"userManaged": PLACES}, "labels": {"team": "shop"}},
    ),
    "a bucket with the defaults": (
        "storage.buckets.insert",
        f"projects/{example.PROJECT}/buckets/{NAME}",
        {"location": "europe-west4"},
        BUCKET,
        NAME,
        {"name": NAME, "location": "EUROPE-WEST4"},
    ),
    "a bucket that the program names in small letters": (
        "storage.buckets.insert",
        f"projects/{example.PROJECT}/buckets/{NAME}",
        {"location": "EUROPE-WEST4", "storageClass": "STANDARD"},
        BUCKET,
        NAME,
        {"name": NAME, "location": "europe-west4"},
    ),
    "a bucket in two regions": (
        "storage.buckets.insert",
        f"projects/{example.PROJECT}/buckets/{NAME}",
        {"location": "eu"},
        BUCKET,
        NAME,
        {"name": NAME, "location": "EU"},
    ),
}


@pytest.mark.parametrize("made", MADE)
def test_it_is_imported_without_a_replacement(ready: Plugin, made: str) -> None:
    method, name, body, token, identifier, declared = MADE[made]
    cloud = Cloud(Path(os.environ["SANDBOX_DIR"]) / "cloud.db")
    with closing(cloud.store):
        cloud.call(method, name, Caller(seed.ADMIN), body)

    checked, failures = ready.check(token, declared)
    found, inputs, state = ready.read(token, identifier)
    answer = ready.stub.Diff(
        provider_pb2.DiffRequest(
            id=found,
            urn=urn(token),
            olds=to_struct(state),
            old_inputs=to_struct(inputs),
            news=to_struct(checked),
        )
    )

    assert (failures, bool(found)) == ([], True)
    assert list(answer.replaces) == []


def test_a_bucket_that_is_elsewhere_is_still_replaced(ready: Plugin) -> None:
    plan = ready.diff(BUCKET, NAME, {"name": NAME, "location": "EU"}, {"name": NAME, "location": "US"})

    assert list(plan.replaces) == ["location"]
