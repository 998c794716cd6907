"""Blast radius of a change, as reported by the gate."""

from pathlib import Path
from typing import Any

import pytest

from plan_gate import digest, summary
from plan_gate.blast_radius import Contract
from plan_gate.change import Operation
from unit.policies.plans import FIREWALL, INSTANCE, MEMBER, STACK, UNKNOWN, Preview, refused, urn

DELETER = {"role": "roles/x.deleter", "member": "group:ops@example.com", "project": "acme-dev"}
_ENCRYPTED = {"4dabf18193072939515e22adb298388d": "1b47061264138c4ac30d75fd1eb44270", "ciphertext": "c2VjcmV0"}


def _adds(**inputs: Any) -> dict[str, Any]:
    return {"inputDiff": {"adds": inputs}}


def test_changes_are_counted_without_components(preview: Preview) -> None:
    preview.planned(urn("prodfirst:platform:Network", "main"), "create", custom=False)
    for name in ("b", "a"):
        preview.planned(urn(FIREWALL, name), "create")

    reach = preview.judged().reach

    assert reach.counts == {**dict.fromkeys(Operation, 0), Operation.CREATE: 2, Operation.SAME: 1}


def test_what_cannot_be_undone_is_named(preview: Preview) -> None:
    preview.planned(urn("gcp:kms/keyRing:KeyRing", "data"), "create")
    preview.planned(urn(INSTANCE, "orders"), "delete")

    text = "\n".join(preview.judged().reach.irreversible)

    assert (
        "create gcp:kms/keyRing:KeyRing 'data': a key ring is deleted only after all versions of its keys are destroyed"
        in text
    )
    assert "delete gcp:sql/databaseInstance:DatabaseInstance 'orders': its name cannot be used again" in text


def test_what_depends_on_something_that_goes_is_named_with_who_reads_it(tmp_path: Path) -> None:
    preview = Preview(tmp_path)
    preview.stack(contract={"databases": {"ledger": {"instance": "orders"}}})
    gone = preview.held(INSTANCE, "orders", inputs={"name": "orders"}, protect=True)
    for kind, name in (("gcp:sql/database:Database", "ledger"), ("gcp:sql/user:User", "team")):
        preview.held(kind, name, dependencies=[gone])
    preview.held(FIREWALL, "web")
    preview.planned(gone, "delete")

    [line] = preview.judged().reach.irreversible
    assert line.endswith("; on it depend Database ledger, User team; read by platform/namespaces")


def test_what_the_provider_leaves_in_the_cloud_is_not_lost(preview: Preview) -> None:
    version = "gcp:secretmanager/secretVersion:SecretVersion"
    kept = preview.held(version, "kept", inputs={"deletionPolicy": "ABANDON"})
    gone = preview.held(version, "gone", inputs={"deletionPolicy": "DELETE"})
    for each in (kept, gone):
        preview.planned(each, "create-replacement", "replace", "delete-replaced")

    assert preview.judged().reach.irreversible == (f"replace {version} 'gone': its payload is gone",)


def test_fields_of_the_contract_that_change_are_named(preview: Preview) -> None:
    new = {"version": 1, "cluster": {"name": "main"}}
    preview.planned(STACK, "same", custom=False, outputDiff={"updates": {"contract": new}})

    [contract] = preview.judged().reach.contracts

    assert contract == Contract(("platform/namespaces",), ("- registry: old", "+ cluster.name: main"), unknown=False)


def test_a_contract_that_only_the_update_knows_is_said_to_change(preview: Preview) -> None:
    preview.planned(STACK, "same", custom=False, outputDiff={"updates": {"contract": UNKNOWN}})

    assert preview.judged().reach.contracts == (Contract(("platform/namespaces",), (), unknown=True),)


def test_a_contract_that_stays_concerns_nobody(preview: Preview) -> None:
    preview.planned(STACK, "same", custom=False, outputDiff={"updates": {"other": 1}})

    assert preview.judged().reach.contracts == ()


ADMINISTRATORS = "only an administrator may apply this"
FOUNDATION = "prodfirst:identity:Foundation$"


def sections(preview: Preview) -> dict[str, tuple[str, ...]]:
    """Lines of the summary by the title of their section."""
    return {section.title: tuple(section.lines) for section in summary.sections(preview.judged())}


@pytest.mark.parametrize("above", [FOUNDATION, "prodfirst:identity:Apis$", ""])
@pytest.mark.parametrize("known", [True, False], ids=["a later run", "the first run"])
def test_every_change_of_the_foundation_needs_an_administrator(tmp_path: Path, above: str, *, known: bool) -> None:
    preview = Preview(tmp_path)
    root = urn("pulumi:pulumi:Stack", "identity-foundation-dev", "identity", stack="foundation-dev")
    if known:
        preview.stack("identity", "foundation-dev")
    else:
        preview.planned(root, "create", custom=False)
    preview.planned(urn(FIREWALL, "x", "identity", above, "foundation-dev"), "create")

    assert preview.judged().reach.administrators == (f"{FIREWALL} 'x'",)
    assert sections(preview)[ADMINISTRATORS] == (f"with make bootstrap: {FIREWALL} 'x'",)
    assert summary.document(preview.judged())["needsAdministrator"] is True


def test_a_foundation_that_stays_as_it_is_needs_nobody(tmp_path: Path) -> None:
    preview = Preview(tmp_path)
    preview.stack("identity", "foundation-dev")
    preview.held(FIREWALL, "x", project="identity", stack="foundation-dev")

    assert preview.judged().reach.administrators == ()
    assert summary.document(preview.judged())["needsAdministrator"] is False


@pytest.mark.parametrize("project", ["identity", "platform"])
def test_what_ci_deploys_needs_no_administrator_wherever_it_is(tmp_path: Path, project: str) -> None:
    # The program counts, and no part of a URN, which a program names as it likes.
    preview = Preview(tmp_path)
    preview.stack(project)
    preview.planned(urn(FIREWALL, "foundation-x", project, FOUNDATION), "create")

    assert preview.judged().reach.administrators == ()
    assert not sections(preview).get(ADMINISTRATORS)


def test_grants_that_come_and_go_are_told_in_full(preview: Preview) -> None:
    until = {"title": "a while", "expression": "request.time < timestamp('2026-04-01T00:00:00Z')"}
    preview.planned(urn(MEMBER, "new"), "create", **_adds(**DELETER, condition=until))
    preview.planned(preview.held(MEMBER, "old", inputs=DELETER), "delete")

    assert set(preview.judged().reach.access) == {
        f"+ group ops@example.com: roles/x.deleter on project acme-dev if {until['expression']}",
        "- group ops@example.com: roles/x.deleter on project acme-dev",
    }


def test_a_grant_that_is_replaced_shows_both_sides(preview: Preview) -> None:
    held = preview.held(MEMBER, "grant", inputs=DELETER)
    updates = {"updates": {"role": "roles/x.reader"}}
    preview.planned(held, "create-replacement", "replace", "delete-replaced", inputDiff=updates)

    assert preview.judged().reach.access == (
        "+ group ops@example.com: roles/x.reader on project acme-dev",
        "- group ops@example.com: roles/x.deleter on project acme-dev",
    )


@pytest.mark.parametrize(("value", "shown"), [(UNKNOWN, "only known after the update"), (_ENCRYPTED, "a secret")])
def test_a_grant_that_cannot_be_read_says_so_and_shows_no_secret(preview: Preview, value: object, shown: str) -> None:
    preview.planned(urn(MEMBER, "new"), "create", **_adds(**{**DELETER, "role": value}))

    [line] = preview.judged().reach.access

    assert shown in line
    assert "c2VjcmV0" not in line


def test_a_rule_of_another_api_group_is_other_access(preview: Preview) -> None:
    kind = "kubernetes:rbac.authorization.k8s.io/v1:ClusterRole"
    rule = {"verbs": ["get"], "resources": ["nodes"], "apiGroups": [""]}
    role = preview.held(kind, "reader", inputs={"metadata": {"name": "reader"}, "rules": [rule]})
    preview.planned(role, "update", inputDiff={"updates": {"rules": [{**rule, "apiGroups": ["metrics.k8s.io"]}]}})

    assert preview.judged().reach.access == (
        "+ ClusterRole reader: get nodes.metrics.k8s.io",
        "- ClusterRole reader: get nodes",
    )


def test_access_is_in_the_words_of_make_access(preview: Preview) -> None:
    """Principals, roles and resources of the stack's own project are named as its answers name them."""
    preview.held("pulumi:providers:gcp", "default", inputs={"project": "acme-dev"})
    account = "serviceAccount:app-web@acme-dev.iam.gserviceaccount.com"
    workload = "serviceAccount:acme-dev.svc.id.goog[web/web]"
    grants = {
        "role": {"project": "acme-dev", "role": "projects/acme-dev/roles/reader", "member": account},
        "other": {"project": "acme-prod", "role": "roles/viewer", "member": account},
        "all": {"project": "acme-dev", "role": "roles/viewer", "member": "allUsers"},
        "workload": {"project": "acme-dev", "role": "roles/viewer", "member": workload},
    }
    for name, inputs in grants.items():
        preview.planned(urn(MEMBER, name), "create", **_adds(**inputs))

    assert preview.judged().reach.access == (
        "+ everybody: roles/viewer on project",
        "+ account app-web: reader on project; roles/viewer on project acme-prod",
        "+ workload web/web: roles/viewer on project",
    )


def _role(namespace: str, *extra: dict[str, Any]) -> dict[str, Any]:
    own = {"verbs": ["patch"], "resources": ["serviceaccounts"], "apiGroups": [""], "resourceNames": [namespace]}
    return {"metadata": {"name": "developer", "namespace": namespace}, "rules": [own, *extra]}


@pytest.mark.parametrize(
    ("new", "refers"),
    [
        (_role("new"), True),
        (_role("new", {"verbs": ["get"], "resources": ["secrets"], "apiGroups": [""]}), False),
        ({**_role("new"), "rules": _role("there")["rules"]}, False),
    ],
)
def test_a_role_like_one_that_is_there_refers_to_it(preview: Preview, new: dict[str, Any], *, refers: bool) -> None:
    kind = "kubernetes:rbac.authorization.k8s.io/v1:Role"
    preview.held(kind, "there", inputs=_role("there"))
    preview.planned(urn(kind, "new"), "create", **_adds(**new))

    [line] = preview.judged().reach.access
    assert (line == "+ Role new/developer: what Role there/developer permits, in its own namespace") == refers
    assert refers or "patch serviceaccounts" in line


def test_a_new_contract_is_named_by_its_parts(preview: Preview) -> None:
    del _stack(preview)["outputs"]["contract"]
    new = {"version": 1, "cluster": {"name": "main"}}
    preview.planned(STACK, "same", custom=False, outputDiff={"adds": {"contract": new}})

    [contract] = preview.judged().reach.contracts
    assert contract.paths == ("+ new, with version, cluster",)


def test_lists_of_a_contract_are_compared_as_sets(preview: Preview) -> None:
    before = {"version": 1, "teams": {"shop": {"capabilities": ["a", "b"], "none": []}}}
    after = {"version": 1, "teams": {"shop": {"capabilities": ["b", "c"], "none": []}, "new": {"names": ["x", "y"]}}}
    _stack(preview)["outputs"]["contract"] = before
    preview.planned(STACK, "same", custom=False, outputDiff={"updates": {"contract": after}})

    [contract] = preview.judged().reach.contracts

    assert contract.paths == (
        "- teams.shop.capabilities: a",
        "+ teams.new.names: x, y",
        "+ teams.shop.capabilities: c",
    )


def _stack(preview: Preview) -> dict[str, Any]:
    return next(each for each in preview.resources if each["urn"] == STACK)


def test_a_role_that_gains_a_permission_says_which(preview: Preview) -> None:
    kind = "gcp:projects/iAMCustomRole:IAMCustomRole"
    before = {"roleId": "reader", "permissions": ["a.b.get"]}
    role = preview.held(kind, "role-reader", inputs=before)
    preview.planned(role, "update", inputDiff={"updates": {"permissions": ["a.b.get", "a.b.delete"]}})

    assert preview.judged().reach.access == ("+ role reader: a.b.delete",)


def test_bindings_and_rules_in_the_cluster_are_access_as_well(preview: Preview) -> None:
    rbac = "kubernetes:rbac.authorization.k8s.io/v1"
    metadata = {"metadata": {"name": "dev", "namespace": "shop"}}
    subject = {"subjects": [{"kind": "Group", "name": "dev@example.com"}], "roleRef": {"kind": "Role", "name": "edit"}}
    preview.planned(urn(f"{rbac}:RoleBinding", "binding"), "create", **_adds(**metadata, **subject))
    rules = {"rules": [{"verbs": ["get", "list"], "resources": ["pods"], "resourceNames": ["web"], "apiGroups": [""]}]}
    preview.planned(urn(f"{rbac}:Role", "role"), "create", **_adds(**metadata, **rules))

    assert set(preview.judged().reach.access) == {
        "+ group dev@example.com: Role shop/edit in namespace shop",
        "+ Role shop/dev: get,list pods (web)",
    }


def _many_grants(preview: Preview, count: int) -> None:
    for number in range(count):
        preview.planned(urn(MEMBER, f"m{number}"), "create", **_adds(**{**DELETER, "role": f"roles/r{number}"}))


def test_access_is_never_cut_and_the_strongest_comes_first(preview: Preview) -> None:
    _many_grants(preview, 49)
    owner = {**DELETER, "role": "roles/owner"}
    preview.planned(urn(MEMBER, "z"), "create", **_adds(**owner))

    section = next(each for each in summary.sections(preview.judged()) if each.title == "who may do what")

    assert summary.short(section) == section.lines
    assert sum(line.count(" on project acme-dev") for line in section.lines) == 50
    assert section.lines[0].startswith("+ group ops@example.com: roles/owner on project acme-dev; ")
    assert max(map(len, section.lines)) < 200


def test_more_access_than_a_person_reads_is_refused(preview: Preview) -> None:
    _many_grants(preview, 30)
    assert preview.judged().passed

    preview.planned(urn(MEMBER, "more"), "create", **_adds(**DELETER))

    assert refused(preview.judged()) == {("plan-within-limits", STACK)}
    preview.accept(STACK, "exceed-limit", upto=31)
    assert preview.judged().passed


def test_a_stack_that_was_never_brought_up_whole_may_make_all_its_grants(tmp_path: Path) -> None:
    preview = Preview(tmp_path)
    preview.stack()
    _many_grants(preview, 50)

    assert preview.judged().passed


def test_a_first_update_that_was_interrupted_may_make_the_rest_of_its_grants(preview: Preview) -> None:
    """The engine keeps a stack's outputs also then; the contract comes last."""
    publication = urn("prodfirst:platform:Publication", "contract-platform-version")
    preview.planned(publication, "create", custom=False, parent=STACK)
    version = urn("gcp:secretmanager/secretVersion:SecretVersion", "contract-platform-version")
    preview.planned(version, "create", parent=publication)
    _many_grants(preview, 50)

    assert preview.judged().passed


def test_a_long_list_of_changed_fields_is_cut_for_people_and_whole_for_machines(preview: Preview) -> None:
    new = {"version": 1, "registry": "old", **{f"field{number}": number for number in range(50)}}
    preview.planned(STACK, "same", custom=False, outputDiff={"updates": {"contract": new}})
    verdict = preview.judged()

    [section] = summary.sections(verdict)

    assert len(summary.short(section)) == 31
    assert summary.short(section)[-1] == "… and 20 more"
    assert len(summary.document(verdict)["sections"][section.title]) == 50


@pytest.mark.parametrize("token", [MEMBER, "kubernetes:rbac.authorization.k8s.io/v1:RoleBinding"])
def test_access_that_stays_in_the_cloud_is_not_said_to_be_gone(preview: Preview, token: str) -> None:
    role = {"roleRef": {"kind": "Role", "name": "edit"}, "subjects": [{"kind": "Group", "name": "x@example.com"}]}
    inputs = {**DELETER, **role, "metadata": {"name": "dev", "namespace": "shop"}}
    preview.planned(preview.held(token, "kept", inputs=inputs, retainOnDelete=True), "delete")
    verdict = preview.judged()

    [line] = verdict.reach.access

    assert line.startswith("! stays, unmanaged: ")
    [change] = digest.lines(verdict.reach.digest)
    assert change.startswith("! ")
    assert change.endswith("left behind in the cloud, unmanaged")
    assert refused(verdict) == {("plan-not-abandoned", urn(token, "kept"))}


def test_what_goes_with_something_else_stays_unless_that_contains_it(preview: Preview) -> None:
    kind, namespace = "kubernetes:rbac.authorization.k8s.io/v1:RoleBinding", "kubernetes:core/v1:Namespace"
    binding = {"subjects": [{"kind": "Group", "name": "x@example.com"}], "roleRef": {"kind": "Role", "name": "edit"}}
    above = preview.held(namespace, "shop", inputs={"metadata": {"name": "shop"}})
    for name, within in (("inside", "shop"), ("outside", "other")):
        inputs = {**binding, "metadata": {"name": name, "namespace": within}}
        preview.planned(preview.held(kind, name, inputs=inputs, deletedWith=above), "delete")
    preview.planned(above, "delete")

    assert preview.judged().reach.access == (
        "! stays, unmanaged: group x@example.com: Role other/edit in namespace other",
        "- group x@example.com: Role shop/edit in namespace shop",
    )


def test_names_of_access_are_shown_in_ascii(preview: Preview) -> None:
    lookalike = {**DELETER, "member": "group:security-te\u0430m\u202e\x1b[2K@example.com"}
    preview.planned(urn(MEMBER, "new"), "create", **_adds(**lookalike))

    [line] = preview.judged().reach.access

    assert line.startswith("+ group security-te\\u0430m\\u202e\\u001b[2K@example.com: ")


def test_a_contract_between_the_stacks_of_a_layer_is_named_with_its_reader(preview: Preview) -> None:
    changed = {"contract-network": {"version": 1, "network": "n"}, "contract": {"version": 1}}
    preview.planned(STACK, "same", custom=False, outputDiff={"updates": changed})

    readers = {contract.consumers for contract in preview.judged().reach.contracts}

    assert readers == {("platform/storage",), ("platform/namespaces",)}
