"""Lines of the access that a plan changes: the strongest first, in a screen's width, Roles that are alike by name."""

from pathlib import Path
from typing import Any

import pytest

from plan_gate.access import Access, lines
from unit.policies.plans import FIREWALL, MEMBER, STACK, UNKNOWN, Preview, refused, urn

_READS = ("get pods", "list pods (quiet)")
ROLE = "kubernetes:rbac.authorization.k8s.io/v1:Role"


def granted(subject: str, *parts: str, sign: str = "+") -> list[Access]:
    """Access of one subject."""
    return [Access(sign, subject, part) for part in parts]


def test_what_weighs_most_comes_first_whatever_its_name() -> None:
    by_weight = [
        ("z: everybody", "viewer on project shop"),
        ("y: domain:example.com", "viewer on bucket logs"),
        ("x", "read *"),
        ("f", "admin on project shop"),
        ("e", "deployer in the whole cluster"),
        ("d", "superuser on database orders"),
        ("c", "viewer on project shop"),
        ("b", "Role reader in the whole cluster"),
        ("a", "viewer on bucket logs"),
    ]
    shown = lines(one for subject, what in sorted(by_weight) for one in granted(subject, what))

    order = [line.removeprefix("+ ").rpartition(": ")[0] for line in shown]
    assert order == ["z: everybody", "x", "y: domain:example.com", "e", "f", "d", "b", "c", "a"]


def test_what_stays_comes_before_what_is_new_and_what_is_revoked_last() -> None:
    shown = lines(one for sign in "-~+!" for one in granted("ops", "viewer on bucket logs", sign=sign))

    assert [line[:2] for line in shown] == ["! ", "+ ", "~ ", "- "]
    assert shown[0] == "! stays, unmanaged: ops: viewer on bucket logs"


@pytest.mark.parametrize(("length", "number"), [(75, 1), (76, 2)])
def test_lines_are_as_wide_as_a_screen(length: int, number: int) -> None:
    shown = lines(granted("a", "p" * 70, "q" * length))

    assert len(shown) == number
    assert all(line.startswith("+ a: ") for line in shown)


@pytest.mark.parametrize(
    ("known", "new", "refers"),
    [
        ("Role there/reader", "Role new/reader", True),
        ("Role there/reader", "Role new/other", False),
        ("Role there/reader", "ServiceAccount new/reader", False),
        ("Role reader", "Role writer", False),
        ("ServiceAccount there/reader", "ServiceAccount new/reader", False),
    ],
)
def test_only_a_role_of_the_same_name_and_content_is_referred_to(known: str, new: str, *, refers: bool) -> None:
    [line] = lines(granted(new, *_READS), granted(known, *_READS))

    assert (line == f"+ {new}: what {known} permits, in its own namespace") == refers


def test_only_what_is_new_refers_to_another_role() -> None:
    [line] = lines(granted("Role new/reader", *_READS, sign="-"), granted("Role there/reader", *_READS))

    assert line == f"- Role new/reader: {'; '.join(_READS)}"


@pytest.mark.parametrize("step", ["same", "update"])
def test_a_role_that_changes_itself_is_not_referred_to(tmp_path: Path, step: str) -> None:
    rules = [{"apiGroups": [""], "resources": ["pods"], "verbs": ["get"]}]
    preview = Preview(tmp_path)
    preview.stack()
    metadata = {"namespace": "there", "name": "reader"}
    held = preview.held(ROLE, "there", inputs={"metadata": metadata, "rules": rules})
    if step == "update":
        preview.planned(held, "update", inputDiff={"updates": {"metadata": {**metadata, "labels": {"a": "b"}}}})
    new = {"metadata": {"namespace": "new", "name": "reader"}, "rules": rules}
    preview.planned(urn(ROLE, "new"), "create", inputDiff={"adds": new})

    [line] = [line for line in preview.judged().reach.access if line.startswith("+ Role new/reader")]
    assert ("what Role there/reader permits" in line) == (step == "same")


def test_what_else_decides_about_access_is_named() -> None:
    shown = lines([Access("~", "updates gcp:iam/denyPolicy:DenyPolicy 'deny'", "what nobody may do")])

    assert shown == ["~ updates gcp:iam/denyPolicy:DenyPolicy 'deny': what nobody may do"]


def test_a_change_of_a_deny_policy_is_among_the_access(tmp_path: Path) -> None:
    preview = Preview(tmp_path)
    preview.stack()
    held = preview.held("gcp:iam/denyPolicy:DenyPolicy", "deny", inputs={"displayName": "old"})
    preview.planned(held, "update", inputDiff={"updates": {"displayName": "new"}})

    assert preview.judged().reach.access == ("~ updates gcp:iam/denyPolicy:DenyPolicy 'deny': what nobody may do",)


@pytest.mark.parametrize(
    ("kind", "inputs", "line"),
    [
        (
            "ClusterRole",
            {"rules": [{"nonResourceURLs": ["/metrics", "/healthz"], "verbs": ["get", "post"]}]},
            "+ ClusterRole one: get,post /metrics,/healthz",
        ),
        (
            "ClusterRole",
            {"aggregationRule": {"clusterRoleSelectors": []}},
            "+ ClusterRole one: whatever the roles permit that it aggregates: {'clusterRoleSelectors': []}",
        ),
        (
            "ClusterRoleBinding",
            {
                "roleRef": {"kind": "ClusterRole", "name": "view"},
                "subjects": [{"kind": "Group", "name": UNKNOWN}],
            },
            "+ (a value that is only known after the update): ClusterRole view in the whole cluster",
        ),
    ],
)
def test_what_a_cluster_permits_is_named_whatever_its_form(
    tmp_path: Path, kind: str, inputs: dict[str, Any], line: str
) -> None:
    preview = Preview(tmp_path)
    preview.stack()
    adds = {"metadata": {"name": "one"}, **inputs}
    preview.planned(urn(ROLE.replace(":Role", f":{kind}"), "one"), "create", inputDiff={"adds": adds})

    assert preview.judged().reach.access == (line,)


@pytest.mark.parametrize("steps", ["create", "delete"])
def test_the_project_of_a_stack_that_begins_or_ends_is_its_own(tmp_path: Path, steps: str) -> None:
    preview = Preview(tmp_path)
    preview.stack()
    provider, grant = {"project": "acme-dev"}, {"role": "roles/viewer", "member": "allUsers", "project": "acme-dev"}
    for kind, inputs in (("pulumi:providers:gcp", provider), (MEMBER, grant)):
        if steps == "create":
            preview.planned(urn(kind, "one"), "create", inputDiff={"adds": inputs})
        else:
            preview.planned(preview.held(kind, "one", inputs=inputs), "delete")

    assert preview.judged().reach.access == (f"{'+' if steps == 'create' else '-'} everybody: roles/viewer on project",)


def test_what_is_deleted_with_something_that_stays_is_gone(preview: Preview) -> None:
    inputs = {"role": "roles/viewer", "member": "allUsers", "project": "acme-dev"}
    other = preview.held(FIREWALL, "other")
    preview.planned(preview.held(MEMBER, "one", inputs=inputs, deletedWith=other), "delete")

    assert preview.judged().reach.access == ("- everybody: roles/viewer on project acme-dev",)


@pytest.mark.parametrize(
    ("above", "is_first"),
    [
        ((), False),
        (("prodfirst:platform:Database",), False),
        (("prodfirst:platform:Group", "prodfirst:platform:Publication"), True),
    ],
)
def test_grants_without_limit_come_with_the_first_publication_alone(
    preview: Preview, above: tuple[str, ...], *, is_first: bool
) -> None:
    parent = STACK
    for kind in above:
        parent = preview.planned(urn(kind, "one"), "create", custom=False, parent=parent)
    version = "gcp:secretmanager/secretVersion:SecretVersion"
    preview.planned(urn(version, "one"), "create", parent=parent)
    for number in range(31):
        grant = {"role": f"roles/r{number}", "member": "group:ops@example.com", "project": "acme-dev"}
        preview.planned(urn(MEMBER, f"m{number}"), "create", inputDiff={"adds": grant})

    assert (("plan-within-limits", STACK) not in refused(preview.judged())) == is_first
