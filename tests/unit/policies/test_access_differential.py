"""Answers from documents about made-up policies, against the simulated cloud's decisions on these policies."""

import itertools
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import example_tenant as example
from iam.decide import Access
from iam.document import Verdict
from sandbox.cloud import roles, seed
from sandbox.cloud.api import Cloud
from sandbox.cloud.iam import MODIFIED_GRANTS
from unit.policies.access_worlds import (
    FOLDER,
    JOB,
    ORGANIZATION,
    OUTER,
    POOL,
    PROJECT,
    RESOURCES,
    ROBOT,
    WHO,
    World,
    agrees,
    allowed,
    in_document,
)

PERMISSIONS = (
    "cloudsql.instances.delete",
    "cloudsql.instances.get",
    "iam.serviceAccounts.getAccessToken",
    "iam.googleapis.com/workloadIdentityPools.delete",
    "resourcemanager.projects.setIamPolicy",
    "secretmanager.versions.access",
    "storage.objects.get",
    "storage.objects.list",
)
PREDEFINED = (
    "roles/owner",
    "roles/viewer",
    "roles/secretmanager.secretAccessor",
    "roles/storage.objectViewer",
    "roles/iam.serviceAccountTokenCreator",
    "roles/iam.workloadIdentityPoolAdmin",
)
CONDITIONS = (
    "",
    'request.time < timestamp("2020-01-01T00:00:00Z")',
    'request.time < timestamp("2199-01-01T00:00:00Z")',
    'resource.name.startsWith("projects/_/buckets/box/objects/shop/")',
    'resource.name == "projects/_/buckets/box" || resource.service == "secretmanager.googleapis.com"',
    f'resource.name.startsWith("projects/{example.PROJECT_NUMBER}/secrets/k")',
    'resource.type == "sqladmin.googleapis.com/Instance" && resource.name.endsWith("/orders")',
    'resource.name.extract("/instances/{name}") == "orders"',
    'api.getAttribute("iam.googleapis.com/modifiedGrantsByRole", []).hasOnly(["roles/viewer"])',
    'false || api.getAttribute("storage.googleapis.com/objectListPrefix", "").startsWith("shop/")',
    '!(resource.service == "storage.googleapis.com")',
)
# What requests tell, such that the conditions on them above hold, or do not.
FITTING = {MODIFIED_GRANTS: ("roles/viewer",), "storage.googleapis.com/objectListPrefix": "shop/x"}
UNFITTING = {MODIFIED_GRANTS: ("roles/owner",), "storage.googleapis.com/objectListPrefix": "other/"}
DENIED = (
    "cloudsql.googleapis.com/instances.delete",
    "cloudsql.googleapis.com/instances.*",
    "cloudresourcemanager.googleapis.com/projects.setIamPolicy",
    "iam.googleapis.com/workloadIdentityPools.delete",
    "secretmanager.googleapis.com/*.*",
    "storage.googleapis.com/*.get",
)
DENIED_WHO = (
    "principalSet://goog/public:all",
    f"principalSet://goog/group/{OUTER.removeprefix('group:')}",
    "principal://goog/subject/ann@example.com",
    f"principal://iam.googleapis.com/projects/-/serviceAccounts/{ROBOT.removeprefix('serviceAccount:')}",
    JOB,
)
HOLDERS = (*WHO, POOL, "allUsers", "allAuthenticatedUsers")


# Conditions of deny rules, which know nothing but tags: unknown to a document, and decided whatever the tags are.
TAGGED = 'resource.matchTag("1/env", "prod")'
TAGS = {"1/env": "prod"}
DENYING = ("", "{}", "{} || true", "{} && false")

_Binding = tuple[str, str, str, str]
_Rule = tuple[str, list[str], list[str], list[str], list[str], str]
_Denial = tuple[str, list[str], list[str], list[str], list[str]]


def _roles() -> dict[str, list[str]]:
    return {name: sorted(roles.permissions_of(name)) for name in PREDEFINED}


@pytest.fixture(scope="module")
def cloud(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cloud]:
    """A simulated cloud with a project, a folder above it, and an organisation above that."""
    folder: Path = tmp_path_factory.mktemp("cloud")
    seed.seed(folder, 6443, example.TENANT)
    opened = Cloud(folder / "cloud.db")
    yield opened
    opened.store.close()


_BINDINGS = st.lists(
    st.tuples(
        st.sampled_from(HOLDERS), st.sampled_from(PREDEFINED), st.sampled_from(RESOURCES), st.sampled_from(CONDITIONS)
    ),
    min_size=1,
    max_size=6,
)
_RULE = (
    st.sampled_from((PROJECT, FOLDER, ORGANIZATION)),
    st.lists(st.sampled_from(DENIED), min_size=1, max_size=2),
    st.lists(st.sampled_from(DENIED_WHO), min_size=1, max_size=2),
    st.lists(st.sampled_from(DENIED_WHO[1:]), max_size=1),
    st.lists(st.sampled_from(DENIED), max_size=1),
)
_DENIALS = st.lists(st.tuples(*_RULE), max_size=2)
_CONDITIONAL_DENIALS = st.lists(st.tuples(*_RULE, st.sampled_from(DENYING)), min_size=1, max_size=3)


def _disagreements(access: Access, cloud: Cloud) -> list[str]:
    return [
        f"{who} {permission} on {resource}: {verdict}"
        for who, permission, resource in itertools.product(WHO, PERMISSIONS, RESOURCES)
        if who in access.principals
        and not agrees(
            verdict := access.decide(who, permission, in_document(resource)).verdict,
            fitting=allowed(cloud, who, permission, resource, FITTING),
            unfitting=allowed(cloud, who, permission, resource, UNFITTING),
        )
    ]


@pytest.mark.filterwarnings("ignore:The recursion limit")  # CEL's parser raises it
@settings(max_examples=40, deadline=None, derandomize=True, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(bindings=_BINDINGS, denials=_DENIALS)
def test_whatever_the_policies_the_answers_are_the_clouds(
    cloud: Cloud, bindings: list[_Binding], denials: list[_Denial]
) -> None:
    world = World()
    for binding in bindings:
        world.grant(*binding)
    for point, permissions, who, spared, spared_permissions in denials:
        world.forbid(permissions, who, spared, on=point, exceptionPermissions=spared_permissions)
    world.put_into(cloud)
    assert _disagreements(world.access(_roles()), cloud) == []


@pytest.mark.filterwarnings("ignore:The recursion limit")  # CEL's parser raises it
@settings(max_examples=40, deadline=None, derandomize=True, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(bindings=_BINDINGS, rules=_CONDITIONAL_DENIALS, tag=st.sampled_from((TAGGED, f"!{TAGGED}")))
def test_whatever_the_conditions_of_deny_rules_the_answers_are_the_clouds(
    cloud: Cloud, bindings: list[_Binding], rules: list[_Rule], tag: str
) -> None:
    world = World()
    for binding in bindings:
        world.grant(*binding)
    for point, permissions, who, spared, spared_permissions, condition in rules:
        more = {"denialCondition": {"expression": condition.format(tag)}} if condition else {}
        world.forbid(permissions, who, spared, on=point, exceptionPermissions=spared_permissions, **more)
    world.put_into(cloud)
    denied, free = (TAGS, {}) if tag == TAGGED else ({}, TAGS)
    access = world.access(_roles())

    wrong = [
        f"{who} {permission} on {resource}: {verdict}"
        for who, permission, resource in itertools.product(WHO, PERMISSIONS, RESOURCES)
        if who in access.principals
        and not agrees(
            verdict := access.decide(who, permission, in_document(resource)).verdict,
            fitting=allowed(cloud, who, permission, resource, FITTING, tags=free),
            unfitting=allowed(cloud, who, permission, resource, UNFITTING, tags=denied),
        )
    ]

    assert wrong == []


def test_a_deny_rule_that_holds_for_some_tags_only_is_generated_and_leaves_it_open(cloud: Cloud) -> None:
    world = World()
    world.grant(WHO[0], "roles/owner")
    world.forbid([DENIED[0]], [DENIED_WHO[0]], denialCondition={"expression": TAGGED})
    world.put_into(cloud)
    asked = (WHO[0], PERMISSIONS[0], PROJECT)
    assert (allowed(cloud, *asked, tags={}), allowed(cloud, *asked, tags=TAGS)) == (True, False)
    assert world.access(_roles()).decide(*asked).verdict is Verdict.MAYBE
