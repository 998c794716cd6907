"""A seeded cloud with its endpoints on, shared by all tests: each makes accounts and objects of its own."""

from collections.abc import Iterator
from pathlib import Path

import pytest

import example_tenant as example
import oracles
from sandbox import programs
from sandbox.cloud import seed
from sandbox.cloud.api import Cloud
from sandbox.google import control
from unit.sandbox.google.clients import ADMIN, BUCKET, KEY, KEYS, OTHER_KEY, PROJECT, RING, SERVICES, World

collect_ignore_glob = oracles.tests_without(oracles.METHODS)


@pytest.fixture(scope="session")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    """The cloud after seeding, with a bucket and two keys."""
    folder: Path = tmp_path_factory.mktemp("sandbox")
    seed.seed(folder, 6443, example.TENANT)
    cloud = Cloud(folder / "cloud.db")
    for service in SERVICES:
        cloud.call("serviceusage.services.enable", f"{PROJECT}/services/{service}.googleapis.com", ADMIN)
    uniform = {"iamConfiguration": {"uniformBucketLevelAccess": {"enabled": True}}}
    cloud.call("storage.buckets.insert", f"{PROJECT}/buckets/{BUCKET}", ADMIN, uniform)
    cloud.call("cloudkms.projects.locations.keyRings.create", RING, ADMIN, {})
    for key in (KEY, OTHER_KEY):
        cloud.call(f"{KEYS}.create", key, ADMIN, {})
    with control.running(folder, programs.ensure_objects()) as endpoints:
        yield World(folder, cloud, endpoints)
    cloud.store.close()
