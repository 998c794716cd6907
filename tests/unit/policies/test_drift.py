"""Drift by property: what is put back, what stays because it is accepted, and what may be put back unattended."""

from pathlib import Path
from typing import Any

import pytest
import yaml

from engine import paths
from engine.data import DataError
from engine.values import HIDDEN
from plan_gate import harmless, summary
from plan_gate.change import changes
from plan_gate.drift import DriftedProperty
from plan_gate.plan import read
from plan_gate.verdict import Verdict
from unit.policies.plans import FIREWALL, INSTANCE, STACK, Json, Preview, refused

DEPLOYMENT, ROUTER = "kubernetes:apps/v1:Deployment", "gcp:compute/router:Router"
POLICY = "kubernetes:networking.k8s.io/v1:NetworkPolicy"
STAYS, HARMLESS = "plan-accepted-drift-stays", "plan-harmless-alone"


def drifted(preview: Preview, kind: str, before: Json, live: Json, after: Json | None = None, **held: Any) -> str:
    """A resource that the cloud has otherwise, and a plan that sets what is declared: by default what the state has."""
    declared = before if after is None else after
    named = preview.held(kind, "main", inputs=before, **held)
    preview.refreshed(named, *live, inputs=live, outputs=live)
    preview.planned(named, "update", inputDiff={"updates": {k: v for k, v in declared.items() if v != live.get(k)}})
    return named


def found(verdict: Verdict) -> list[Json]:
    """Drifted properties of the verdict for machines."""
    return summary.document(verdict)["drift"]


def section(verdict: Verdict, title: str) -> list[str]:
    """Lines of a section."""
    return [line for one in summary.sections(verdict) if one.title == title for line in one.lines]


def spec(image: str, **more: Any) -> Json:
    """Inputs of a Deployment."""
    return {"spec": {"template": {"spec": {"containers": [{"name": "web", "image": image}]}}, **more}}


def test_each_drifted_property_is_told_with_both_values_and_the_line_of_code(preview: Preview) -> None:
    position, place = "project:///platform_layer/network/network.py#31", "platform/platform_layer/network/network.py:31"
    named = drifted(preview, DEPLOYMENT, spec("ours"), spec("theirs", paused=True), sourcePosition=position)

    assert found(preview.judged()) == [
        {
            "resource": named,
            "path": path,
            "declared": declared,
            "live": live,
            "untouchable": "",
            "place": place,
        }
        for path, declared, live in (
            ("spec.paused", None, True),
            ("spec.template.spec.containers[name=web].image", "ours", "theirs"),
        )
    ]


def test_what_the_program_declares_by_now_has_not_drifted(preview: Preview) -> None:
    drifted(preview, ROUTER, {"a": 1, "b": 1}, {"a": 2, "b": 2}, {"a": 2, "b": 1})
    assert [one["path"] for one in found(preview.judged())] == ["b"]


def test_what_a_datastore_lost_is_told_and_nobody_accepts_it(preview: Preview) -> None:
    drifted(preview, INSTANCE, {"deletionProtection": True}, {"deletionProtection": False})
    assert [one["untouchable"] for one in found(preview.judged())] == ["it is protected, because of its databases"]


def test_no_secret_is_told(preview: Preview) -> None:
    drifted(preview, ROUTER, {"password": "hunter2", "a": 1}, {"password": "hunter3", "a": 2})
    told = found(preview.judged())
    assert [(one["path"], one["declared"], one["untouchable"]) for one in told] == [
        ("a", 1, ""),
        ("password", "[secret]", "it is secret"),
    ]


def test_what_is_gone_is_told_without_a_property(preview: Preview) -> None:
    named = preview.held(ROUTER, "main")
    preview.refreshed(named, gone=True)
    preview.planned(named, "create")
    assert [(one["resource"], one["path"]) for one in found(preview.judged())] == [(named, "")]


def test_accepted_drift_stays_and_says_until_when(preview: Preview) -> None:
    named = drifted(preview, ROUTER, {"name": "main", "description": "ours"}, {"name": "main", "description": "theirs"})
    # The engine plans before the pack's remediation, so its plan has the declared value, and its step is `same`.
    preview.planned(named, "same", inputDiff={"updates": {"description": "ours"}})
    preview.agree(named, "description", "theirs")

    verdict = preview.judged()

    assert verdict.passed
    assert found(verdict) == []
    [line] = section(verdict, "changed out of band, and accepted")
    assert line.startswith("Router main: description stays theirs, where ours is declared. Until 2026-03-09, by plat")


def test_other_drift_of_the_same_resource_is_put_back(preview: Preview) -> None:
    named = drifted(preview, ROUTER, {"a": "ours", "b": "ours"}, {"a": "theirs", "b": "theirs"})
    preview.agree(named, "a", "theirs")

    verdict = preview.judged()

    assert [one["path"] for one in found(verdict)] == ["b"]
    assert section(verdict, "changes") == ["~ Router main: b: theirs => ours"]
    assert section(verdict, "changed out of band, and undone") == ["Router main: b: ours => theirs"]


@pytest.mark.parametrize("live", [{"description": "another"}, {"description": "ours"}, {}])
def test_another_value_than_the_accepted_one_is_drift_again(preview: Preview, live: Json) -> None:
    named = preview.held(ROUTER, "main", inputs={"description": "ours"})
    preview.refreshed(named, *({"description"} if live != {"description": "ours"} else ()), inputs=live, outputs=live)
    preview.planned(named, "update", inputDiff={"updates": {"description": "ours"}})
    preview.agree(named, "description", "theirs")

    verdict = preview.judged()

    assert refused(verdict) == {(STAYS, named)}
    assert "nobody has accepted that" in verdict.refusals[0].message


def test_what_is_gone_is_not_made_anew_with_the_accepted_value(preview: Preview) -> None:
    named = preview.held(ROUTER, "main", inputs={"description": "ours"})
    preview.refreshed(named, gone=True)
    preview.planned(named, "create", inputDiff={"adds": {"description": "ours"}})
    preview.agree(named, "description", "theirs")

    assert refused(preview.judged()) == {(STAYS, named)}


def test_without_a_refresh_nobody_knows_what_the_cloud_has(preview: Preview) -> None:
    named = preview.held(ROUTER, "main", inputs={"description": "ours"})
    preview.planned(named, "update")
    preview.agree(named, "description", "theirs")

    assert preview.judged().passed


def test_what_opens_is_not_accepted_although_its_type_is_daily_work(preview: Preview) -> None:
    rules: list[Json] = [{"from": [{"podSelector": {}}]}]
    named = drifted(preview, POLICY, {"spec": {"ingress": []}}, {"spec": {"ingress": rules}})
    preview.planned(named, "same", inputDiff={"updates": {"spec": {"ingress": []}}})
    preview.agree(named, "spec.ingress", rules)

    verdict = preview.judged()

    assert refused(verdict) == {(STAYS, named)}
    assert "opens spec.ingress: more may come in" in verdict.refusals[0].message


def test_an_expired_acceptance_is_none_and_another_stacks_is_none_of_ours(preview: Preview) -> None:
    named = drifted(preview, ROUTER, {"description": "ours"}, {"description": "theirs"})
    preview.agree(named, "description", "theirs", expires="2026-03-01")
    preview.agree(named.replace(":dev::", ":prod::"), "description", "theirs")

    verdict = preview.judged()

    assert verdict.passed
    assert [one["path"] for one in found(verdict)] == ["description"]


LABELS = {"metadata": {"labels": {"team": "shop"}}}
OTHER = {"metadata": {"labels": {"team": "shop", "x": "y"}}}


def test_harmless_drift_alone_is_put_back_unattended(preview: Preview) -> None:
    drifted(preview, DEPLOYMENT, {**LABELS, **spec("ours")}, {**OTHER, **spec("ours")})
    assert preview.judged(unattended=True).passed


@pytest.mark.parametrize(
    ("kind", "sides", "words"),
    [
        (DEPLOYMENT, (spec("ours"), spec("theirs")), "main: spec.template.spec.containers[name=web].image"),
        (DEPLOYMENT, (LABELS, OTHER, {"metadata": {"labels": {"team": "new"}}}), "main: metadata.labels.team"),
        (FIREWALL, (LABELS, OTHER), "main: metadata.labels.x"),
    ],
    ids=["another property", "another value than before", "another type"],
)
def test_anything_else_is_refused_unattended(preview: Preview, kind: str, sides: tuple[Json, ...], words: str) -> None:
    named = drifted(preview, kind, *sides)
    assert preview.judged().passed

    verdict = preview.judged(unattended=True)

    assert (HARMLESS, named) in refused(verdict)
    assert words in "".join(refusal.message for refusal in verdict.refusals)


@pytest.mark.parametrize("step", ["create", "delete", "replace"])
def test_nothing_comes_or_goes_unattended(preview: Preview, step: str) -> None:
    named = preview.held(ROUTER, "main") if step != "create" else f"{preview.resources[0]['urn']}x"
    preview.planned(named.replace("pulumi:pulumi:Stack::platform-devx", f"{ROUTER}::main"), step)
    assert preview.judged().passed
    assert {rule for rule, _ in refused(preview.judged(unattended=True))} == {HARMLESS}


def test_a_change_of_the_program_is_no_drift(preview: Preview) -> None:
    named = preview.held(DEPLOYMENT, "main", inputs=LABELS)
    preview.planned(named, "update", inputDiff={"updates": OTHER})
    assert refused(preview.judged(unattended=True)) == {(HARMLESS, named)}


@pytest.mark.parametrize(
    ("kind", "path", "words"),
    [
        (INSTANCE, "settings.userLabels", "it is protected, because of its databases"),
        ("gcp:secretmanager/secret:Secret", "labels", "it is protected"),
        ("gcp:projects/iAMMember:IAMMember", "condition", "who may do what"),
        ("kubernetes:rbac.authorization.k8s.io/v1:Role", "metadata.labels", "who may do what"),
        (FIREWALL, "description", "guard rail"),
        (DEPLOYMENT, "spec", "spec.replicas is one that somebody looks at"),
        (DEPLOYMENT, "spec.replicas", "spec.replicas is one that somebody looks at"),
        ("kubernetes:core/v1:ServiceAccount", "metadata.annotations", "is one that somebody looks at"),
    ],
)
def test_no_datastore_and_no_grant_is_called_harmless(tmp_path: Path, kind: str, path: str, words: str) -> None:
    file = tmp_path / "harmless_drift.yaml"
    file.write_text(yaml.safe_dump({"harmless": {kind: {path: "nobody reads it at all"}}}))
    with pytest.raises(DataError, match=words):
        harmless.load(file)


def test_the_committed_list_can_be_used() -> None:
    assert harmless.load()


def test_an_option_is_not_set_unattended(preview: Preview) -> None:
    named = preview.held(FIREWALL, "main", protect=False)
    preview.planned(named, "same", protect=True)
    assert preview.judged().passed

    [refusal] = preview.judged(unattended=True).refusals
    assert (refusal.policy.name, refusal.urn) == (HARMLESS, named)
    assert "sets protect" in refusal.message


@pytest.mark.parametrize(
    "difference", [{"adds": {"new": 1}}, {"updates": {"contract": {"version": 1}}}, {"deletes": ["contract"]}]
)
def test_nothing_is_published_unattended(preview: Preview, difference: Json) -> None:
    preview.planned(STACK, "same", custom=False, outputDiff=difference)
    assert preview.judged().passed

    [refusal] = preview.judged(unattended=True).refusals
    assert (refusal.policy.name, refusal.urn) == (HARMLESS, STACK)
    assert "changes what the stack publishes" in refusal.message


def test_a_resource_that_is_declared_no_more_has_no_accepted_drift(preview: Preview) -> None:
    named = preview.held(ROUTER, "main")
    preview.agree(named, "description", "theirs")
    preview.planned(named, "delete")

    assert preview.judged().kept == ()


@pytest.mark.parametrize(("declared", "live"), [({"a": HIDDEN, "b": 1}, None), (1, {"a": [1, HIDDEN]})])
def test_a_secret_anywhere_in_a_value_is_one(preview: Preview, declared: Any, live: Any) -> None:
    preview.held(ROUTER, "main")
    change = changes(read(*preview.written())).all[-1]

    assert DriftedProperty(change, paths.parse("a"), declared, live).is_secret
    assert not DriftedProperty(change, paths.parse("a"), 1, {"a": 1}).is_secret
