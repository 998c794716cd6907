"""The provider's decisions, over a cluster that is a dictionary."""

import copy
import dataclasses
from typing import Any

import pytest

from sandbox.plugins.kubernetes import provider as module
from sandbox.plugins.kubernetes.errors import ApiError, NoSuchKindError
from sandbox.plugins.kubernetes.kinds import Kind
from sandbox.plugins.kubernetes.provider import KubernetesProvider
from sandbox.plugins.protocol import UNKNOWN, InitFailedError, Properties, ProviderError, Resource

SEED = b"seed"


def silent(urn: str, message: str) -> None:
    """Progress that nobody watches."""


class DictionaryCluster:
    """Objects by kind, namespace and name; refuses what a test tells it to refuse."""

    def __init__(self) -> None:
        self.objects: dict[tuple[str, str, str], Properties] = {}
        self.applied: list[tuple[Properties, str, bool]] = []
        self.handed_over: list[tuple[str, str]] = []
        self.refusal: Exception | None = None
        self.status: Properties = {}

    def get(self, kind: Kind, namespace: str, name: str) -> Properties | None:
        return self.objects.get((kind.kind, namespace, name))

    def list(self, kind: Kind, namespace: str, **selectors: str) -> list[Properties]:
        return []

    def apply(self, kind: Kind, body: Properties, manager: str, *, force: bool, dry_run: bool) -> Properties:
        if self.refusal:
            raise self.refusal
        self.applied.append((copy.deepcopy(body), manager, dry_run))
        named = body["metadata"]
        set_by_server: Properties = {"uid": "u", "managedFields": [], "creationTimestamp": "now"}
        live: Properties = {**body, "metadata": {**named, **set_by_server}, "status": self.status}
        if not dry_run:
            self.objects[kind.kind, named.get("namespace", ""), named["name"]] = live
        return copy.deepcopy(live)

    def create(self, kind: Kind, body: Properties, *, dry_run: bool) -> Properties:
        named = body["metadata"]
        if (kind.kind, named.get("namespace", ""), named["name"]) in self.objects:
            raise ApiError(f'configmaps "{named["name"]}" already exists', 409, "AlreadyExists")
        return self.apply(kind, body, "creator", force=False, dry_run=dry_run)

    def hand_over(self, kind: Kind, namespace: str, name: str, manager: str) -> None:
        self.handed_over.append((name, manager))

    def delete(self, kind: Kind, namespace: str, name: str, propagation: str) -> None:
        self.objects.pop((kind.kind, namespace, name), None)


@pytest.fixture
def cluster(monkeypatch: pytest.MonkeyPatch) -> DictionaryCluster:
    made = DictionaryCluster()

    def connect(kubeconfig: str, context: str | None) -> DictionaryCluster:
        return made

    monkeypatch.setattr(module, "Cluster", connect)
    return made


@pytest.fixture
def provider(cluster: DictionaryCluster) -> KubernetesProvider:
    made = KubernetesProvider(silent)
    made.configure({"kubeconfig": "{}", "upsertExistingObjects": "true"})
    return made


def resource(kind: str = "core/v1:ConfigMap", name: str = "settings", identifier: str = "") -> Resource:
    return Resource(f"urn:pulumi:s::p::kubernetes:{kind}::{name}", f"kubernetes:{kind}", name, identifier)


def checked(provider: KubernetesProvider, news: Properties, olds: Properties | None = None, **which: Any) -> Properties:
    inputs, failures = provider.check(resource(**which), olds or {}, news, SEED)
    assert not failures
    return inputs


def test_an_object_without_a_name_gets_one_from_its_resource(provider: KubernetesProvider) -> None:
    named = checked(provider, {})["metadata"]
    assert named["name"].startswith("settings-")
    assert len(named["name"]) == len("settings-") + 8
    assert named["annotations"] == {"pulumi.com/autonamed": "true"}


def test_a_made_up_name_is_kept(provider: KubernetesProvider) -> None:
    before = checked(provider, {})
    after, _ = provider.check(resource(), before, {"data": {"k": "v"}}, b"another seed")
    assert after["metadata"]["name"] == before["metadata"]["name"]


def test_a_stated_name_is_left_alone(provider: KubernetesProvider) -> None:
    assert checked(provider, {"metadata": {"name": "mine"}})["metadata"] == {"name": "mine", "namespace": "default"}


def test_only_kinds_in_namespaces_get_the_default_one(provider: KubernetesProvider) -> None:
    assert checked(provider, {})["metadata"]["namespace"] == "default"
    assert "namespace" not in checked(provider, {}, kind="core/v1:Namespace")["metadata"]


def test_the_providers_namespace_is_the_default(cluster: DictionaryCluster) -> None:
    made = KubernetesProvider(silent)
    made.configure({"kubeconfig": "{}", "namespace": "shop"})
    assert checked(made, {})["metadata"]["namespace"] == "shop"


def test_unknown_metadata_is_left_alone(provider: KubernetesProvider) -> None:
    assert checked(provider, {"metadata": UNKNOWN})["metadata"] == UNKNOWN


@pytest.mark.parametrize("option", ["helmReleaseSettings", "deleteUnreachable", "renderYamlToDirectory"])
def test_an_option_without_effect_is_refused_by_name(cluster: DictionaryCluster, option: str) -> None:
    with pytest.raises(ProviderError, match=f"does not support the provider option '{option}'"):
        KubernetesProvider(silent).configure({option: "x"})


def test_client_side_apply_is_refused(cluster: DictionaryCluster) -> None:
    with pytest.raises(ProviderError, match="server-side apply only"):
        KubernetesProvider(silent).configure({"enableServerSideApply": "false"})


def test_a_creation_is_applied_and_recorded_without_bookkeeping(
    provider: KubernetesProvider, cluster: DictionaryCluster
) -> None:
    inputs = checked(provider, {"metadata": {"name": "a"}, "data": {"k": "v"}})
    identifier, outputs = provider.create(resource(), inputs, preview=False)
    assert identifier == "default/a"
    assert outputs["data"] == {"k": "v"}
    assert "managedFields" not in outputs["metadata"]
    assert outputs["__fieldManager"] == cluster.applied[0][1]
    assert outputs["__initialApiVersion"] == "v1"


@pytest.fixture
def plain(cluster: DictionaryCluster, monkeypatch: pytest.MonkeyPatch) -> KubernetesProvider:
    """A provider without `upsertExistingObjects`."""
    monkeypatch.delenv("PULUMI_K8S_UPSERT_EXISTING_OBJECTS", raising=False)
    made = KubernetesProvider(silent)
    made.configure({"kubeconfig": "{}", "enableServerSideApply": "true"})
    return made


def test_an_object_that_exists_is_no_plain_creation(plain: KubernetesProvider, cluster: DictionaryCluster) -> None:
    inputs = checked(plain, {"metadata": {"name": "a"}, "data": {"k": "v"}})
    plain.create(resource(), inputs, preview=False)
    before = copy.deepcopy(cluster.objects)

    with pytest.raises(ProviderError, match=r'creating ConfigMap default/a: configmaps "a" already exists.*alias'):
        plain.create(resource(name="renamed"), {**inputs, "data": {"k": "another"}}, preview=False)
    assert cluster.objects == before


def test_a_preview_does_not_tell_that_the_object_exists(plain: KubernetesProvider, cluster: DictionaryCluster) -> None:
    inputs = checked(plain, {"metadata": {"name": "a"}})
    plain.create(resource(), inputs, preview=False)

    assert plain.create(resource(name="renamed"), inputs, preview=True)[1]["metadata"]["name"] == "a"


def test_the_vendors_variable_makes_a_creation_an_apply(
    plain: KubernetesProvider, monkeypatch: pytest.MonkeyPatch
) -> None:
    inputs = checked(plain, {"metadata": {"name": "a"}})
    plain.create(resource(), inputs, preview=False)
    monkeypatch.setenv("PULUMI_K8S_UPSERT_EXISTING_OBJECTS", "true")

    assert plain.create(resource(name="renamed"), inputs, preview=False)[0] == "default/a"


def test_an_update_takes_the_fields_of_a_plain_creation(plain: KubernetesProvider, cluster: DictionaryCluster) -> None:
    inputs = checked(plain, {"metadata": {"name": "a"}})
    _, outputs = plain.create(resource(), inputs, preview=False)
    plain.update(resource(), inputs, outputs, {**inputs, "data": {"k": "v"}}, preview=False)

    assert cluster.handed_over == [("a", outputs["__fieldManager"])]


def test_a_repeated_creation_uses_the_same_manager(provider: KubernetesProvider, cluster: DictionaryCluster) -> None:
    inputs = checked(provider, {"metadata": {"name": "a"}})
    provider.create(resource(), inputs, preview=False)
    provider.create(resource(), inputs, preview=False)
    assert cluster.applied[0][1] == cluster.applied[1][1]


def test_an_update_keeps_the_manager_of_the_state(provider: KubernetesProvider, cluster: DictionaryCluster) -> None:
    inputs = checked(provider, {"metadata": {"name": "a"}})
    provider.update(resource(), {}, {"__fieldManager": "vendor-1234"}, inputs, preview=False)
    assert cluster.applied[-1][1] == "vendor-1234"


@pytest.mark.parametrize("preview", [True, False])
def test_an_update_sends_no_field_that_the_program_leaves_to_its_manager(
    provider: KubernetesProvider, cluster: DictionaryCluster, preview: bool
) -> None:
    inputs = checked(provider, {"metadata": {"name": "a"}, "data": {"k": "v", "theirs": "x"}})
    _, outputs = provider.create(resource(), inputs, preview=False)
    live = cluster.objects["ConfigMap", "default", "a"]
    fields: dict[str, Any] = {"f:data": {"f:theirs": {}}}
    live["metadata"]["managedFields"] = [{"manager": "somebody", "operation": "Update", "fieldsV1": fields}]

    left = dataclasses.replace(resource(), ignored=("data.theirs",))
    provider.update(left, inputs, outputs, inputs, preview=preview)
    assert cluster.applied[-1][0]["data"] == {"k": "v"}
    provider.update(resource(), inputs, outputs, inputs, preview=preview)
    assert cluster.applied[-1][0]["data"] == {"k": "v", "theirs": "x"}


def test_a_preview_asks_without_changing(provider: KubernetesProvider, cluster: DictionaryCluster) -> None:
    inputs = checked(provider, {"metadata": {"name": "a"}})
    _, outputs = provider.create(resource(), inputs, preview=True)
    assert [dry_run for _, _, dry_run in cluster.applied] == [True]
    assert cluster.objects == {}
    assert outputs["metadata"]["uid"] == UNKNOWN


def test_a_preview_with_unknowns_does_not_ask(provider: KubernetesProvider, cluster: DictionaryCluster) -> None:
    inputs = checked(provider, {"metadata": {"name": "a"}, "data": {"k": UNKNOWN}})
    _, outputs = provider.create(resource(), inputs, preview=True)
    assert cluster.applied == []
    assert outputs["data"] == {"k": UNKNOWN}


@pytest.mark.parametrize(
    "refusal", [ApiError("forbidden", 403), ApiError('namespaces "new" not found', 404), NoSuchKindError("no Widget")]
)
def test_a_preview_that_cannot_be_asked_foretells_the_inputs(
    provider: KubernetesProvider, cluster: DictionaryCluster, refusal: Exception
) -> None:
    cluster.refusal = refusal
    inputs = checked(provider, {"metadata": {"name": "a"}, "data": {"k": "v"}})
    assert provider.create(resource(), inputs, preview=True)[1]["data"] == {"k": "v"}


def test_a_preview_shows_an_invalid_object(provider: KubernetesProvider, cluster: DictionaryCluster) -> None:
    cluster.refusal = ApiError('ConfigMap "a" is invalid', 422)
    inputs = checked(provider, {"metadata": {"name": "a"}})
    with pytest.raises(ProviderError, match='previewing ConfigMap default/a: ConfigMap "a" is invalid'):
        provider.create(resource(), inputs, preview=True)


def test_a_preview_of_a_replacement_does_not_collide_with_the_old_object(
    provider: KubernetesProvider, cluster: DictionaryCluster
) -> None:
    inputs = checked(provider, {"metadata": {"name": "a"}})
    provider.create(resource(), inputs, preview=False)
    cluster.refusal = ApiError("field is immutable", 422)
    assert provider.create(resource(), inputs, preview=True)[1]["metadata"]["name"] == "a"


def test_an_unknown_kubeconfig_defers_everything(cluster: DictionaryCluster) -> None:
    made = KubernetesProvider(silent)
    made.configure({"kubeconfig": UNKNOWN})
    inputs = checked(made, {"metadata": {"name": "a"}})
    assert made.create(resource(), inputs, preview=True)[1]["metadata"]["name"] == "a"
    with pytest.raises(ProviderError, match=r"kubeconfig .* is not known"):
        made.create(resource(), inputs, preview=False)


def test_a_refusal_is_one_line_with_the_api_servers_words(
    provider: KubernetesProvider, cluster: DictionaryCluster
) -> None:
    cluster.refusal = ApiError('namespaces is forbidden: User "u" cannot patch resource "namespaces"', 403)
    inputs = checked(provider, {"metadata": {"name": "a"}}, kind="core/v1:Namespace")
    with pytest.raises(ProviderError) as caught:
        provider.create(resource("core/v1:Namespace"), inputs, preview=False)
    assert str(caught.value) == (
        'creating Namespace a: namespaces is forbidden: User "u" cannot patch resource "namespaces"'
    )


def test_an_object_that_does_not_get_ready_is_kept_with_reasons(
    provider: KubernetesProvider, cluster: DictionaryCluster
) -> None:
    annotations = {"pulumi.com/timeoutSeconds": "0"}
    inputs = checked(provider, {"metadata": {"name": "n", "annotations": annotations}}, kind="core/v1:Namespace")
    with pytest.raises(InitFailedError) as caught:
        provider.create(resource("core/v1:Namespace"), inputs, preview=False)
    assert caught.value.resource_id == "n"
    assert "Namespace n is not ready after 0 s" in caught.value.reasons[0]


def test_an_annotation_skips_the_wait(provider: KubernetesProvider) -> None:
    annotations = {"pulumi.com/skipAwait": "true"}
    inputs = checked(provider, {"metadata": {"name": "n", "annotations": annotations}}, kind="core/v1:Namespace")
    assert provider.create(resource("core/v1:Namespace"), inputs, preview=False)[0] == "n"


def test_an_interrupt_ends_a_wait(provider: KubernetesProvider) -> None:
    provider.cancel()
    inputs = checked(provider, {"metadata": {"name": "n"}}, kind="core/v1:Namespace")
    with pytest.raises(InitFailedError, match="the wait was interrupted"):
        provider.create(resource("core/v1:Namespace"), inputs, preview=False)


def test_a_refresh_keeps_what_is_not_ready_unfinished_and_an_import_does_not(
    provider: KubernetesProvider, cluster: DictionaryCluster
) -> None:
    kind = "apps/v1:Deployment"
    annotations = {"pulumi.com/skipAwait": "true"}
    inputs = checked(provider, {"metadata": {"name": "w", "annotations": annotations}}, kind=kind)
    identifier, outputs = provider.create(resource(kind), inputs, preview=False)
    there = dataclasses.replace(resource(kind), id=identifier)
    assert provider.read(there, inputs, outputs)[0] == identifier  # the annotation holds for reading as well

    [live] = cluster.objects.values()
    live["metadata"].pop("annotations")

    with pytest.raises(InitFailedError, match="Deployment w is not ready: waiting for new pods: 0 of 1 exist"):
        provider.read(there, inputs, outputs)
    assert provider.read(there, {}, {})[0] == identifier


def test_a_fixed_name_is_deleted_before_its_replacement(provider: KubernetesProvider) -> None:
    old = checked(provider, {"metadata": {"name": "a"}, "data": {"k": "1"}})
    new = checked(provider, {"metadata": {"name": "a"}, "data": {"k": "2"}})
    difference = provider.diff(resource(), old, {}, new)
    assert difference.replaces == {"data.k"}
    assert difference.delete_first


def test_a_made_up_name_is_replaced_beside_the_old_object(provider: KubernetesProvider) -> None:
    old = checked(provider, {"data": {"k": "1"}})
    new = checked(provider, {"data": {"k": "2"}}, old)
    assert not provider.diff(resource(), old, {}, new).delete_first


def test_another_version_of_the_same_api_is_no_change(provider: KubernetesProvider) -> None:
    old = {"apiVersion": "autoscaling/v1", "kind": "HorizontalPodAutoscaler", "metadata": {"name": "a"}}
    new = {**old, "apiVersion": "autoscaling/v2"}
    assert provider.diff(resource("autoscaling/v2:HorizontalPodAutoscaler"), old, {}, new).changes == {}


def test_a_vanished_object_is_gone(provider: KubernetesProvider) -> None:
    assert provider.read(resource(identifier="default/none"), {"metadata": {}}, {}) == ("", {}, {})


def test_an_import_finds_the_inputs(provider: KubernetesProvider, cluster: DictionaryCluster) -> None:
    provider.create(resource(), checked(provider, {"metadata": {"name": "a"}, "data": {"k": "v"}}), preview=False)
    identifier, inputs, _ = provider.read(resource(identifier="default/a"), {}, {})
    assert identifier == "default/a"
    assert inputs["data"] == {"k": "v"}
    assert "uid" not in inputs["metadata"]


def test_a_deletion_waits_until_the_object_is_gone_and_may_be_repeated(
    provider: KubernetesProvider, cluster: DictionaryCluster
) -> None:
    provider.create(resource(), checked(provider, {"metadata": {"name": "a"}}), preview=False)
    provider.delete(resource(identifier="default/a"), {})
    assert cluster.objects == {}
    provider.delete(resource(identifier="default/a"), {})


def test_functions_are_refused_by_name(provider: KubernetesProvider) -> None:
    with pytest.raises(ProviderError, match="kubernetes:yaml:decode cannot be called"):
        provider.invoke("kubernetes:yaml:decode", {})
