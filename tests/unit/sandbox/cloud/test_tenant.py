"""A tenant's project, hierarchy and directory in the simulated cloud."""

from contextlib import closing
from dataclasses import replace
from pathlib import Path

import pytest

import example_tenant as example
from sandbox.cloud import names, seed
from sandbox.cloud.api import Cloud
from sandbox.cloud.iam import Caller
from sandbox.cloud.tenant import ADMIN, Tenant, TenantIds, own_project, people, seeded

GROUP, PERSON = "group:bookkeeping@acme.example", "user:finance-developer@acme.example"
ACME = Tenant("acme-playground", "998877665544", "us-east1", "acme.example", "445566778899", {GROUP: (PERSON,)})
ALONE = replace(ACME, organization=None)
PROJECT = names.project(ACME.project)


def cloud_of(folder: Path, tenant: Tenant) -> Cloud:
    seed.seed(folder, 6443, tenant)
    return Cloud(folder / "cloud.db")


@pytest.mark.parametrize("tenant", [example.TENANT, ACME, ALONE], ids=["example", "another", "no-organisation"])
def test_a_cloud_knows_whose_it_is(tmp_path: Path, tenant: Tenant) -> None:
    with closing(cloud_of(tmp_path, tenant).store) as store:
        assert seeded(store) == tenant.ids
        assert own_project(store) == tenant.project


def test_a_cloud_that_was_not_seeded_is_nobodys(tmp_path: Path) -> None:
    with closing(Cloud(tmp_path / "cloud.db").store) as store:
        assert seeded(store) is None
        assert people(store) == []


def test_nothing_of_the_example_is_in_the_cloud_of_another_organisation(tmp_path: Path) -> None:
    cloud_of(tmp_path, ACME).store.close()

    content = b"".join(file.read_bytes() for file in tmp_path.glob("cloud.db*"))
    for text in (example.PROJECT, example.PROJECT_NUMBER, example.ORGANIZATION, "@example.com"):
        assert text.encode() not in content


def test_the_administrator_owns_the_project_in_its_folder_and_organisation(tmp_path: Path) -> None:
    cloud = cloud_of(tmp_path, ACME)
    with closing(cloud.store):
        above = [names.folder(seed.FOLDER), names.organization("445566778899")]
        assert list(cloud.iam.hierarchy.line(PROJECT)) == [PROJECT, *above]
        policy = cloud.call("cloudresourcemanager.projects.getIamPolicy", f"projects/{ACME.project}", Caller(ADMIN))
        assert policy["bindings"] == [{"role": "roles/owner", "members": [ADMIN]}]


def test_a_project_without_an_organisation_is_at_the_top(tmp_path: Path) -> None:
    cloud = cloud_of(tmp_path, ALONE)
    with closing(cloud.store):
        assert cloud.iam.hierarchy.line(PROJECT) == (PROJECT,)
        assert cloud.store.find("cloudresourcemanager.organizations", names.PROJECTS) == []


def test_the_directory_follows_the_tenant_and_keeps_what_was_added_otherwise(tmp_path: Path) -> None:
    on_duty = "user:on-duty@acme.example"
    with closing(cloud_of(tmp_path, ACME).store) as store:
        store.add_membership(GROUP, on_duty)
    renamed = replace(ACME, groups={"group:ledgers@acme.example": (PERSON,)})

    with closing(cloud_of(tmp_path, renamed).store) as store:
        assert store.members_of(GROUP) == (on_duty,)
        assert store.members_of("group:ledgers@acme.example") == (PERSON,)


def test_people_are_the_tenants_in_its_order_without_the_administrator(tmp_path: Path) -> None:
    groups = {"group:z@a.example": ("user:z@a.example",), "group:admins@a.example": (ADMIN,), GROUP: (PERSON,)}
    with closing(cloud_of(tmp_path, replace(ACME, groups=groups)).store) as store:
        assert people(store) == ["user:z@a.example", PERSON]


def test_the_fixed_part_is_what_every_resource_is_below() -> None:
    assert replace(ACME, region="us-west1", domain="b.example", groups={}).ids == ACME.ids
    assert ALONE.ids == TenantIds("acme-playground", "998877665544", None)
