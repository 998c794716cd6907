"""Digest of a plan: what a person reads of it, and what machines get."""

import random
from pathlib import Path
from typing import Any

import pytest

from plan_gate import digest, summary
from plan_gate.change import Operation
from plan_gate.digest import LINES
from plan_gate.words import purpose, words
from unit.policies.plans import FIREWALL, INSTANCE, MEMBER, STACK, Preview, urn

QUOTA = "kubernetes:core/v1:ResourceQuota"
SETTINGS = "kubernetes:core/v1:ConfigMap"
NAMESPACE = "prodfirst:platform:Namespace"
# A component that plan_words.yaml does not list.
SITE = "acme:web:Site"


@pytest.fixture
def preview(tmp_path: Path) -> Preview:
    preview = Preview(tmp_path)
    preview.stack()
    return preview


def changed(preview: Preview, kind: str, name: str, before: dict[str, Any], after: dict[str, Any], **more: Any) -> str:
    """A resource of the state that the plan updates."""
    held = preview.held(kind, name, inputs=before, **more)
    return preview.planned(held, "update", inputDiff={"updates": after})


def component(preview: Preview, kind: str, name: str, *steps: str) -> str:
    """A component that the plan creates, or that is there."""
    named = urn(kind, name)
    preview.planned(named, *(steps or ("create",)), custom=False, parent=STACK)
    return named


def lines(preview: Preview) -> list[str]:
    """The digest as a person reads it."""
    return digest.lines(preview.judged().reach.digest)


def test_a_changed_property_is_on_the_line_of_its_resource(preview: Preview) -> None:
    changed(preview, INSTANCE, "orders", {"settings": {"tier": "a", "x": 1}}, {"settings": {"tier": "b", "x": 1}})

    assert lines(preview) == ["~ DatabaseInstance orders: settings.tier: a => b"]


def test_several_differences_are_below_their_resource(preview: Preview) -> None:
    changed(preview, FIREWALL, "web", {"ports": ["80"], "log": True}, {"ports": ["443"], "log": False})

    assert lines(preview) == ["~ Firewall web", "    ~ log: true => false", "    - ports: 80", "    + ports: 443"]


def test_what_goes_comes_first_then_what_is_replaced_changed_and_new(preview: Preview) -> None:
    preview.planned(urn(FIREWALL, "new"), "create")
    changed(preview, FIREWALL, "other", {"log": True}, {"log": False})
    replaced = preview.held(SETTINGS, "settings", inputs={"data": {"LEVEL": "info"}})
    steps = ("create-replacement", "replace", "delete-replaced")
    preview.planned(replaced, *steps, inputDiff={"updates": {"data": {"LEVEL": "debug"}}})
    for event in preview.events:
        if event["resourcePreEvent"]["metadata"]["urn"] == replaced:
            event["resourcePreEvent"]["metadata"]["keys"] = ["data"]
    preview.planned(preview.held(FIREWALL, "old"), "delete")

    assert lines(preview) == [
        "- Firewall old",
        "± ConfigMap settings, forced by data",
        "    ~ data.LEVEL: info => debug",
        "~ Firewall other: log: true => false",
        "+ Firewall new",
    ]


def test_resources_that_change_alike_are_one_line(preview: Preview) -> None:
    for name in "abcdefgh":
        changed(preview, QUOTA, name, {"spec": {"pods": 10}}, {"spec": {"pods": 20}})

    assert lines(preview) == ["~ 8 ResourceQuota a, b, c, d, e, f and 2 more: spec.pods: 10 => 20"]


def test_new_resources_are_counted_by_the_component_that_they_are_for(preview: Preview) -> None:
    for name in ("ledger", "orders"):
        above = component(preview, SITE, name)
        inner = urn("acme:web:Access", name, above=f"{SITE}$")
        preview.planned(inner, "create", custom=False, parent=above)
        preview.planned(urn(QUOTA, name), "create", parent=above)
        for role in ("a", "b"):
            kind = "kubernetes:rbac.authorization.k8s.io/v1:Role"
            preview.planned(urn(kind, f"{name}-{role}", above=f"{SITE}$"), "create", parent=inner)

    assert lines(preview) == ["+ site ledger, orders: 1 ResourceQuota, 2 Role each"]


ACCOUNT, STATE_ACCESS = "prodfirst:identity:ServiceAccount", "prodfirst:identity:StateAccess"


def test_what_comes_and_goes_is_listed_by_whom_it_is_for(preview: Preview) -> None:
    for name in ("apps-pay-preview", "apps-pay-deploy", "app-ledger"):
        above = component(preview, ACCOUNT, name)
        preview.planned(urn("gcp:serviceaccount/account:Account", name), "create", parent=above)
    preview.planned(urn(MEMBER, "state"), "create", parent=component(preview, STATE_ACCESS, "state-apps-pay-deploy"))
    gone = preview.held(ACCOUNT, "app-old", custom=False)
    preview.planned(gone, "delete", custom=False)
    for kind in ("gcp:serviceaccount/account:Account", MEMBER):
        preview.planned(preview.held(kind, "app-old", above=f"{ACCOUNT}$", parent=gone), "delete")

    assert lines(preview) == [
        "- app old: account (2 resources)",
        "+ app ledger: account (1 resource)",
        "+ team pay: 2 CI accounts, access to its state (3 resources)",
    ]


def test_a_secret_is_listed_for_the_app_in_its_label(preview: Preview) -> None:
    above = component(preview, "prodfirst:identity:AppSecret", "app-web-shop-bank-token")
    labels = {"adds": {"labels": {"app": "web-shop"}}}
    preview.planned(urn("gcp:secretmanager/secret:Secret", "s"), "create", parent=above, inputDiff=labels)
    preview.planned(urn("gcp:secretmanager/secretIamMember:SecretIamMember", "s"), "create", parent=above)

    assert lines(preview) == ["+ app web-shop: secret (2 resources)"]


def test_what_is_taken_from_a_component_that_stays_is_named(preview: Preview) -> None:
    above = component(preview, "prodfirst:identity:TeamGrants", "team-pay", "same")
    preview.planned(urn(MEMBER, "reader"), "create", parent=above)
    preview.planned(preview.held(MEMBER, "viewer", parent=above), "delete")
    outer = component(preview, "prodfirst:platform:Firewall", "main", "same")
    preview.planned(urn(FIREWALL, "to-bank"), "create", parent=outer)

    assert lines(preview) == [
        "- IAMMember viewer of team grants team-pay",
        "+ Firewall to-bank of firewall main",
        "+ team pay: part of its people's access (1 resource)",
    ]


@pytest.mark.parametrize(("policy", "kept"), [("ABANDON", True), ("DELETE", False)])
def test_a_contract_that_is_published_anew_is_a_line(preview: Preview, policy: str, *, kept: bool) -> None:
    above = component(preview, "prodfirst:platform:Publication", "contract-network-version", "same")
    kind = "gcp:secretmanager/secretVersion:SecretVersion"
    held = preview.held(kind, "contract-network-version", inputs={"deletionPolicy": policy}, parent=above)
    preview.planned(held, "create-replacement", "replace", "delete-replaced", parent=above)

    [line] = lines(preview)
    assert (line == "± contract network is published anew; the version before it stays") == kept


def test_a_contract_is_published_for_the_first_time(preview: Preview) -> None:
    above = component(preview, "prodfirst:platform:Publication", "contract-network-version")
    kind = "gcp:secretmanager/secretVersion:SecretVersion"
    preview.planned(urn(kind, "contract-network-version"), "create", parent=above)

    assert lines(preview) == ["+ contract network is published"]


def test_every_component_of_the_identity_layer_that_teams_get_has_words() -> None:
    listed = words().components
    assert {token for token in listed if not token.startswith("prodfirst:")} == set()
    for token, name in (
        ("prodfirst:identity:ContractSecret", "contract-team-pay"),
        ("prodfirst:platform:Access", "ledger-access"),
        ("prodfirst:platform:Logins", "ledger"),
    ):
        assert purpose(token, name, {}) is not None


def test_a_changed_resource_names_the_component_around_it(preview: Preview) -> None:
    above = component(preview, NAMESPACE, "ledger", "same")
    named = preview.held(QUOTA, "quota", inputs={"spec": 1}, parent=above)
    preview.planned(named, "update", parent=above, inputDiff={"updates": {"spec": 2}})

    assert lines(preview) == ["~ ResourceQuota quota of namespace ledger: spec: 1 => 2"]


@pytest.mark.parametrize(("resources", "shown"), [(3, 8), (6, 3), (LINES, 0)])
def test_differences_make_room_for_resources(preview: Preview, resources: int, shown: int) -> None:
    for number in range(resources):
        before = {f"p{each}": 0 for each in range(9)}
        changed(preview, QUOTA, f"q{number:02}", before, dict.fromkeys(before, number + 1))

    told = lines(preview)

    assert len(told) <= LINES
    assert sum(line.startswith("~ ") for line in told) == resources
    assert sum(line.startswith("    ~ ") for line in told) == resources * shown
    assert ("9 differences" in told[0]) == (shown == 0)


def test_what_has_no_room_is_counted_and_the_document_is_whole(preview: Preview) -> None:
    for number in range(LINES + 20):
        changed(preview, QUOTA, f"q{number:02}", {"spec": 0, "other": 0}, {"spec": number + 1, "other": number + 1})

    told = lines(preview)
    document = summary.document(preview.judged())

    assert len(told) == LINES
    assert told[-1] == "… and 21 more resources: FULL=yes shows all"
    assert len(document["digest"]) == LINES + 20
    assert len(document["sections"]["changes"]) == LINES


def test_no_change_is_missing_in_the_digest_whatever_changes(tmp_path: Path) -> None:
    chance = random.Random(7)  # noqa: S311 - plans, no secrets
    kinds = (FIREWALL, INSTANCE, QUOTA, SETTINGS)
    for run in range(40):
        (tmp_path / str(run)).mkdir()
        preview = Preview(tmp_path / str(run))
        preview.stack()
        expected: dict[tuple[Operation, str], int] = {}
        for number in range(chance.randint(1, 60)):
            kind, step = chance.choice(kinds), chance.choice(["create", "update", "delete", "same"])
            above = component(preview, NAMESPACE, f"n{number % 4}", "same") if chance.random() < 0.5 else ""
            name = f"r{number}"
            if step == "create":
                preview.planned(urn(kind, name), "create", parent=above)
            else:
                held = preview.held(kind, name, inputs={"a": 1}, parent=above)
                preview.planned(held, step, parent=above, inputDiff={"updates": {"a": chance.randint(2, 4)}})
            if step != "same":
                key = Operation(step), kind.rpartition(":")[2]
                expected[key] = expected.get(key, 0) + 1

        found: dict[tuple[Operation, str], int] = {}
        for entry in preview.judged().reach.digest:
            for operation, kind, count in digest.counts(entry):
                found[operation, kind] = found.get((operation, kind), 0) + count

        assert found == expected


_STEPS = ("replace", "delete", "update", "grant", "revoke", "unprotect")


def test_no_replacement_unprotection_or_access_is_missing_in_what_a_person_reads(tmp_path: Path) -> None:
    """Access, weakening and options are whole however long they are, and what is cut of the rest is counted."""
    chance = random.Random(11)  # noqa: S311 - plans, no secrets
    for run in range(40):
        (tmp_path / str(run)).mkdir()
        preview = Preview(tmp_path / str(run))
        preview.stack()
        count, access, unprotected = 0, set[str](), set[str]()
        # Now and then one thing alone, so that there is more of it than a person reads at once.
        steps_of_run = [_STEPS[run % 8]] if run % 8 < len(_STEPS) else _STEPS
        for number in range(chance.randint(1, 80)):
            name, step = f"r{number}", chance.choice(steps_of_run)
            count += step != "unprotect"
            member = {"project": "p", "role": "roles/viewer", "member": f"user:u{number}@example.com"}
            if step == "grant":
                preview.planned(urn(MEMBER, name), "create", inputDiff={"adds": member})
                access.add(f"+ person u{number}@example.com: roles/viewer on project p")
            elif step == "revoke":
                preview.planned(preview.held(MEMBER, name, inputs=member), "delete")
                access.add(f"- person u{number}@example.com: roles/viewer on project p")
            elif step == "unprotect":
                held = preview.held(FIREWALL, name, protect=True)
                preview.planned(held, "same", protect=False)
                unprotected.add(name)
            else:
                steps = ("create-replacement", "replace", "delete-replaced") if step == "replace" else (step,)
                held = preview.held(FIREWALL, name, inputs={"a": 1})
                preview.planned(held, *steps, inputDiff={"updates": {"a": number + 2}})

        verdict = preview.judged()
        read = {section.title: summary.short(section) for section in summary.sections(verdict)}

        assert set(read.get("who may do what", ())) == access
        options = read.get("options, in the state alone", ())
        assert set(options) == {f"Firewall {name}: protect on → off" for name in unprotected}
        shown = sum(amount for entry in verdict.reach.digest for _, _, amount in digest.counts(entry))
        assert shown == count == sum(verdict.reach.counts.values()) - verdict.reach.counts[Operation.SAME]
