"""Plans that delete an object under one URN and declare it under another, where creation over what exists succeeds."""

import importlib
import inspect
import re
from typing import Any

import pytest

from plan_gate.settings import settings
from unit.policies.plans import MEMBER, UNKNOWN, Preview, refused, urn

ACCOUNT = "kubernetes:core/v1:ServiceAccount"
PROVIDER = "pulumi:providers:kubernetes"
RECORD = "gcp:dns/recordSet:RecordSet"
BINDING = "gcp:projects/iAMBinding:IAMBinding"
BUCKET_MEMBER = "gcp:storage/bucketIAMMember:BucketIAMMember"
SERVICE = "gcp:projects/service:Service"
RULE = "plan-live-object-kept"
Json = dict[str, Any]


def _object(name: str = "storefront", namespace: str = "shop") -> Json:
    return {"metadata": {"name": name, "namespace": namespace}}


def _grant(member: str = "group:shop@example.com", **more: Any) -> Json:
    return {"project": "shop-dev", "role": "roles/viewer", "member": member, **more}


def _record(name: str = "shop.example.com.") -> Json:
    return {"project": "shop-dev", "managedZone": "public", "name": name, "type": "A", "rrdatas": ["203.0.113.7"]}


def _service(**more: Any) -> Json:
    return {"project": "shop-dev", "service": "dns.googleapis.com", **more}


def _change(preview: Preview, kind: str, before: Json, after: Json, *, new: str = "", step: str = "create") -> str:
    """A resource that goes, and one with a new URN; returns the URN that goes."""
    old = preview.held(kind, "old", inputs=before)
    preview.planned(old, "delete")
    preview.planned(urn(new or kind, "new"), step, inputDiff={"adds": after})
    return old


@pytest.mark.parametrize(
    ("kind", "before", "after"),
    [
        (ACCOUNT, _object(), _object()),
        (ACCOUNT, {"metadata": {"name": "default"}}, _object("default", "default")),
        ("kubernetes:cloud.google.com/v1:BackendConfig", _object(), _object()),
        ("kubernetes:core/v1:Node", {"metadata": {"name": "one"}}, {"metadata": {"name": "one"}}),
        (MEMBER, _grant(), _grant()),
        (BUCKET_MEMBER, _grant(bucket="uploads"), _grant(bucket="projects/_/buckets/uploads")),
        (RECORD, _record(), _record()),
        (SERVICE, _service(disableOnDestroy=True), _service()),
        ("gcp:projects/iAMAuditConfig:IAMAuditConfig", _service(), _service()),
    ],
)
def test_an_object_is_not_deleted_after_it_was_created_over(
    preview: Preview, kind: str, before: Json, after: Json
) -> None:
    old = _change(preview, kind, before, after)

    assert refused(preview.judged()) == {(RULE, old)}


@pytest.mark.parametrize(
    ("old", "before", "new", "after"),
    [
        (ACCOUNT, _object(), f"{ACCOUNT}Patch", _object()),
        ("kubernetes:batch/v1beta1:CronJob", _object(), "kubernetes:batch/v1:CronJob", _object()),
        (BINDING, {**_grant(), "members": ["user:a@example.com", "group:shop@example.com"]}, MEMBER, _grant()),
    ],
)
def test_nor_by_a_resource_of_another_type(preview: Preview, old: str, before: Json, new: str, after: Json) -> None:
    gone = _change(preview, old, before, after, new=new)

    assert refused(preview.judged()) == {(RULE, gone)}


def test_nor_after_an_import(preview: Preview) -> None:
    old = _change(preview, ACCOUNT, _object(), _object(), step="import")

    assert refused(preview.judged()) == {(RULE, old)}


def test_the_refusal_names_both_resources_the_object_and_the_remedy(preview: Preview) -> None:
    _change(preview, ACCOUNT, _object(), _object())

    refusal = preview.judged().refusals[0]

    assert refusal.message == (
        f"{ACCOUNT} 'old' would be deleted, and {ACCOUNT} 'new' declares the same object (core/ServiceAccount shop "
        "storefront): it would be gone, and the state would say that it is there."
    )
    assert "alias" in refusal.policy.remediation
    assert "make move" in refusal.policy.remediation


@pytest.mark.parametrize(
    ("kind", "before", "after"),
    [
        (ACCOUNT, _object(), _object("reports")),
        (ACCOUNT, _object(), _object(namespace="billing")),
        ("kubernetes:apps/v1:Deployment", _object(), _object()),
        ("kubernetes:core/v1:ServiceAccountPatch", _object(), _object()),
        (MEMBER, _grant(), _grant("group:billing@example.com")),
        (MEMBER, _grant(), _grant(condition={"title": "t", "expression": "request.time < timestamp('2027-01-01')"})),
        (MEMBER, _grant(), _grant(UNKNOWN)),
        (MEMBER, _grant(), _grant() | {"project": "shop-prod"}),
        (RECORD, _record(), _record("www.shop.example.com.")),
        (RECORD, _record() | {"deletionPolicy": "ABANDON"}, _record()),
        (SERVICE, _service(), _service()),
        ("gcp:pubsub/topic:Topic", {"name": "orders"}, {"name": "orders"}),
    ],
)
def test_another_object_and_one_that_stays_in_the_cloud_may_go(
    preview: Preview, kind: str, before: Json, after: Json
) -> None:
    new = ACCOUNT if kind.startswith("kubernetes:apps") else kind
    _change(preview, kind, before, after, new=new)

    assert preview.judged().passed


def test_an_object_that_the_state_has_twice_is_kept(preview: Preview) -> None:
    preview.held(ACCOUNT, "new", inputs=_object())
    old = preview.held(ACCOUNT, "old", inputs=_object())
    preview.planned(old, "delete")

    assert refused(preview.judged()) == {(RULE, old)}


def test_an_alias_keeps_the_object(preview: Preview) -> None:
    old = preview.held(ACCOUNT, "old", inputs=_object())
    del preview.plans[old]
    preview.events = [event for event in preview.events if old not in str(event)]
    preview.planned(urn(ACCOUNT, "new"), "same", renamed_from=old)

    assert preview.judged().passed


def test_what_is_retained_may_leave_the_state(preview: Preview) -> None:
    old = preview.held(ACCOUNT, "old", inputs=_object(), retainOnDelete=True)
    preview.planned(old, "delete")
    preview.planned(urn(ACCOUNT, "new"), "create", inputDiff={"adds": _object()})

    assert preview.judged().passed


def test_resources_do_not_swap_their_objects(preview: Preview) -> None:
    first = preview.held(RECORD, "first", inputs=_record("a.example.com."))
    second = preview.held(RECORD, "second", inputs=_record("b.example.com."))
    steps = ("create-replacement", "replace", "delete-replaced")
    preview.planned(first, *steps, inputDiff={"updates": {"name": "b.example.com."}})
    preview.planned(second, *steps, inputDiff={"updates": {"name": "a.example.com."}})

    assert refused(preview.judged()) == {(RULE, first), (RULE, second)}


def test_one_resource_may_be_replaced(preview: Preview) -> None:
    only = preview.held(ACCOUNT, "only", inputs=_object())
    preview.planned(only, "delete-replaced", "replace", "create-replacement")

    assert preview.judged().passed


@pytest.mark.parametrize(
    ("identifiers", "passes"), [(("blue", "green"), True), (("blue", "blue"), False), (("blue", None), False)]
)
def test_objects_of_two_clusters_are_two(preview: Preview, identifiers: tuple[str | None, ...], passes: bool) -> None:
    providers = [
        preview.held(PROVIDER, f"provider-{index}", inputs={"clusterIdentifier": name} if name else {})
        for index, name in enumerate(identifiers)
    ]
    old = preview.held(ACCOUNT, "old", inputs=_object(), provider=f"{providers[0]}::an-id")
    preview.planned(old, "delete")
    new = urn(ACCOUNT, "new")
    preview.planned(new, "create", inputDiff={"adds": _object()}, provider=f"{providers[1]}::an-id")

    assert preview.judged().passed is passes


def test_no_exception_lets_an_object_be_lost(preview: Preview) -> None:
    old = _change(preview, ACCOUNT, _object(), _object())
    preview.accept(old, "delete")

    assert (RULE, old) in refused(preview.judged())


def test_the_project_of_the_provider_stands_in_for_one_that_is_not_given(preview: Preview) -> None:
    provider = preview.held("pulumi:providers:gcp", "default", inputs={"project": "shop-dev"})
    bare = {key: value for key, value in _record().items() if key != "project"}
    old = preview.held(RECORD, "old", inputs=bare, provider=f"{provider}::an-id")
    preview.planned(old, "delete")
    preview.planned(urn(RECORD, "new"), "create", inputDiff={"adds": _record()})

    assert refused(preview.judged()) == {(RULE, old)}


@pytest.mark.parametrize("token", settings().overwritten)
def test_every_listed_type_has_the_inputs_of_its_identity(token: str) -> None:
    module, _, name = token.removeprefix("gcp:").partition(":")
    kind = getattr(importlib.import_module(f"pulumi_gcp.{module.partition('/')[0]}"), name)
    known = settings().overwritten[token]
    given = inspect.signature(kind._internal_init).parameters

    for key in filter(None, (*known.identity, known.deleted_if)):
        assert re.sub(r"(?<=[a-z])([A-Z])", r"_\1", key).lower() in given
