"""Policies are inherited from the organisation down to the single resource."""

import pytest

import example_tenant as example
from sandbox.cloud import names, tags
from sandbox.cloud.api import Cloud
from sandbox.cloud.errors import ApiError
from unit.sandbox.cloud.cases import (
    ADMIN,
    DEVELOPER,
    FOLDER,
    NUMBERED,
    ORGANIZATION,
    PROJECT,
    REVIEWER,
    account,
    allows,
    bind,
    policy,
    secret,
)

READ = "secretmanager.secrets.get"
VIEWER = "roles/secretmanager.viewer"
EVERYONE = (ORGANIZATION, FOLDER, PROJECT)


def full_secret(cloud: Cloud) -> str:
    return f"//secretmanager.googleapis.com/{secret(cloud, 'first')}"


@pytest.mark.parametrize("level", EVERYONE)
def test_a_binding_on_any_level_above_reaches_the_resource(cloud: Cloud, level: str) -> None:
    name = full_secret(cloud)
    assert not allows(cloud, REVIEWER, READ, name)
    bind(cloud, VIEWER, "group:security-team@example.com", on=level)
    assert allows(cloud, REVIEWER, READ, name)


def test_a_binding_on_a_project_does_not_reach_the_folder_above_it(cloud: Cloud) -> None:
    bind(cloud, "roles/viewer", REVIEWER.member)
    with pytest.raises(ApiError, match=r"resourcemanager\.folders\.get'"):
        cloud.call("cloudresourcemanager.folders.get", FOLDER, REVIEWER)


def test_a_project_may_be_named_by_its_number(cloud: Cloud) -> None:
    secret(cloud, "first")
    by_number = cloud.call("secretmanager.projects.secrets.get", f"{NUMBERED}/secrets/first", ADMIN)
    assert by_number == cloud.call("secretmanager.projects.secrets.get", f"{PROJECT}/secrets/first", ADMIN)


@pytest.mark.parametrize(
    ("role", "level", "offered"),
    [
        ("roles/iam.denyAdmin", ORGANIZATION, True),
        ("roles/iam.denyAdmin", FOLDER, False),
        ("roles/iam.denyAdmin", PROJECT, False),
        ("roles/resourcemanager.organizationAdmin", PROJECT, False),
        ("roles/resourcemanager.folderAdmin", FOLDER, True),
        ("roles/resourcemanager.folderAdmin", PROJECT, False),
    ],
)
def test_a_role_is_offered_where_google_offers_it(cloud: Cloud, role: str, level: str, *, offered: bool) -> None:
    if offered:
        bind(cloud, role, REVIEWER.member, on=level)
        return
    with pytest.raises(ApiError, match="is not supported for this resource"):
        bind(cloud, role, REVIEWER.member, on=level)


def test_a_custom_role_of_the_organisation_is_usable_in_its_projects(cloud: Cloud) -> None:
    bind(cloud, "roles/iam.organizationRoleAdmin", ADMIN.member, on=ORGANIZATION)
    role = f"{ORGANIZATION}/roles/secretReader"
    body = {"title": "Secret reader", "includedPermissions": [READ, "resourcemanager.folders.get"]}
    cloud.call("iam.organizations.roles.create", role, ADMIN, body)
    bind(cloud, role, REVIEWER.member)
    assert allows(cloud, REVIEWER, READ, full_secret(cloud))


@pytest.mark.parametrize("permission", ["resourcemanager.folders.get", "resourcemanager.projects.list"])
def test_a_projects_custom_role_holds_nothing_that_lies_above_projects(cloud: Cloud, permission: str) -> None:
    body = {"title": "t", "includedPermissions": [permission]}
    with pytest.raises(ApiError, match="is not valid"):
        cloud.call("iam.projects.roles.create", f"{PROJECT}/roles/tooHigh", ADMIN, body)


def grants_only(*roles: str) -> str:
    listed = ", ".join(f"'{role}'" for role in roles)
    return f"api.getAttribute('iam.googleapis.com/modifiedGrantsByRole', []).hasOnly([{listed}])"


@pytest.mark.parametrize(
    ("role", "member", "refused"),
    [
        ("roles/secretmanager.viewer", "user:new@example.com", False),
        ("roles/compute.networkUser", "user:new@example.com", False),
        ("roles/secretmanager.admin", "user:new@example.com", True),
        ("roles/owner", "user:shop-developer@example.com", True),
        ("roles/resourcemanager.projectIamAdmin", "user:shop-developer@example.com", True),
    ],
)
def test_a_limited_administrator_grants_the_listed_roles_only(
    cloud: Cloud, role: str, member: str, *, refused: bool
) -> None:
    condition = grants_only("roles/secretmanager.viewer", "roles/compute.networkUser")
    bind(cloud, "roles/resourcemanager.projectIamAdmin", DEVELOPER.member, condition=condition)
    if not refused:
        bind(cloud, role, member, by=DEVELOPER)
        return
    with pytest.raises(ApiError, match=r"resourcemanager\.projects\.setIamPolicy"):
        bind(cloud, role, member, by=DEVELOPER)


def test_a_limited_administrator_revokes_the_listed_roles_only(cloud: Cloud) -> None:
    condition = grants_only("roles/secretmanager.viewer")
    bind(cloud, "roles/resourcemanager.projectIamAdmin", DEVELOPER.member, condition=condition)
    current = policy(cloud, PROJECT)
    without_owner = [binding for binding in current["bindings"] if binding["role"] != "roles/owner"]
    body = {"policy": {**current, "bindings": without_owner}}
    with pytest.raises(ApiError, match="setIamPolicy"):
        cloud.call("cloudresourcemanager.projects.setIamPolicy", PROJECT, DEVELOPER, body)


@pytest.mark.parametrize(
    ("expression", "accepted"),
    [
        (grants_only(*(f"roles/r{number}" for number in range(10))), True),
        (grants_only(*(f"roles/r{number}" for number in range(11))), False),
        (" || ".join(grants_only(f"roles/r{number}") for number in range(13)), True),
        (" || ".join(grants_only(f"roles/r{number}") for number in range(14)), False),
        (" && ".join(f'!resource.name.endsWith("{number}")' for number in range(6)), True),
        (" && ".join(f'!resource.name.endsWith("{number}")' for number in range(7)), False),
    ],
)
def test_a_condition_has_ten_roles_a_list_and_twelve_logical_operators_at_most(
    cloud: Cloud, expression: str, *, accepted: bool
) -> None:
    if accepted:
        bind(cloud, VIEWER, REVIEWER.member, condition=expression)
        return
    with pytest.raises(ApiError, match=r"more than 1[02]"):
        bind(cloud, VIEWER, REVIEWER.member, condition=expression)


@pytest.mark.parametrize(
    ("expression", "allowed"),
    [
        (f'resource.name == "{NUMBERED}/secrets/first"', True),
        (f'resource.name == "{PROJECT}/secrets/first"', False),
        ('resource.type == "secretmanager.googleapis.com/Secret"', True),
        ('resource.type == "secretmanager.googleapis.com/SecretVersion"', False),
        ('resource.service == "secretmanager.googleapis.com"', True),
        ('resource.service == "storage.googleapis.com"', False),
        ('resource.name.extract("secrets/{name}") == "first"', True),
        ('resource.name.endsWith("/first") && resource.type != "x"', True),
        ("request.time.getHours('Europe/Berlin') == 1", True),
        ("request.time.getHours() == 1", False),
        ("request.time.getDayOfWeek('Europe/Berlin') == 4", True),
        ("request.time.getDayOfWeek('America/New_York') == 3", True),
        ('request.time < timestamp("1970-01-02T00:00:00Z")', True),
        ('request.time < timestamp("1970-01-01T00:00:00Z") + duration("3600s")', True),
        ("resource.matchTag('123456789012/env', 'prod')", True),
        ("resource.matchTag('123456789012/env', 'dev')", False),
        ("resource.hasTagKey('123456789012/env')", True),
        ("resource.hasTagKey('123456789012/team')", False),
    ],
)
def test_a_condition_sees_name_type_service_time_and_tags(cloud: Cloud, expression: str, *, allowed: bool) -> None:
    name = full_secret(cloud)
    tag_project(cloud, "prod")
    bind(cloud, VIEWER, REVIEWER.member, condition=expression)
    cloud.iam.clock = lambda: 600.0  # Thursday, 1970-01-01, 00:10 in Greenwich and 01:10 in Berlin
    assert allows(cloud, REVIEWER, READ, name) is allowed


def tag_project(cloud: Cloud, value: str) -> None:
    bind(cloud, "roles/resourcemanager.tagAdmin", ADMIN.member, on=ORGANIZATION)
    for kind, name, body in (
        (tags.KEYS, "tagKeys/1", {"parent": ORGANIZATION, "shortName": "env"}),
        (tags.VALUES, "tagValues/2", {"parent": "tagKeys/1", "shortName": value}),
    ):
        cloud.call(f"{kind}.create", name, ADMIN, body)
    bind(cloud, "roles/resourcemanager.tagUser", ADMIN.member, on=ORGANIZATION)
    cloud.call(f"{tags.BINDINGS}.create", tags.binding_name(names.project(example.PROJECT), "tagValues/2"), ADMIN, {})


def test_service_accounts_tell_conditions_nothing(cloud: Cloud) -> None:
    email = account(cloud, "some-account").email
    condition = f'resource.name.endsWith("{email}")'
    bind(cloud, "roles/iam.serviceAccountUser", DEVELOPER.member, condition=condition)
    assert not allows(cloud, DEVELOPER, "iam.serviceAccounts.actAs", names.service_account(email))


@pytest.mark.parametrize(("role", "member"), [("roles/viewer", "user:a@example.com"), (VIEWER, "allUsers")])
def test_basic_roles_and_public_members_take_no_condition(cloud: Cloud, role: str, member: str) -> None:
    with pytest.raises(ApiError, match="Conditions are not allowed"):
        bind(cloud, role, member, condition='resource.service == "x"')
