"""Permissions that the methods of the cloud demand, against a published list of Google's methods.

The list is derived from clients and documents, and wrong in places: method_differences.yaml has each difference with
the reason. What a method demands is what its table states, and what the audit log says that it decided on.
"""

import gzip
import json
from collections import defaultdict
from pathlib import Path

import pytest
import yaml
from pydantic import BaseModel, ConfigDict, Field

import oracles
from sandbox.cloud.services import COLLECTIONS
from unit.sandbox.google.front import Front
from unit.sandbox.google.test_calls import send_all

DIFFERENCES = Path(__file__).with_name("method_differences.yaml")
Permissions = dict[str, frozenset[str]]


class _Difference(BaseModel):
    """Difference of some methods from the list, with its reason."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    because: str = Field(min_length=20)
    methods: tuple[str, ...]
    ours: frozenset[str] = frozenset()
    theirs: frozenset[str] = frozenset()

    def permissions(self, method: str) -> tuple[frozenset[str], frozenset[str]]:
        """Permissions that only we demand, and that only the list has; "{read}" is the one to read the resource."""
        own = next(getattr(one, "permission", "") for one in COLLECTIONS if method.rpartition(".")[0] == one.kind)
        return self.ours, frozenset(_plain(name.format(read=f"{own}.get")) for name in self.theirs)


def _plain(permission: str) -> str:
    """A permission without the host that newer services prefix it with; the list spells that in two ways."""
    return permission.replace(".googleapis.com/", ".").replace(".googleapis.com-", ".")


def _published() -> Permissions:
    listed: dict[str, list[str]] = json.loads(gzip.decompress(oracles.METHODS.read_bytes()))
    return {method: frozenset(map(_plain, permissions)) for method, permissions in listed.items()}


def _explained() -> dict[str, tuple[frozenset[str], frozenset[str]]]:
    content = yaml.safe_load(DIFFERENCES.read_text(encoding="utf-8"))
    explained: dict[str, tuple[frozenset[str], frozenset[str]]] = {}
    for difference in (_Difference.model_validate(item) for item in content):
        for method in difference.methods:
            assert method not in explained, f"{method} is explained twice"
            explained[method] = difference.permissions(method)
    return explained


@pytest.fixture(scope="module")
def demanded(tmp_path_factory: pytest.TempPathFactory) -> Permissions:
    """Permissions that each method of the cloud demands."""
    front = Front(tmp_path_factory.mktemp("cloud"))
    send_all(front)
    permissions: defaultdict[str, set[str]] = defaultdict(set)
    for entry in front.cloud.store.calls():
        permissions[entry.method].update(str(decision["permission"]) for decision in entry.decisions)
    front.cloud.store.close()
    for method in (method for collection in COLLECTIONS for method in collection().methods()):
        permissions[method.id].update(method.permissions)
    return {method: frozenset(map(_plain, names)) for method, names in permissions.items()}


def test_a_read_of_a_pool_by_the_provider_demands_the_permission_that_its_rules_have(demanded: Permissions) -> None:
    """The list lacks the method; roles/iam.workloadIdentityPoolViewer has the permission."""
    method = "iam.projects.locations.workloadIdentityPools.listAttestationRules"
    assert demanded[method] == {"iam.workloadIdentityPools.getAttestationRules"}


def test_every_difference_from_the_published_list_has_a_reason_and_every_reason_a_difference(
    demanded: Permissions,
) -> None:
    published = _published()
    different = {
        method: (ours - published[method], published[method] - ours)
        for method, ours in demanded.items()
        if method in published and ours != published[method]
    }
    assert different == _explained()


def test_most_methods_are_on_the_list(demanded: Permissions) -> None:
    assert len(demanded.keys() & _published().keys()) > 0.8 * len(demanded)
